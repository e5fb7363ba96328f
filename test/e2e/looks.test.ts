// How it looks: a narrow and a wide side bar, light, dark and high contrast; pictures for people, and what can be measured.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Chat } from './chat.ts';
import { Desk } from './desk.ts';

const THEMES = {
  'vscode-dark': 'Default Dark Modern',
  'vscode-light': 'Default Light Modern',
  'vscode-high-contrast': 'Default High Contrast',
} as const;

describe('the side bar', () => {
  let desk: Desk;
  before(async () => {
    desk = await Desk.open({ name: 'looks', settings: { 'workbench.colorTheme': THEMES['vscode-dark'] } });
  });
  after(() => desk[Symbol.asyncDispose]());

  test('fits 300 and 460 pixels, in dark, light and high contrast', (t) =>
    desk.story(t, async () => {
      const chat = await desk.demo('harbor-api');
      await chat.send('think');
      await chat.seen('what must last belongs');
      await chat.send('tool');
      await chat.seen('The tool has finished.');
      await chat.send('What does an answer look like?');
      await chat.seen('I need no account');
      await chat.shoot('g-1-mid-answer');
      await chat.isIdle();
      await chat.send('ask');
      await chat.part('permission').waitFor();

      for (const [kind, theme] of Object.entries(THEMES)) {
        await desk.useSettings({ 'workbench.colorTheme': theme });
        if (kind !== 'vscode-dark') await chat.reload();
        await chat.panel.locator(`body[data-vscode-theme-kind="${kind}"]`).waitFor();
        for (const width of [300, 460]) {
          await resize(chat, width);
          await chat.shoot(`g-2-${kind}-${width}`);
          assert.deepEqual(await tooWide(chat), [], `${kind}, ${width} pixels`);
        }
      }
    }));
});

/** Drags the edge of the side bar until it is that wide. */
async function resize({ page }: Chat, width: number): Promise<void> {
  const bar = await page.locator('.part.sidebar').boundingBox();
  assert.ok(bar, 'the side bar is there');
  const y = bar.y + bar.height / 2;
  await page.mouse.move(bar.x + bar.width + 2, y);
  await page.mouse.down();
  await page.mouse.move(bar.x + width + 2, y, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(1000, 600);
}

/** What reaches out of the panel sideways; code may, in a box that scrolls. */
const tooWide = (chat: Chat): Promise<string[]> =>
  chat.panel.locator('body').evaluate((body) =>
    [...body.querySelectorAll('[data-part], button, p, textarea')]
      .filter((part) => part.closest('pre') === null)
      .filter((part) => part.getBoundingClientRect().right > body.clientWidth + 1)
      .map((part) => part.outerHTML.slice(0, 120)),
  );
