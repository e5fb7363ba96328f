// Holdfast in a real window of VS Code: what its activation takes, and how soon a reload shows the chat again; beside the
// least extension, because most of both is VS Code's own.
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { Desk, packagedExtension } from '../../e2e/desk.ts';
import {
  openBrowser,
  openSideBar,
  openWindow,
  reloadWindow,
  runCommand,
} from '../../support/vscode/browser.ts';
import { startServer, type VsCodeServer } from '../../support/vscode/server.ts';
import type { Area, Figures } from '../area.ts';
import { BARE, packBare } from '../contestants/bareExtension.ts';
import { median } from '../statistics.ts';

interface Extension {
  readonly id: string;
  /** What its view shows. */
  readonly words: string;
}

const OURS: Extension = { id: 'holdfast.holdfast', words: 'Line 39 of' };
const RELOADS = 3;

type Reload = Readonly<Record<'reload' | 'restored' | 'page', number>>;

async function ourWindow(bare: string): Promise<Figures> {
  await using desk = await Desk.open({ name: 'bench', vsix: [bare] });
  const chat = await desk.demo('harbor-api');
  await chat.send('long 40');
  await chat.seen(OURS.words);
  await chat.isIdle();
  const reloads = await reloadOften(chat.page, desk.server, OURS);
  const [ours, least] = await activations(chat.page, ['Holdfast', 'bare']);
  return {
    ...reloads,
    activation: ours,
    least,
    own: ours - least,
    vsix: statSync(packagedExtension()).size / 1e6,
  };
}

async function bareWindow(folder: string, bare: string): Promise<Figures> {
  await using server = await startServer({ vsix: [bare] });
  await using browser = await openBrowser();
  const page = await openWindow(browser, server, folder);
  await openSideBar(page, BARE.container);
  await viewOf(page).getByText(BARE.words).waitFor();
  const reloads = await reloadOften(page, server, BARE);
  const [activation] = await activations(page, ['bare']);
  return { ...reloads, activation };
}

/** The view of an extension, of which there is one in the window. */
const viewOf = (page: Page): FrameLocator =>
  page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');

/** The medians of some reloads. */
async function reloadOften(page: Page, server: VsCodeServer, extension: Extension): Promise<Reload> {
  // The first one in a new profile waits for VS Code's service worker, for seconds, whatever the extension.
  await reloaded(page, server, extension);
  const all: Reload[] = [];
  while (all.length < RELOADS) all.push(await reloaded(page, server, extension));
  const of = (key: keyof Reload): number => median(all.map((one) => one[key]));
  return { reload: of('reload'), restored: of('restored'), page: of('page') };
}

async function reloaded(page: Page, server: VsCodeServer, { id, words }: Extension): Promise<Reload> {
  const begun = Date.now();
  await reloadWindow(page);
  await viewOf(page).getByText(words).last().waitFor();
  const { born, shown } = await viewOf(page).locator('body').evaluate(painted);
  return { reload: shown - begun, restored: shown - activatedAt(server.dataFolder, id), page: shown - born };
}

/** Runs in a view: when its page began, and when most of what it shows was painted; milliseconds since the epoch. */
async function painted(): Promise<{ born: number; shown: number }> {
  const largest = await new Promise<PerformanceEntry | undefined>((resolve) => {
    const observer = new PerformanceObserver((list) => resolve(list.getEntries().at(-1)));
    observer.observe({ type: 'largest-contentful-paint', buffered: true });
    setTimeout(resolve, 1000);
  });
  // A word alone is not large.
  const { startTime = Number.NaN } =
    largest ?? performance.getEntriesByName('first-contentful-paint')[0] ?? {};
  return { born: performance.timeOrigin, shown: performance.timeOrigin + startTime };
}

/** When an extension was last activated, as VS Code's own log says. */
function activatedAt(folder: string, id: string): number {
  const logs = globSync('**/remoteexthost.log', { cwd: folder });
  const lines = logs.flatMap((log) => readFileSync(path.join(folder, log), 'utf8').split('\n'));
  const times = lines
    .filter((line) => line.includes(`_doActivateExtension ${id}`))
    .map((line) => Date.parse(line.slice(0, 23).replace(' ', 'T')));
  return Math.max(...times);
}

/** Loading the code and calling `activate`, as VS Code says it of each extension. */
async function activations<const T extends readonly string[]>(
  page: Page,
  names: T,
): Promise<{ [K in keyof T]: number }> {
  await runCommand(page, 'Developer: Show Running Extensions');
  const rows = page.locator('.runtime-extensions-editor .extension');
  const read = async (name: string): Promise<number> => {
    const row = rows.filter({ has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) });
    return Number(/(\d+)\s*ms/.exec(await row.locator('.activation-time').innerText())?.[1]);
  };
  // A figure for each name, in their order.
  return (await Promise.all(names.map(read))) as { [K in keyof T]: number };
}

const RELOAD = 'started and reloaded';

export const vscodeWindow: Area = {
  question: 'What it takes in a window of VS Code',
  variants: [RELOAD],
  rounds: 1,
  contestants: { gateway: 'Holdfast', bare: 'the least extension with a view' },
  metrics: [
    { key: 'activation', title: 'ms of activation' },
    { key: 'own', title: 'ms more than the least in the same window' },
    { key: 'restored', title: 'ms from activation to the view' },
    { key: 'page', title: 'ms of that since VS Code made the page' },
    { key: 'reload', title: 'ms from the reload to the view' },
    { key: 'vsix', title: 'VSIX MB' },
  ],
  targets: [
    { variant: RELOAD, metric: 'activation', atMost: 100 },
    // What is ours of it.
    { variant: RELOAD, metric: 'own', atMost: 100 },
    { variant: RELOAD, metric: 'restored', atMost: 1000 },
  ],
  async measure(contestant, _variant, folder) {
    const bare = packBare(folder);
    return contestant === 'bare' ? bareWindow(folder, bare) : ourWindow(bare);
  },
};
