// An untrusted folder: nothing starts there, what runs elsewhere can be read, and trust is one click away.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../gateway/rpc/connect.ts';
import { MAIN } from '../support/gateway.ts';
import { openSideBar } from '../support/vscode/browser.ts';
import { Chat } from './chat.ts';
import { Desk } from './desk.ts';

describe('a folder that nobody has trusted', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'trust', isRestricted: true });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('starts nothing, shows what runs elsewhere, and drives nothing until it is trusted', (t) =>
    desk.story(t, async () => {
      const chat = new Chat(await desk.unlinked('harbor-api'));
      const { page } = chat;
      await openSideBar(page, 'Holdfast');
      await page.getByText('This workspace is in restricted mode.').waitFor();
      await chat.run('Try the Demo Agent');
      const told = page
        .locator('.notification-toast')
        .filter({ hasText: 'sessions can be read here, not driven' });
      await told.waitFor();
      await chat.shoot('x-1-restricted');
      await told.hover();
      await told.getByRole('button', { name: /Clear Notification/ }).click();
      assert.deepEqual(
        [desk.gatewayPid, existsSync(path.join(desk.home, 'holdfast.db'))],
        [undefined, false],
        'no gateway was started',
      );

      // Somebody starts one in a terminal.
      const start = { command: process.execPath, args: [MAIN, 'up', '--foreground'], env: {} };
      await using client = await connect({ home: desk.home, name: 'a terminal', start });
      const { sessionId } = await client.call('session.create', {
        path: desk.folder('harbor-api'),
        agent: 'demo',
        title: 'Harbour lights',
      });
      await client.call('session.send', { sessionId, message: 'echo readable' });
      await chat.row(/^Harbour lights/).click();
      await chat.seen('readable');
      await chat.send('echo never sent');
      await chat.panel.getByText('sessions can be read here, not driven').waitFor();
      await chat.run('Write Mail...');
      await told.waitFor();
      await told.hover();
      await told.getByRole('button', { name: /Clear Notification/ }).click();
      await chat.run('New Session');
      await told.waitFor();
      await chat.shoot('x-2-read-only');
      const { messages } = await client.call('session.history', { sessionId });
      assert.equal(messages.filter(({ type }) => type === 'prompt').length, 1);

      await told.getByRole('button', { name: 'Manage trust' }).click();
      await page.getByRole('button', { name: 'Trust', exact: true }).click();
      await chat.field.fill('echo trusted now');
      await chat.field.press('Enter');
      await chat.seen('trusted now');
    }));
});
