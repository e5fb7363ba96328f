// The palette: new session, rename, switch, stop and destroy, as one who never touches the mouse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../support/vscode/browser.ts';
import { newFolder } from '../support/folders.ts';
import { waitFor } from '../support/waitFor.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { Desk } from './desk.ts';

describe('the palette', () => {
  let desk: Desk;
  before(async () => {
    const command = process.execPath;
    const args = [path.join(import.meta.dirname, '..', 'support', 'richAgent.ts'), newFolder('memory')];
    desk = await Desk.open({
      name: 'commands',
      config: { agents: { rich: { name: 'Rich', command, args } } },
    });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('a session is started, renamed, stopped, left for another one, found again and destroyed', (t) =>
    desk.story(t, async () => {
      const chat = await desk.window('harbor-api');
      await chat.run('New Session');
      await chat.pick('Demo agent');
      await chat.pick('Plan');
      await chat.field.waitFor();

      await chat.run('Rename Session...');
      await chat.page.locator('.quick-input-widget input').fill('Harbour lights');
      await chat.page.keyboard.press('Enter');
      await chat.row(/^Harbour lights/).waitFor();

      await chat.send('silent');
      await chat.row(/^Working/).waitFor();
      await chat.run('Agent Processes...');
      const processes = chat.page.locator('.quick-input-list .monaco-list-row', {
        hasText: / MB · process /,
      });
      await processes.filter({ hasText: 'Harbour lights' }).waitFor();
      await chat.shoot('f-0-processes');
      await chat.page.keyboard.press('Escape');
      await chat.run('Stop This Turn');
      await chat.isIdle();
      await chat.panel.getByText(/^Stopped/).waitFor();
      await chat.row(/^Working/).waitFor({ state: 'detached' });

      await chat.run('Try the Demo Agent');
      await chat.part('nothing-said').waitFor();
      await chat.send('echo the other one');
      await chat.seen('the other one');

      await chat.run('Switch Session...');
      await chat.pick('Harbour lights');
      await chat.part('prompt').getByText('silent', { exact: true }).waitFor();
      // The keyboard is where one goes on.
      await chat.type('echo found again');
      await chat.page.keyboard.press('Enter');
      await chat.seen('found again');
      await chat.shoot('f-1-switched');

      await chat.run('Destroy Session...');
      const question = chat.page.getByRole('dialog');
      await question.getByText('Destroy Harbour lights?').waitFor();
      await chat.shoot('f-2-destroy');
      await question.getByRole('button', { name: 'Destroy', exact: true }).click();
      await chat.row(/^Harbour lights/).waitFor({ state: 'detached' });
      await chat.row(/^echo the other one/).waitFor();
      assert.equal(await chat.part('composer').count(), 0, 'the chat is empty, or away');
      await chat.shoot('f-3-destroyed');
    }));

  test('a session is forked, and a conversation that only its agent remembers goes on', (t) =>
    desk.story(t, async () => {
      const chat = await desk.windowAgain('harbor-api');
      await chat.run('New Session');
      await chat.pick('Rich');
      await chat.pick('Ask');
      await chat.field.waitFor();
      await chat.send('first');
      await chat.isIdle();
      const first = await desk.newest();

      await chat.panel.getByRole('button', { name: 'Fork from here' }).click();
      await chat.page.locator('.pane-header', { hasText: /first \(fork\)/i }).waitFor();
      assert.notEqual(await desk.newest(), first);
      await chat.send('second');
      // Its agent tells what it has heard before.
      await chat.seen('first');
      await chat.panel.getByRole('button', { name: 'Copy the answer' }).waitFor();
      await chat.shoot('f-7-forked');

      const fork = await desk.newest();
      await using client = await connect({ home: desk.home, name: 'the test' });
      for (const sessionId of [first, fork]) await client.call('session.destroy', { sessionId });
      await chat
        .row(/^first/)
        .first()
        .waitFor({ state: 'detached' });
      await chat.run('Continue a Conversation of an Agent...');
      await chat.pick('Rich');
      await chat.page.locator('.quick-input-list .monaco-list-row', { hasText: 'first' }).first().waitFor();
      await chat.shoot('f-8-conversations');
      await chat.page.keyboard.press('Enter');
      await chat.panel.getByText('From before this session').first().waitFor();
      await chat.send('and on');
      await chat.seen('first, second');
    }));

  test('the chat moves into the secondary side bar, is found there after a reload, and comes back', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api', { viewport: { width: 1400, height: 800 } });
      const { page } = chat;
      await chat.send('echo over there');
      await chat.seen('over there');
      await chat.run('Move Chat to the Secondary Side Bar');
      const beside = page.locator('.part.auxiliarybar');
      await beside.locator('.composite.title', { hasText: /Holdfast|echo over there/i }).waitFor();
      await chat.seen('over there');
      await chat.send('echo and further');
      await chat.seen('and further');
      await chat.shoot('f-9-beside');
      await chat.reload();
      // VS Code may have closed its second side bar; the chat opens where it was.
      await chat.row(/^echo over there/).click();
      await chat.seen('and further');
      await beside.locator('.composite.title', { hasText: /Holdfast|echo over there/i }).waitFor();
      await chat.run('Move Chat Below the Sessions');
      await page.locator('.part.sidebar .pane-header', { hasText: /echo over there/i }).waitFor();
      await chat.seen('and further');
    }));

  test('a link prepares a session that a person reads first, and sends nothing', (t) =>
    desk.story(t, async () => {
      const chat = await desk.windowAgain('harbor-api');
      const { page } = chat;
      const before = await desk.sessionCount();
      const folder = desk.folder('harbor-api');
      const text = 'echo from a link\nand no further';
      const query = new URLSearchParams({ path: folder, text, agent: 'rich', mode: 'auto', send: '1' });
      const open = async (): Promise<void> => {
        await runCommand(page, 'Developer: Open URL');
        await page
          .locator('.quick-input-widget input')
          .fill(`code-oss://holdfast.holdfast/new?${query.toString().replaceAll('+', '%20')}`);
        await page.keyboard.press('Enter');
        // VS Code asks before it lets an extension have it.
        await page.getByRole('dialog').getByRole('button', { name: 'Open', exact: true }).click();
      };
      const question = page.getByRole('dialog', { name: /A link wants to prepare a session/ });

      await open();
      await question.getByText(`Folder: ${folder}`).waitFor();
      await question.getByText('and no further').waitFor();
      await question.getByText('Nothing is sent until you send it.').waitFor();
      await chat.shoot('f-10-link');
      await question.getByRole('button', { name: 'Cancel' }).click();
      await question.waitFor({ state: 'detached' });
      assert.equal(await desk.sessionCount(), before, 'nothing was made');

      await open();
      await question.getByRole('button', { name: 'Prepare Session' }).click();
      await chat.pick('Demo agent');
      await chat.pick('Ask');
      await chat.part('nothing-said').waitFor();
      await waitFor('the draft', async () => (await chat.field.inputValue()) === text);
      await chat.shoot('f-11-prepared');
      assert.equal(await desk.sessionCount(), before + 1);
      assert.deepEqual(await desk.history(await desk.newest()), [], 'nothing was sent');
    }));

  test('questions are led to, the last session goes on, a selection goes along, doctor and walkthrough are shown', (t) =>
    desk.story(t, async () => {
      await desk.useSettings({ 'workbench.colorTheme': 'Default Dark Modern' });
      const chat = await desk.demo('docs-site');
      const { page } = chat;
      await chat.send('ask');
      await chat.part('permission').waitFor();
      await chat.startDemo();
      await chat.send('ask');
      await chat.part('permission').waitFor();
      await chat
        .row(/^Needs you/)
        .filter({ hasText: '2' })
        .waitFor();
      await chat.run('Answer Permission...');
      const rows = page.locator('.quick-input-list .monaco-list-row');
      await page.locator('.quick-input-title', { hasText: 'Open permissions' }).waitFor();
      await rows.nth(1).waitFor();
      await chat.shoot('f-4-questions');
      await page.keyboard.press('Enter');
      const first = chat.part('permission').locator('[data-option-id]').first();
      await first.and(chat.panel.locator(':focus')).waitFor();
      await page.keyboard.press('3');
      await chat.seen('You rejected question 1.');

      writeFileSync(path.join(desk.folder('docs-site'), 'lights.md'), 'one\ntwo\nthree\n');
      await runCommand(page, 'Go to File...');
      await page.locator('.quick-input-widget input[type="text"]').fill('lights.md');
      await rows.first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.view-line', { hasText: 'two' }).click();
      await runCommand(page, 'Expand Line Selection');
      await chat.run('Add Selection to Chat');
      await chat.panel.getByText('lights.md 2').waitFor();

      await chat.run('Find What Is Wrong (Doctor)');
      await page.locator('.view-line', { hasText: /Gateway\s+answers/ }).waitFor();
      await chat.shoot('f-5-doctor');

      await runCommand(page, 'Welcome: Open Walkthrough...');
      await chat.pick('Get started with Holdfast');
      await page.getByText('Close the window', { exact: true }).waitFor();
      await page.setViewportSize({ width: 1800, height: 900 });
      await chat.tab.panel.locator('svg').waitFor();
      await chat.shoot('f-6-walkthrough');
      await chat.run('Continue Last Session');
      const { sideBar } = chat;
      await sideBar.field.and(sideBar.panel.locator(':focus')).waitFor();
    }));
});
