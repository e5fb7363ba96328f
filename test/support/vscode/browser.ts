// A window of VS Code in a real Chromium, and the few moves that a person makes there.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { chromium } from './chromium.ts';
import type { VsCodeServer } from './server.ts';

const SHOWN_MS = 60_000;
const PALETTE_MS = 6_000;
const PALETTE_TRIES = 4;

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
  /** What extensions are told to speak: de. VS Code's own words stay English, its language packs are not here. */
  readonly language?: string | undefined;
}

/** Opens a window on a folder; answers when VS Code is painted (extensions may still be starting). */
export async function openWindow(
  browser: Browser,
  server: VsCodeServer,
  folder: string,
  { beside, viewport = { width: 1280, height: 800 }, language }: WindowOptions = {},
): Promise<Page> {
  const profile = beside?.context() ?? (await browser.newContext({ viewport }));
  const page = await profile.newPage();
  if (language !== undefined) {
    await page.addInitScript(
      (wanted) => Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: wanted }),
      language,
    );
  }
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

/** Runs a command from the palette by its whole title, category included: `Holdfast: New Session`. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = page.locator('.quick-input-widget input[type="text"]');
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
  for (let tries = 1; ; tries += 1) {
    await page.keyboard.press('F1');
    try {
      await input.fill(`>${title}`, { timeout: PALETTE_MS });
      await row.waitFor({ timeout: PALETTE_MS });
      break;
    } catch (error) {
      // The palette closes when a part of VS Code that has just started takes the focus.
      if (tries === PALETTE_TRIES) throw error;
      // One that was opened before its command made sense lists it only when it is opened anew.
      if (await input.isVisible()) await page.keyboard.press('Escape');
    }
  }
  await page.keyboard.press('Enter');
}

/** Keeps a picture in test/output/screenshots. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: picturePath(name) });
}

function picturePath(name: string): string {
  const folder = path.join(outputFolder, 'screenshots');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.png`);
}
