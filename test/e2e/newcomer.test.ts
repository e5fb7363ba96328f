// The first minute: somebody who has just installed Holdfast gets an answer with nothing but what is on the screen.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '../support/waitFor.ts';
import { Desk } from './desk.ts';

describe('a newcomer', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({
      name: 'newcomer',
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
      config: {
        agents: {
          opencode: { name: 'OpenCode', command: process.execPath },
          codex: { name: 'Codex', command: '/nowhere/codex-acp' },
        },
      },
    });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('sees where to begin, and is answered', (t) =>
    desk.story(t, async () => {
      const chat = await desk.window('harbor-api');
      const { page } = chat;
      await page
        .getByText('Sessions live in the gateway. Close this window and they keep working.')
        .waitFor();
      await page.getByRole('button', { name: 'Start a session' }).waitFor();
      await page.getByText('Found here:').waitFor();
      await chat.shoot('0-1-welcome');
      await page.getByText('OpenCode', { exact: true }).click();
      await page.locator('.quick-input-title', { hasText: 'New session' }).waitFor();
      // The agent is chosen, so the next question is the mode.
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Plan' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('Add an agent', { exact: true }).click();
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Codex' }).waitFor();
      await chat.shoot('0-1-add-an-agent');
      await page.locator('.quick-input-widget input[type="text"]').fill('Codex');
      await page.keyboard.press('Enter');
      const how = page.getByRole('dialog');
      await how.getByText('/nowhere/codex-acp does not exist').waitFor();
      await how.getByRole('button', { name: 'OK' }).click();
      await page.getByText('Try the demo agent').click();
      await chat.part('nothing-said').waitFor();
      await chat.shoot('0-2-empty-chat');
      // The keyboard is in the field already.
      await chat.type('Hello, what are you?');
      await page.keyboard.press('Enter');
      await chat.seen('I need no account and change no files');
      await chat.isIdle();
      await chat.shoot('0-3-answered');
      assert.equal(
        await page.locator('.notifications-toasts .notification-toast').count(),
        0,
        'no toast came up',
      );
    }));

  test('without a folder is asked for one, and answered as well', (t) =>
    desk.story(t, async () => {
      const chat = await desk.emptyWindow();
      const { page } = chat;
      await chat.row(/^Idle/).waitFor();
      await chat.run('New Session');
      await chat.pick('Demo agent');
      await page.getByText('In which folder shall the agent work?').waitFor();
      await chat.shoot('0-4-which-folder');
      const input = page.locator('.quick-input-widget input[type="text"]');
      await input.fill(`${desk.folder('docs-site')}/`);
      const start = page.locator('.quick-input-widget').getByRole('button', { name: 'Start here' });
      const mode = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Ask' }).first();
      // The dialog takes no click while it looks into the folder that was named.
      await waitFor('the folder to be taken', async () => {
        await start.click({ timeout: 2_000 }).catch(() => undefined);
        return mode.waitFor({ timeout: 5_000 }).then(
          () => true,
          () => false,
        );
      });
      await chat.pick('Ask');
      await chat.field.waitFor();
      await chat.send('echo Hello');
      await chat.seen('Hello');
      await chat.shoot('0-5-no-folder');
    }));
});
