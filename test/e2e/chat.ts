// Holdfast in one window, as a person sees and uses it: the tree, the chat, the composer, the palette.
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';
import { waitFor } from '../support/waitFor.ts';
import { reloadWindow, runCommand, screenshot } from '../support/vscode/browser.ts';

const PATIENCE_MS = 30_000;

export class Chat {
  readonly page: Page;
  /** Which of several panels; '' where there is one. */
  readonly #which: string;

  constructor(page: Page, which = '') {
    this.page = page;
    this.#which = which;
    page.setDefaultTimeout(PATIENCE_MS);
  }

  /** The chat in the side bar, while there are others. */
  get sideBar(): Chat {
    return new Chat(this.page, '[src*="purpose=webviewView"]');
  }

  /** The chat in the editor tab that is in front. */
  get tab(): Chat {
    return new Chat(this.page, ':not([src*="purpose=webviewView"])');
  }

  /** The panel. VS Code wraps its page in a frame of its own. */
  get panel(): FrameLocator {
    return this.page.frameLocator(`iframe.webview.ready${this.#which}`).frameLocator('#active-frame');
  }

  /** The page of a panel that shows something. From outside, the chat's and the mail's cannot be told apart. */
  async pageWith(selector: string): Promise<Frame> {
    return waitFor(`a panel with ${selector}`, async () => {
      for (const frame of this.page.frames()) {
        if (
          (await frame
            .locator(selector)
            .count()
            .catch(() => 0)) > 0
        )
          return frame;
      }
      return undefined;
    });
  }

  part(name: string): Locator {
    return this.panel.locator(`[data-part="${name}"]`);
  }

  get field(): Locator {
    return this.panel.getByRole('textbox', { name: 'Prompt' });
  }

  get scroller(): Locator {
    return this.panel.getByRole('region', { name: 'Transcript' });
  }

  /** The line that says how things stand. */
  get strip(): Locator {
    return this.part('strip').getByRole('status');
  }

  /** A row of the session tree. */
  row(name: RegExp): Locator {
    return this.page.getByRole('treeitem', { name });
  }

  /** Points at a row with the mouse, past a tooltip that hangs over it until the mouse has been elsewhere. */
  async pointAt(name: RegExp): Promise<void> {
    await waitFor('a row under the mouse', async () => {
      await this.page.mouse.move(800, 500);
      return this.row(name)
        .hover({ timeout: 5_000 })
        .then(
          () => true,
          () => false,
        );
    });
  }

  /** A new session with the demo agent, from the palette. */
  async startDemo(): Promise<void> {
    await this.run('Try the Demo Agent');
    await this.part('nothing-said').waitFor();
    await this.field.waitFor();
  }

  async send(prompt: string): Promise<void> {
    await this.field.fill(prompt);
    await this.field.press('Enter');
  }

  /** Turns the wheel, and waits until the transcript has come to rest, which the wheel does not. */
  async scrollUp(pixels: number): Promise<void> {
    const before = await this.scroller.evaluate((scroller) => {
      scroller.addEventListener('scrollend', () => (scroller.dataset['rest'] = String(scroller.scrollTop)));
      return scroller.scrollTop;
    });
    await this.scroller.hover();
    await this.page.mouse.wheel(0, -pixels);
    await waitFor('the transcript to rest further up', async () => {
      const rest = await this.scroller.getAttribute('data-rest');
      return rest !== null && Number(rest) < before;
    });
  }

  /** The number of the first line of the demo's `long` that is in view. */
  topLine(): Promise<number> {
    return this.scroller.evaluate((scroller) => {
      const { top } = scroller.getBoundingClientRect();
      const lines = [...scroller.querySelectorAll('p')].filter((line) =>
        /^Line \d+ of/.test(line.textContent),
      );
      const first = lines.find((line) => line.getBoundingClientRect().bottom > top + 1);
      return Number(/\d+/.exec(first?.textContent ?? '')?.[0] ?? -1);
    });
  }

  /** Types where the keyboard is, which must come to this field by itself. */
  async type(text: string): Promise<void> {
    await waitFor('the keyboard in the field', () =>
      this.field.evaluate((field) => field.matches(':focus') && field.ownerDocument.hasFocus()),
    );
    await this.page.keyboard.type(text);
  }

  /** The text of the answer that stands last, as the reader sees it. */
  async answer(): Promise<string> {
    return (await this.answers()).at(-1) ?? '';
  }

  /** All that the agent has said, message by message. */
  async answers(): Promise<string[]> {
    return (await this.part('text').locator('.md').allTextContents()).map((text) => text.trim());
  }

  async seen(words: string | RegExp): Promise<void> {
    await this.part('text').locator('.md').filter({ hasText: words }).last().waitFor();
  }

  async isIdle(): Promise<void> {
    await this.strip.filter({ hasText: 'Idle since' }).waitFor();
  }

  async stripSays(words: string | RegExp): Promise<void> {
    await this.strip.filter({ hasText: words }).waitFor();
  }

  /** In a browser VS Code writes down every five seconds what the panel keeps, as it cannot when a window goes. */
  async kept(what: RegExp): Promise<void> {
    const pattern = what.source;
    await waitFor('VS Code to write down what the panel keeps', () => this.page.evaluate(isStored, pattern));
  }

  async reload(): Promise<void> {
    await reloadWindow(this.page);
  }

  run(command: string): Promise<void> {
    return runCommand(this.page, `Holdfast: ${command}`);
  }

  /** Chooses from the list that a command has opened. */
  async pick(label: string): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first().waitFor();
    await this.page.locator('.quick-input-widget input[type="text"]').fill(label);
    await this.page.keyboard.press('Enter');
  }

  shoot(name: string): Promise<void> {
    return screenshot(this.page, `e2e-${name}`);
  }

  /** For people who look into a failure: the words of the window and of the panel. */
  async everything(): Promise<string> {
    const texts = this.page
      .frames()
      .map((frame) => frame.locator('body').innerText({ timeout: 5_000 }).catch(String));
    return (await Promise.all(texts)).join('\n\n======\n\n');
  }
}

/** Runs in the page: whether a value in VS Code's storage of this window fits. */
async function isStored(pattern: string): Promise<boolean> {
  const what = new RegExp(pattern);
  const answer = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(new Error(request.error?.message)));
    });
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db-')) continue;
    const database = await answer(indexedDB.open(name));
    try {
      if (!database.objectStoreNames.contains('ItemTable')) continue;
      const values = await answer(database.transaction('ItemTable').objectStore('ItemTable').getAll());
      if (values.some((value) => typeof value === 'string' && what.test(value.replaceAll('\\', ''))))
        return true;
    } finally {
      database.close();
    }
  }
  return false;
}
