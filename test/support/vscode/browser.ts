// A window of VS Code in a real Chromium, and the few moves that a person makes there.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium as playwright, type Browser, type Frame, type Page } from 'playwright-core';
import { chromium } from './chromium.ts';
import type { VsCodeServer } from './server.ts';

const SHOWN_MS = 60_000;
const WEBVIEW_MS = 30_000;

/** Everything that a test run leaves behind for people. */
export const outputFolder = path.resolve(import.meta.dirname, '../../output');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: chromium(), headless: true, args: FLAGS });
}

export interface WindowOptions {
  /** Opens beside this window, in the same profile: its storage is shared, as on one desktop. */
  readonly beside?: Page;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** Opens a window on a folder; answers when VS Code is painted (extensions may still be starting). */
export async function openWindow(
  browser: Browser,
  server: VsCodeServer,
  folder: string,
  { beside, viewport = { width: 1280, height: 800 } }: WindowOptions = {},
): Promise<Page> {
  const profile = beside?.context() ?? (await browser.newContext({ viewport }));
  const page = await profile.newPage();
  await page.goto(server.windowUrl(folder));
  await shown(page);
  return page;
}

/** Reloads the window, as the command of that name does. */
export async function reloadWindow(page: Page): Promise<void> {
  await page.reload();
  await shown(page);
}

async function shown(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .activitybar .action-item').first().waitFor({ timeout: SHOWN_MS });
}

/** Opens a container of the activity bar by its title. */
export async function openSideBar(page: Page, title: string): Promise<void> {
  const tab = page.locator('.activitybar').getByRole('tab', { name: title });
  await tab.waitFor({ timeout: SHOWN_MS });
  // A second click would close it.
  if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.click();
}

/**
 * The frame of the webview that shows the selector. VS Code wraps a webview's page in a frame of its own, and
 * replaces both when the view is opened again: ask anew after a reload.
 */
export async function webview(page: Page, selector: string): Promise<Frame> {
  const found = await withFrames(page, async () => {
    for (const frame of page.frames()) {
      if (!/\/fake\.html|webview\/browser\/pre/.test(frame.url())) continue;
      // A frame may go while it is asked.
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
  if (found !== undefined) return found;
  const urls = page.frames().map((frame) => frame.url());
  throw new Error(`No webview shows ${selector}. The frames are:\n${urls.join('\n')}`);
}

/** Asks again, each time that the page has painted, until there is an answer or the time is over. */
async function withFrames<T>(page: Page, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + WEBVIEW_MS; performance.now() < end;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  }
  return undefined;
}

/** Runs a command from the palette by its whole title, category included: `Holdfast: New Session`. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input[type="text"]');
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Keeps a picture in test/output/screenshots. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: picturePath(name) });
}

/** Runs the body; when it fails, keeps a picture of every window that is open in the browser. */
export async function withPictures<T>(browser: Browser, name: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const pages = browser.contexts().flatMap((context) => context.pages());
    await Promise.allSettled(pages.map((page, index) => screenshot(page, `failed-${name}-${index + 1}`)));
    throw error;
  }
}

function picturePath(name: string): string {
  const folder = path.join(outputFolder, 'screenshots');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.png`);
}
