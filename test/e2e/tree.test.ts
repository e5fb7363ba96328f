// The tree of sessions: filtered by title and by what was said, unread marks, search that leads to the place, and a
// selection that stays with its session.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SessionId } from '../../gateway/protocol/index.ts';
import { connect, type GatewayClient } from '../../gateway/rpc/connect.ts';
import { waitFor } from '../support/waitFor.ts';
import { Desk } from './desk.ts';

describe('the tree of sessions', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'tree', settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
  });
  after(() => desk[Symbol.asyncDispose]());

  /** A session that somebody else has made and asked. */
  async function made(
    client: GatewayClient,
    { folder = 'harbor-api', title, prompts }: { folder?: string; title: string; prompts: readonly string[] },
  ): Promise<SessionId> {
    const path = desk.folder(folder);
    const { sessionId } = await client.call('session.create', { path, agent: 'demo', title });
    for (const message of prompts) {
      await client.call('session.send', { sessionId, message });
      await desk.untilIdle(sessionId);
    }
    return sessionId;
  }

  test('is filtered, says what is new, and a hit leads to its place', (t) =>
    desk.story(t, async () => {
      const chat = await desk.window('harbor-api');
      const { page } = chat;
      await using client = await connect({ home: desk.home, name: 'another client' });
      const lights = await made(client, {
        title: 'Harbour lights',
        prompts: [
          'echo the lighthouse keeper',
          ...Array.from({ length: 6 }, () => 'long 60'),
          'echo the end',
        ],
      });
      await made(client, { title: 'Rotate the login keys', prompts: ['echo done'] });
      await made(client, { title: 'Login page copy', folder: 'docs-site', prompts: ['echo done'] });
      await made(client, { title: 'Draft the changelog', prompts: ['echo the login is new'] });

      // New for everybody until somebody has it in front.
      await chat.row(/^Harbour lights/).waitFor();
      // Rows move under the mouse as long as one of them is on its way from Working.
      await chat.row(/^Idle/).filter({ hasText: '4' }).waitFor();
      await chat.shoot('k-1-unread');
      assert.equal((await client.call('session.get', { sessionId: lights })).unread, true);
      await chat.row(/^Harbour lights/).click();
      await chat.seen('the end');
      await waitFor('the session to be read', async () => {
        const { unread } = await client.call('session.get', { sessionId: lights });
        return !unread;
      });

      // Its tooltip ends with what was said last.
      const tip = page.locator('.monaco-hover', { hasText: 'the end' });
      await waitFor('the tooltip', async () => {
        await chat.pointAt(/^Harbour lights/);
        return tip.waitFor({ timeout: 5_000 }).then(
          () => true,
          () => false,
        );
      });
      await chat.shoot('k-1-tooltip');

      // By title, and by what was said.
      await chat.pointAt(/^Harbour lights/);
      await chat.run('Filter Sessions...');
      const input = page.locator('.quick-input-widget input[type="text"]');
      await input.fill('login');
      await page.getByText('Filter: login. 3 of 4 sessions.').waitFor();
      await chat.row(/^Draft the changelog.*in transcript/).waitFor();
      await chat.row(/^Login page copy.*docs-site/).waitFor();
      await chat.row(/^Idle/).filter({ hasText: '3 of 4' }).waitFor();
      await page.keyboard.press('Enter');
      await chat.shoot('k-2-filter');
      await chat.row(/^Draft the changelog/).click();
      await chat.seen('the login is new');
      await page.getByRole('button', { name: 'Clear Filter' }).click();
      await chat.row(/^Harbour lights/).waitFor();

      // The place in a long transcript, several pages up.
      await chat.run('Search Sessions...');
      await input.fill('lighthouse keeper');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'in an answer' }).first().click();
      const place = chat.part('text').filter({ hasText: 'the lighthouse keeper' });
      await place.waitFor();
      await waitFor('the place to be in view', () =>
        place.evaluate((part) => part.getBoundingClientRect().top >= 0 && part === document.activeElement),
      );
      await chat.shoot('k-3-place');
    }));

  test('keeps a selected session selected when it moves into a folded folder', (t) =>
    desk.story(t, async () => {
      await using client = await connect({ home: desk.home, name: 'another client' });
      const sessionId = await made(client, { title: 'Far away', folder: 'billing', prompts: ['echo one'] });
      const chat = await desk.window('harbor-api');
      await chat.row(/^billing/).click();
      await chat.pointAt(/^Far away/);
      await chat.row(/^Far away/).click();
      await chat.seen('one');
      await chat.send('slow 400 20');
      await chat.row(/^Working/).waitFor();
      const selected = chat.page.locator('.sidebar [role="treeitem"][aria-selected="true"]');
      await selected.filter({ hasText: 'Far away' }).waitFor();
      await chat.shoot('k-4-moved');
      await client.call('session.interrupt', { sessionId });
      await chat.row(/^Working/).waitFor({ state: 'detached' });
      await selected.filter({ hasText: 'Far away' }).waitFor();
    }));

  test('is worked from the keyboard: renamed, archived, brought back and filtered', (t) =>
    desk.story(t, async () => {
      await using client = await connect({ home: desk.home, name: 'another client' });
      const folder = 'harbor-keys';
      const sessionId = await made(client, { folder, title: 'Ship it', prompts: ['echo shipped'] });
      await made(client, { folder, title: 'Then rest', prompts: ['echo resting'] });
      const chat = await desk.window(folder);
      const { page } = chat;
      const input = page.locator('.quick-input-widget input[type="text"]');
      const title = (words: string) => page.locator('.quick-input-title', { hasText: words });
      await chat.row(/^Ship it/).click();
      await chat.seen('shipped');
      await page.keyboard.press('F2');
      await title('Rename session').waitFor();
      await input.fill('Ship it now');
      await page.keyboard.press('Enter');
      await chat.row(/^Ship it now/).waitFor();

      // The arrows move the keyboard, not the selection.
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('F2');
      await title('Rename session').waitFor();
      assert.equal(await input.inputValue(), 'Then rest');
      await page.keyboard.press('Escape');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Delete');
      await chat.row(/^Ship it now/).waitFor({ state: 'detached' });
      await page.locator('.notification-toast').getByText('Undo').click();
      await chat.row(/^Ship it now/).waitFor();
      assert.equal((await client.call('session.get', { sessionId })).archived, false);

      await chat.row(/^Ship it now/).click();
      await page.keyboard.press('Control+f');
      await title('Filter sessions').waitFor();
      await input.fill('shipped');
      // Whoever opens what it has found keeps it.
      await chat.row(/^Ship it now.*in transcript/).click();
      await title('Filter sessions').waitFor({ state: 'hidden' });
      await page.getByText(/^Filter: shipped\. 1 of /).waitFor();
      await chat.run('Clear Filter');
      await chat.row(/^Then rest/).waitFor();
    }));

  test('speaks the language of VS Code, in the side bar and in the panel', (t) =>
    desk.story(t, async () => {
      await desk.useSettings({ 'workbench.colorTheme': 'Default Light Modern' });
      for (const [language, idle, field] of [
        ['de', /^Ruhend/, 'Demo agent fragen. @ Datei, / Befehl'],
        ['zh-cn', /^空闲/, '@ 文件'],
      ] as const) {
        const chat = await desk.window('harbor-api', { language });
        await chat.row(idle).waitFor();
        await chat.row(/^Harbour lights/).click();
        await chat.panel.getByPlaceholder(field).waitFor();
        await chat.shoot(`k-5-${language}`);
        await chat.page.close();
      }
    }));
});
