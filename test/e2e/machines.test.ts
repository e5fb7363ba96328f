// Two machines: one is linked from VS Code, its sessions open like one's own, and what is not heard of is said to be so.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { peersConfig, whenPeer } from '../support/peers.ts';
import { waitFor } from '../support/waitFor.ts';
import { Desk } from './desk.ts';

/** Loopback is shared with others who test. */
const discoveryPort = 20_000 + (process.pid % 20_000);

describe('another machine', () => {
  let desk: Desk;
  let box: TestGateway;
  before(async () => {
    box = await startGateway({ config: peersConfig('workstation', { heartbeatSeconds: 6 }) });
    desk = await Desk.open({
      name: 'machines',
      config: peersConfig('laptop', { heartbeatSeconds: 6, discoveryPort }),
    });
  });
  after(async () => {
    await desk[Symbol.asyncDispose]();
    await box[Symbol.asyncDispose]();
  });

  test('is linked by a code; its session is followed over a silence, answered and stopped from here', (t) =>
    desk.story(t, async () => {
      const there = await box.connect();
      const { sessionId } = await there.call('session.create', {
        path: newFolder('work'),
        agent: 'demo',
        title: 'Port parser',
      });
      const chat = await desk.window('harbor-api');
      const { page } = chat;
      await chat.run('Link a Machine...');
      await chat.pick('Make a code');
      const dialog = page.getByRole('dialog');
      const said = await waitFor(
        'the code',
        async () => /\bhf[\w:.-]{30,}/.exec(await dialog.innerText())?.[0],
      );
      await chat.shoot('m-1-code');
      await dialog.getByRole('button', { name: 'Copy' }).click();
      await there.call('peers.join', { code: said, policy: { prompt: true, interrupt: true, answer: true } });
      await whenPeer(there, 'laptop', 'connected');

      await chat.row(/^workstation.*Connected/).waitFor();
      await chat.row(/^Port parser.*workstation/).click();
      await chat.stripSays('Ready');
      await chat.send('slow 200 60');
      await chat.seen(/s5 /);
      await chat.shoot('m-2-live');

      // Not heard from: nothing is shown at work, and nothing can be sent.
      process.kill(box.pid, 'SIGSTOP');
      await chat.row(/^workstation.*Stale · heard/).waitFor();
      await chat.stripSays(/^Stale, last heard/);
      await chat.row(/^Port parser.*workstation · as of/).waitFor();
      await chat.part('unheard').waitFor();
      assert.equal(await chat.field.getAttribute('placeholder'), 'Write a draft, send when it answers');
      await chat.field.fill('and then?');
      await chat.shoot('m-3-stale');
      process.kill(box.pid, 'SIGCONT');
      await chat.row(/^workstation.*Connected/).waitFor();
      await chat.seen(/s199/);
      assert.deepEqual(await chat.answers(), [slowText(200).trim()]);

      await chat.send('ask 1');
      await chat.part('permission').getByRole('button', { name: 'Allow', exact: true }).click();
      await chat.seen('You allowed question 1.');
      const { messages } = await there.call('session.history', { sessionId });
      const by = messages.flatMap((event) => (event.type === 'permission_resolved' ? [event.by?.name] : []));
      assert.match(by.join(), /^window harbor-api on laptop$/);

      // Begun from here, in a folder of that machine.
      await chat.run('New Session on a Machine...');
      await chat.pick('workstation');
      await chat.pick('Demo agent');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Another folder' }).waitFor();
      await chat.shoot('m-3-folder-there');
      await page.keyboard.press('Enter');
      await chat.pick('Ask');
      await chat.part('nothing-said').waitFor();
      await chat.send('echo begun from here');
      await chat.seen('begun from here');
      await chat.row(/^echo begun from here/).waitFor();
      const begun = (await there.call('session.list', {})).sessions.find(
        (session) => session.sessionId !== sessionId,
      );
      assert.equal(begun?.path, (await there.call('session.get', { sessionId })).path);

      // What was read here is read there.
      const isUnread = async (): Promise<boolean> => (await there.call('session.get', { sessionId })).unread;
      await there.call('session.send', { sessionId, message: 'echo for you' });
      await waitFor('the answer there', isUnread);
      await chat.row(/^Port parser/).click();
      await chat.seen('for you');
      await waitFor('the session to be read there', async () => !(await isUnread()));

      await box.kill9();
      await chat.row(/^workstation.*Offline since/).waitFor();
      await chat.shoot('m-4-offline');
      await chat.run('Remove Machine...');
      await chat.pick('workstation');
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await chat.row(/^Port parser/).waitFor({ state: 'detached' });
    }));

  test('is found on the network if it lets itself be found, and linked by the words that it says', (t) =>
    desk.story(t, async () => {
      await using crate = await startGateway({
        config: peersConfig('crate', { heartbeatSeconds: 6, announce: true, discoveryPort }),
      });
      const there = await crate.connect();
      const chat = await desk.windowAgain('harbor-api');
      const { page } = chat;
      // Once it was heard it is known for half a minute, however slow this machine is.
      await using here = await connect({ home: desk.home, name: 'another client' });
      const { fingerprint } = await waitFor('crate to be heard', async () =>
        (await here.call('peers.discover', { seconds: 0.3 })).found.find(({ name }) => name === 'crate'),
      );
      await chat.run('Link a Machine...');
      await chat.pick('Find it on this network');
      const found = page.locator('.quick-input-list .monaco-list-row', { hasText: 'crate' });
      await found.filter({ hasText: fingerprint }).waitFor();
      await chat.shoot('m-5-found');
      await chat.pick('crate');
      const { code } = await there.call('peers.invite', { words: true, address: '127.0.0.1' });
      await page.locator('.quick-input-widget input[type="password"]').fill(code);
      await page.keyboard.press('Enter');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'See sessions' }).waitFor();
      await page.keyboard.press('Enter');
      await chat.row(/^crate.*Connected/).waitFor();
      await whenPeer(there, 'laptop', 'connected');
    }));
});
