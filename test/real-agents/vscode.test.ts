// Real agents over ACP in real VS Code, against the fake models: chat, permission, a reload and a gateway that is killed.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Desk } from '../e2e/desk.ts';
import { startFakeModels } from '../support/realAgents/fakeModels.ts';
import { slowAnswer } from '../support/realAgents/fakeReply.ts';
import { prepareRealAgent } from '../support/realAgents/realAgents.ts';
import { textOf } from '../support/transcript.ts';

/** Agents install once and start slowly on a loaded machine. */
const PATIENCE = { timeout: 280_000 };

for (const id of ['claude-acp', 'opencode'] as const) {
  describe(`${id} in the side bar`, PATIENCE, () => {
    const resources = new AsyncDisposableStack();
    let desk: Desk;
    let name: string;

    before(async () => {
      const models = resources.use(await startFakeModels());
      const agent = resources.use(await prepareRealAgent(id, models.url));
      const { command, args, env } = agent;
      name = agent.name;
      desk = resources.use(
        await Desk.open({
          name: id,
          config: { agents: { [id]: { name, command, args, env, protocol: 'acp' } } },
        }),
      );
    }, PATIENCE);
    after(() => resources.disposeAsync());

    const start = async () => {
      const chat = await desk.windowAgain('harbor-api');
      chat.page.setDefaultTimeout(90_000);
      await chat.run('New Session');
      await chat.pick(name);
      await chat.pick('Ask');
      await chat.part('nothing-said').waitFor();
      await chat.field.waitFor();
      return chat;
    };

    test('is answered word for word, and writes a file only after a yes', (t) =>
      desk.story(t, async () => {
        const chat = await start();
        await chat.send('HELLO');
        await chat.seen('Hello from the fake model.');

        const allowed = path.join(desk.folder('harbor-api'), 'allowed.txt');
        const question = chat.panel.locator('[data-part="permission"][data-state="open"]');
        await chat.send(`WRITE ${allowed} as you wish`);
        await question.locator('.btn.primary').click();
        await chat.panel.getByText(/Allowed once here/).waitFor();
        await chat.isIdle();
        assert.equal(await readFile(allowed, 'utf8'), 'as you wish\n');

        const refused = path.join(desk.folder('harbor-api'), 'refused.txt');
        await chat.send(`WRITE ${refused} never`);
        await question.waitFor();
        await chat.shoot(`e-${id}-permission`);
        await question
          .getByRole('button', { name: /Reject|No/ })
          .first()
          .click();
        await chat.panel.getByText(/Rejected here/).waitFor();
        await chat.isIdle();
        assert.equal(existsSync(refused), false);
        await chat.shoot(`e-${id}-answered`);
      }));

    test('reloaded in the middle of the answer, the window shows exactly what the agent sent', (t) =>
      desk.story(t, async () => {
        const chat = await start();
        await chat.send('SLOW 200 50');
        await chat.seen(/s20 /);
        await chat.reload();
        await chat.seen(/s20 /);
        await chat.isIdle();
        assert.deepEqual(await chat.answers(), [slowAnswer(200).trimEnd()]);
        assert.equal(textOf(await desk.history(await desk.newest())).trimEnd(), slowAnswer(200).trimEnd());
      }));

    test('the gateway is killed in the middle of an answer: nothing shown is lost, and the next prompt works', (t) =>
      desk.story(t, async () => {
        const chat = await start();
        await chat.send('SLOW 2000 20');
        await chat.seen(/s100 /);
        const shown = await chat.answer();
        await desk.killGateway();
        await chat.part('uncertain').getByRole('button', { name: 'Leave it' }).click();
        const answers = await chat.answers();
        assert.equal(answers.length, 1);
        assert.ok(answers[0]?.startsWith(shown) && slowAnswer(2000).startsWith(answers[0]), answers[0]);
        await chat.shoot(`e-${id}-cut`);
        await chat.send('ECHO still here');
        await chat.seen('still here');
        await chat.isIdle();
      }));
  });
}
