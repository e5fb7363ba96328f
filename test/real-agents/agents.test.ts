// Stories with real agents, against the fake models: what a person can do with each of them.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTime } from '../../gateway/agents/processTree.ts';
import { openAgent, type Opened, type Opening } from '../support/agents.ts';
import { startFakeModels, type FakeModels } from '../support/realAgents/fakeModels.ts';
import { longAnswer, slowAnswer } from '../support/realAgents/fakeReply.ts';
import {
  offersChoices,
  prepareRealAgent,
  realAgentIds,
  type RealAgent,
} from '../support/realAgents/realAgents.ts';
import { waitFor, within } from '../support/waitFor.ts';

/** Agents install once and start slowly on a loaded machine. */
const PATIENCE = { timeout: 300_000 };

for (const id of realAgentIds()) {
  describe(id, PATIENCE, () => {
    const resources = new AsyncDisposableStack();
    let models: FakeModels;
    let agent: RealAgent;
    let opened: Opened;

    const open = async (opening: Opening = {}): Promise<Opened> => {
      const { driver, mode = 'ask' } = agent.recipe;
      return resources.use(await openAgent(agent, { cwd: agent.workspace, driver, mode, ...opening }));
    };

    before(async () => {
      models = resources.use(await startFakeModels());
      agent = resources.use(await prepareRealAgent(id, models.url));
      opened = await open();
    }, PATIENCE);

    after(async () => {
      await resources.disposeAsync();
      assert.equal(startTime(opened.agent.pid), undefined, 'the agent is gone');
    });

    /** What an agent says while the story runs. */
    const textOf = async (story: () => Promise<unknown>, { ear } = opened): Promise<string> => {
      const start = ear.text.length;
      await story();
      return ear.text.slice(start).replace(agent.recipe.preamble ?? '', '');
    };

    /** Prompts, and answers the question that comes with an option of this kind. */
    const promptAndAnswer = async (prompt: string, kind: string): Promise<string> => {
      const turn = opened.agent.prompt(prompt);
      const { question, answer } = await opened.ear.question(opened.ear.questions.length);
      const option = question.options.find((candidate) => candidate.kind === kind);
      assert.ok(option, `it offers ${kind}`);
      answer(option.optionId);
      return (await turn).stopReason;
    };

    test('a prompt is answered, word for word', async () => {
      const said = await textOf(async () => {
        assert.equal((await opened.agent.prompt('HELLO')).stopReason, 'end_turn');
      });
      assert.equal(said, 'Hello from the fake model.');
    });

    test('a file is written after the permission is given', async () => {
      const file = join(agent.workspace, 'allowed.txt');
      const cards = opened.ear.of('tool_use').length;
      assert.equal(await promptAndAnswer(`WRITE ${file} as you wish`, 'allow_once'), 'end_turn');
      assert.equal(await readFile(file, 'utf8'), 'as you wish\n');
      assert.equal(opened.ear.of('tool_use').length, cards + 1);
      assert.equal(opened.ear.of('tool_update').at(-1)?.status, 'completed');
    });

    test('a file is not written after the permission is refused', async () => {
      const file = join(agent.workspace, 'refused.txt');
      const end = await promptAndAnswer(`WRITE ${file} never`, 'reject_once');
      assert.equal(end, agent.recipe.afterRefusal ?? 'end_turn');
      assert.equal(existsSync(file), false);
      assert.ok(opened.ear.of('tool_update').some(({ status }) => status === 'failed'));
    });

    test('a turn is cancelled in the middle of its answer, and the next one works', async () => {
      const said = await textOf(async () => {
        const start = opened.ear.text.length;
        const turn = opened.agent.prompt('SLOW 2000 10');
        await opened.ear.until(() => opened.ear.text.length > start + 30);
        opened.agent.cancel();
        assert.equal((await turn).stopReason, 'cancelled');
      });
      assert.ok(said.length < slowAnswer(2000).length);
      assert.ok(slowAnswer(2000).startsWith(said), said.slice(-80));
      const next = await textOf(() => opened.agent.prompt('ECHO still here'));
      assert.equal(next, 'still here');
    });

    test('a turn that is cancelled the moment it is begun ends, and the next one works', async () => {
      const pieces = agent.recipe.missesEarlyCancel === true ? 100 : 2000;
      const said = await textOf(async () => {
        const turn = opened.agent.prompt(`SLOW ${pieces} 10`);
        opened.agent.cancel();
        await within('its end', turn, 15_000);
      });
      if (agent.recipe.missesEarlyCancel !== true) assert.ok(said.length < slowAnswer(pieces).length);
      assert.equal(await textOf(() => opened.agent.prompt('ECHO at once')), 'at once');
    });

    test('a turn is cancelled while its question is open, and nothing is run', async () => {
      const asked = opened.ear.questions.length;
      const turn = opened.agent.prompt('BASH touch cancelled.txt');
      const { signal } = await opened.ear.question(asked);
      opened.agent.cancel();
      assert.equal((await turn).stopReason, 'cancelled');
      assert.equal(signal.aborted, true);
      assert.equal(existsSync(join(agent.workspace, 'cancelled.txt')), false);
      assert.equal(await textOf(() => opened.agent.prompt('ECHO and on')), 'and on');
    });

    if (offersChoices(id)) {
      test('a question of the model is a form, and what was filled in reaches it', async () => {
        const asked = opened.ear.questions.length;
        const said = await textOf(async () => {
          const turn = opened.agent.prompt('ASK');
          const { question, answer } = await opened.ear.question(asked);
          assert.equal(question.form?.fields[0]?.name, 'question_0');
          answer('submit', { question_0: 'Blue' });
          await turn;
        });
        assert.match(said, /"Which colour\?"="Blue"/);
      });
    }

    test('its mode is changed, and nothing that it says of that is an answer', async () => {
      const said = await textOf(async () => {
        await opened.agent.setMode('plan');
        await opened.agent.setMode(agent.recipe.mode ?? 'ask');
      });
      assert.equal(said, '');
    });

    for (const status of [500, 401] as const) {
      test(`when the model answers ${status}, a person learns of it or can stop, and the next turn works`, async () => {
        const seen = agent.recipe.onError?.[status];
        const other = await open();
        const errorComes = models.nextError();
        const turn = other.agent.prompt(`ERROR ${status}`);
        const end = turn.then(
          ({ stopReason }) => stopReason,
          (error: Error) => error.message,
        );
        if (seen === undefined) {
          // It tries again for more than a minute and says nothing: what a person can do is to stop it.
          await errorComes;
          other.agent.cancel();
          // OpenCode calls the end of such a turn its own; the gateway knows that a person has stopped it.
          assert.match(await end, /^(?:cancelled|end_turn)$/);
        } else {
          assert.match(`${await end}\n${other.ear.text}`, seen);
        }
        const start = other.ear.text.length;
        await other.agent.prompt('ECHO all is well');
        assert.ok(other.ear.text.slice(start).endsWith('all is well'));
      });
    }

    test('five thousand pieces, as fast as they come, make exactly their text', async () => {
      const said = await textOf(() => opened.agent.prompt('LONG 5000'));
      assert.equal(said, longAnswer(5000));
    });

    test('after kill -9 in the middle of an answer the agent goes on with its own memory', async () => {
      const sessionId = opened.agent.agentSessionId;
      assert.ok(sessionId);
      const start = opened.ear.text.length;
      const turn = opened.agent.prompt('SLOW 2000 10');
      const failed = assert.rejects(turn, { code: 'agent.failed', message: /was ended by SIGKILL/ });
      await opened.ear.until(() => opened.ear.text.length > start + 30);
      process.kill(opened.agent.pid, 'SIGKILL');
      await failed;

      opened = await open({ resume: sessionId });
      if (agent.recipe.forgetsYoungSessions !== true || opened.agent.opened !== 'fallback') {
        assert.equal(opened.agent.opened, 'resumed');
        assert.equal(opened.agent.agentSessionId, sessionId);
      }
      assert.equal(await textOf(() => opened.agent.prompt('ECHO once more')), 'once more');
      assert.equal(opened.ear.of('tool_use').length, 0, 'the old conversation is not told again');
    });

    test('when it is killed while a command runs, the command ends as well', async () => {
      const asked = opened.ear.questions.length;
      const pidFile = join(agent.workspace, 'running.pid');
      const turn = opened.agent.prompt(`BASH echo $$ > ${pidFile}; tail -f /dev/null`);
      const failed = assert.rejects(turn, { code: 'agent.failed' });
      const { question, answer } = await opened.ear.question(asked);
      answer(question.options.find(({ kind }) => kind === 'allow_once')?.optionId ?? '');
      const pid = await waitFor('the command to run', async () => {
        const text = existsSync(pidFile) ? await readFile(pidFile, 'utf8') : '';
        return text.trim() === '' ? undefined : Number(text);
      });
      process.kill(opened.agent.pid, 'SIGKILL');
      await failed;
      await waitFor('its end', () => startTime(pid) === undefined);
      opened = await open();
      assert.equal(await textOf(() => opened.agent.prompt('ECHO anew')), 'anew');
    });

    test('after an orderly end the agent goes on with its own memory', async () => {
      const sessionId = opened.agent.agentSessionId;
      await opened.agent[Symbol.asyncDispose]();
      opened = await open({ resume: sessionId });
      if (agent.recipe.forgetsYoungSessions !== true) assert.equal(opened.agent.opened, 'resumed');
      assert.equal(await textOf(() => opened.agent.prompt('ECHO back again')), 'back again');
    });

    test('what was said before is told to whoever takes the conversation up, where the agent tells it', async () => {
      const { agent: before } = opened;
      await before[Symbol.asyncDispose]();
      opened = await open({ resume: before.agentSessionId, tellEarlier: true });
      const told = opened.agent.takeEarlier?.();
      // Plain Claude has no way to be asked.
      assert.equal(told === undefined, id === 'claude');
      if (told === undefined || opened.agent.opened === 'fallback') return;
      const prompts = told.flatMap((update) => (update.type === 'prompt' ? [update.text] : []));
      assert.ok(prompts.at(-1)?.includes('ECHO back again'), prompts.join());
      const said = told.flatMap((update) => (update.type === 'message' ? [update.text] : [])).join('');
      assert.ok(said.includes('back again'), said.slice(-200));
      assert.equal(opened.ear.of('message').length, 0, 'it is no news');
      assert.equal(await textOf(() => opened.agent.prompt('ECHO and now')), 'and now');
    });

    test('a session that the agent does not know is replaced by a new one', async () => {
      const unknown = '00000000-0000-4000-8000-000000000000';
      const other = await open({ resume: unknown });
      assert.equal(other.agent.opened, 'fallback');
      assert.equal(await textOf(() => other.agent.prompt('HELLO'), other), 'Hello from the fake model.');
    });

    test('a fork of its conversation is another one, or it says that it cannot fork', async () => {
      const sessionId = opened.agent.agentSessionId;
      const forking = open({ resume: sessionId, fork: true });
      if (agent.recipe.forks !== true) return assert.rejects(forking, { code: /agent\.(?:unable|failed)/ });
      const fork = await forking;
      assert.equal(fork.agent.opened, 'resumed');
      assert.notEqual(fork.agent.agentSessionId, sessionId);
      assert.equal(await textOf(() => fork.agent.prompt('ECHO forked'), fork), 'forked');
      assert.equal(fork.ear.of('tool_use').length, 0, 'what was before is not told again');
      assert.equal(await textOf(() => opened.agent.prompt('ECHO not me')), 'not me');
    });

    test('the conversations that it remembers are listed, where it tells', async () => {
      const { driver, lists } = agent.recipe;
      const list = driver(agent).pastSessions?.(agent.home, agent.workspace, AbortSignal.timeout(60_000));
      if (lists !== true) return list && assert.rejects(list, { code: 'agent.unable' });
      const ids = ((await list) ?? []).map(({ agentSessionId }) => agentSessionId);
      assert.ok(ids.includes(opened.agent.agentSessionId ?? ''), ids.join());
    });

    test('two conversations at once do not hear each other', async () => {
      const other = await open();
      const [one, two] = await Promise.all([
        textOf(() => opened.agent.prompt('SLOW 60 5')),
        textOf(() => other.agent.prompt('LONG 60'), other),
      ]);
      assert.deepEqual([one, two], [slowAnswer(60), longAnswer(60)]);
    });
  });
}
