// Two windows with one gateway: a question is told once, where somebody is; nothing is lost when a window is reloaded,
// its extension host is killed, or the gateway.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { waitFor } from '../support/waitFor.ts';
import type { Chat } from './chat.ts';
import { Desk } from './desk.ts';

describe('two windows', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'windows' });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('one of them tells of a question, leads to it, and stops when it is answered elsewhere', (t) =>
    desk.story(t, async () => {
      const harbor = await desk.demo('harbor-api');
      await harbor.send('echo hello');
      await harbor.seen('hello');
      const sessionId = await desk.newest();
      await harbor.startDemo();
      const docs = await desk.demo('docs-site');
      await using client = await connect({ home: desk.home, name: 'a terminal' });

      await client.call('session.send', { sessionId, message: 'ask' });
      await toast(harbor).waitFor();
      assert.match(await toast(harbor).innerText(), /Demo agent asks for permission in echo hello\. Show/);
      assert.equal(await toast(docs).count(), 0);
      await harbor.shoot('w-1-told');
      const { permissions } = await client.call('permission.list', { sessionId });
      const [permission] = permissions;
      assert.ok(permission);
      await client.call('permission.answer', { permissionId: permission.permissionId, optionId: 'allow' });
      await toast(harbor).waitFor({ state: 'detached' });

      await desk.untilIdle(sessionId);
      await client.call('session.send', { sessionId, message: 'fail' });
      await toast(harbor, 'could not go on in echo hello').waitFor();
      assert.equal(await toast(docs, 'could not go on').count(), 0);
      await desk.untilIdle(sessionId);
      await client.call('session.send', { sessionId, message: 'ask' });
      await toast(harbor).getByText('Show').click();
      const options = harbor.part('permission').locator('[data-option-id]');
      await options.first().waitFor();
      await toast(harbor).waitFor({ state: 'detached' });
      // The keyboard is on the first option; nothing is chosen by coming here.
      await waitFor('the first option to have the keyboard', () =>
        options.first().evaluate((button) => button === document.activeElement),
      );
      await harbor.shoot('w-2-shown');

      // It is in view: no window tells of it. Its window goes: the other one does.
      await harbor.page.close();
      await toast(docs).waitFor();
      await docs.shoot('w-3-other');
      const again = await desk.window('harbor-api');
      await again.part('permission').waitFor();
      await toast(docs).waitFor({ state: 'detached' });
      assert.equal(await toast(again).count(), 0);
      await again.part('permission').getByRole('button', { name: 'Allow', exact: true }).click();
      await again.isIdle();
      assert.deepEqual((await again.answers()).slice(-1), ['You allowed question 1.']);
    }));

  test('both show every word, whichever is reloaded or loses its extension host, and then the gateway dies', (t) =>
    desk.story(t, async () => {
      const harbor = await desk.demo('harbor-api');
      await harbor.send('slow 1000 20');
      await harbor.seen(/s20 /);
      const docs = await desk.windowAgain('docs-site');
      await docs.run('Switch Session...');
      await docs.pick('slow 1000 20');
      await docs.seen(/s40 /);
      await docs.send('echo queued in the other window');
      await harbor.part('queue').getByText('echo queued in the other window').waitFor();

      await docs.reload();
      await docs.seen(/s50 /);
      // The one of before the reload may take a while to go.
      const hosts = await waitFor('an extension host for each window', () => {
        const now = extensionHosts(desk.server.pid);
        return now.length === 2 && now;
      });
      for (const pid of hosts) process.kill(pid, 'SIGKILL');
      await waitFor('both extension hosts to be back', () => {
        const now = extensionHosts(desk.server.pid);
        return now.length === 2 && now.every((pid) => !hosts.includes(pid));
      });
      await Promise.all([harbor, docs].map((chat) => chat.seen('queued in the other window')));
      for (const chat of [harbor, docs]) {
        assert.deepEqual((await chat.answers()).slice(-2), [
          slowText(1000).trimEnd(),
          'queued in the other window',
        ]);
      }
      await docs.shoot('w-4-after-hosts');

      await harbor.send('slow 2000 30');
      for (const chat of [harbor, docs]) {
        await waitFor('a third answer', async () => {
          const answers = await chat.answers();
          return answers.length === 3 && answers[2]?.includes('s10 ');
        });
      }
      await desk.killGateway();
      await Promise.all([harbor, docs].map((chat) => chat.part('uncertain').waitFor()));
      await docs.part('uncertain').getByRole('button', { name: 'Leave it' }).click();
      await harbor.send('echo and on');
      await Promise.all([harbor, docs].map((chat) => chat.seen('and on')));
      assert.deepEqual(await harbor.answers(), await docs.answers());
      await harbor.shoot('w-5-after-gateway');
    }));
});

const toast = ({ page }: Chat, hasText = 'asks for permission') =>
  page.locator('.notification-toast').filter({ hasText });

/** The processes below the server that run extensions. */
function extensionHosts(server: number): number[] {
  const processes = readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return [{ pid: Number(entry), parent, command: readFileSync(`/proc/${entry}/cmdline`, 'utf8') }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
  return processes
    .filter(({ parent, command }) => parent === server && command.includes('--type=extensionHost'))
    .map(({ pid }) => pid);
}
