// The panel for people who need it large or still: at 200 %, where 300 pixels hold half as much, and without motion.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chromium } from './chromium.ts';
import { answered, away, back, changed, composing, finished, mail, permission, turn } from './scenes.ts';

describe('a narrow panel', () => {
  const scenes = { turn, permission, answered, away, back, finished, composing, changed, mail };
  for (const [name, scene] of Object.entries(scenes)) {
    it(`of 300 pixels at 200 % cuts nothing off, and nothing lies over something else (${name})`, async () => {
      const panel = await chromium.panel({ width: 150, height: 400, scale: 2 });
      await panel.tell(...scene(Date.now()));
      await panel.shoot(`zoom-${name}`);
      assert.deepEqual(await panel.page.evaluate(misplaced), []);
      panel.close();
    });
  }

  for (const language of ['de', 'zh-cn'] as const) {
    it(`lays nothing over something else at 300 pixels in another language (${language})`, async () => {
      for (const [name, scene] of Object.entries(scenes)) {
        const panel = await chromium.panel({ width: 300, language });
        await panel.tell(...scene(Date.now()));
        assert.deepEqual(await panel.page.evaluate(misplaced), [], name);
        panel.close();
      }
    });
  }

  it('what lies over something else, or reaches out, would be seen', async () => {
    const panel = await chromium.panel({ width: 150, height: 400, scale: 2 });
    await panel.tell(...turn(Date.now()));
    await panel.page.evaluate(() => {
      const move = (selector: string, by: string): void =>
        document.querySelector<HTMLElement>(selector)?.style.setProperty('translate', by);
      move('.strip', '0 30px');
      move('.send', '60px');
    });
    const found = await panel.page.evaluate(misplaced);
    assert.ok(found.some((words) => words.startsWith('reaches out: BUTTON.send')));
    assert.ok(found.some((words) => words.startsWith('over each other: ')));
    panel.close();
  });
});

describe('without motion', () => {
  it('nothing moves by itself while an agent works', async () => {
    const panel = await chromium.panel();
    await panel.tell(...turn(Date.now()));
    const running = (): Promise<number> => panel.page.evaluate(() => document.getAnimations().length);
    assert.equal(await running(), 0);
    await panel.page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.ok((await running()) > 0, 'whoever asks for nothing sees that work goes on');
    await panel.page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
    assert.equal(await running(), 0, "VS Code's own setting means the same");
    await panel.page.emulateMedia({ reducedMotion: 'reduce' });
    panel.close();
  });
});

/** Runs in the panel: what reaches out of it sideways, and texts and buttons that lie over each other. */
function misplaced(): string[] {
  // "New below" is meant to lie over the transcript, which scrolls from under it.
  const parts = document.querySelectorAll<HTMLElement>('.hf *:not(.sr, .sr *, pre *, .below *)');
  const all = [...parts].filter((element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
  );
  const say = ({ tagName, className, textContent }: HTMLElement): string =>
    `${tagName}.${className} "${textContent.trim().slice(0, 30)}"`;
  /** What is seen of each line of it. */
  const boxes = (element: HTMLElement): DOMRect[] =>
    [...element.getClientRects()].flatMap((rect) => {
      let { left, top, right, bottom } = rect;
      for (let around = element.parentElement; around; around = around.parentElement) {
        if (getComputedStyle(around).overflow === 'visible') continue;
        const edge = around.getBoundingClientRect();
        left = Math.max(left, edge.left);
        top = Math.max(top, edge.top);
        right = Math.min(right, edge.right);
        bottom = Math.min(bottom, edge.bottom);
      }
      return left < right && top < bottom ? [new DOMRect(left, top, right - left, bottom - top)] : [];
    });
  const SLACK = 3;
  const meet = (a: DOMRect, b: DOMRect): boolean =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > SLACK &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > SLACK;

  const out = all
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => `reaches out: ${say(element)}`);
  const marks = all
    .filter(
      (element) =>
        element.matches('button, textarea') ||
        (element.children.length === 0 && element.textContent.trim() !== ''),
    )
    .map((element) => ({ element, boxes: boxes(element) }));
  const over = marks.flatMap((one, index) =>
    marks
      .slice(index + 1)
      .filter(
        (other) =>
          !one.element.contains(other.element) && one.boxes.some((a) => other.boxes.some((b) => meet(a, b))),
      )
      .map((other) => `over each other: ${say(one.element)}, ${say(other.element)}`),
  );
  return [...out, ...over];
}
