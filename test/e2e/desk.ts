// A desk for the stories: a VS Code server with the packaged extension in it, a browser, and a state folder of its own
// in which the extension starts the gateway.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Event, SessionId } from '../../gateway/protocol/index.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { newFolder } from '../support/folders.ts';
import { openBrowser, openSideBar, openWindow, outputFolder } from '../support/vscode/browser.ts';
import { startServer, type VsCodeServer } from '../support/vscode/server.ts';
import { waitFor, within } from '../support/waitFor.ts';
import { Chat } from './chat.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface DeskOptions {
  /** Names what a failed story leaves behind. */
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Packaged extensions beside ours. */
  readonly vsix?: readonly string[];
  /** What config.json of the gateway holds. */
  readonly config?: object;
  /** Its windows are in restricted mode until somebody trusts their folder. */
  readonly isRestricted?: boolean;
}

const SIZE = { width: 1280, height: 800 };

export interface DeskWindowOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly language?: string;
}

export class Desk implements AsyncDisposable {
  readonly server: VsCodeServer;
  readonly browser: Browser;
  readonly home: string;
  readonly #name: string;
  readonly #places = newFolder('places');
  /** An empty page, which keeps the browser's profile. */
  readonly #first: Page;
  readonly #folders = new WeakMap<Page, string>();
  /** The windows of the story before, by their folders: this one may go on in them. */
  readonly #left = new Map<string, Page>();

  private constructor(name: string, home: string, server: VsCodeServer, browser: Browser, first: Page) {
    this.#name = name;
    this.#first = first;
    this.home = home;
    this.server = server;
    this.browser = browser;
  }

  static async open({
    name,
    settings = {},
    vsix = [],
    config,
    isRestricted = false,
  }: DeskOptions): Promise<Desk> {
    const home = newFolder();
    if (config !== undefined) writeFileSync(path.join(home, 'config.json'), JSON.stringify(config));
    const server = await startServer({
      vsix: [packagedExtension(), ...vsix],
      env: { HOLDFAST_HOME: home },
      settings: isRestricted ? { ...settings, 'security.workspace.trust.startupPrompt': 'never' } : settings,
      asksForTrust: isRestricted,
      logFolder: path.join(outputFolder, `vscode-${name}`),
    });
    const browser = await openBrowser();
    const profile = await browser.newContext({ viewport: SIZE });
    return new Desk(name, home, server, browser, await profile.newPage());
  }

  /** A folder to work in; its name is what windows are called by. */
  folder(name: string): string {
    const folder = path.join(this.#places, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** A window with Holdfast's side bar open. All windows share a profile, as on one desktop: later ones open faster. */
  async window(folder: string, options: DeskWindowOptions = {}): Promise<Chat> {
    return this.#open(await this.unlinked(folder, options));
  }

  /** A window that need not find a gateway. */
  async unlinked(folder: string, { viewport = SIZE, language }: DeskWindowOptions = {}): Promise<Page> {
    await this.#closeLeft();
    const page = await openWindow(this.browser, this.server, this.folder(folder), {
      beside: this.#first,
      language,
    });
    await page.setViewportSize(viewport);
    this.#folders.set(page, folder);
    return page;
  }

  /**
   * The window that the story before has left on that folder, or a new one: opening one takes seconds. It is as it was
   * left: the chat in it should be one in which something was said, so that a new one can be told from it.
   */
  async windowAgain(folder: string, viewport = SIZE): Promise<Chat> {
    const page = this.#left.get(folder);
    if (page === undefined) return this.window(folder, { viewport });
    this.#left.delete(folder);
    await page.setViewportSize(viewport);
    return new Chat(page);
  }

  /** A window that has no folder open. */
  async emptyWindow(): Promise<Chat> {
    await this.#closeLeft();
    const page = await this.#first.context().newPage();
    const url = new URL(this.server.windowUrl('/', { ew: 'true' }));
    url.searchParams.delete('folder');
    await page.goto(url.href);
    return this.#open(page);
  }

  async #open(page: Page): Promise<Chat> {
    await openSideBar(page, 'Holdfast');
    // Away from the icon, whose tip would stand in the pictures.
    await page.mouse.move(800, 600);
    // A side bar that is still opening would take the keyboard away from whoever uses it.
    await page
      .locator('.statusbar-item', {
        hasText: /Holdfast: (Connected|Verbunden|已连接|\d+ (working|needs? you))/,
      })
      .waitFor();
    return new Chat(page);
  }

  /** A window, perhaps that of the story before, and in it a new session with the demo agent. */
  async demo(folder: string, { viewport }: Pick<DeskWindowOptions, 'viewport'> = {}): Promise<Chat> {
    const chat = await this.windowAgain(folder, viewport);
    await chat.startDemo();
    return chat;
  }

  /** Changes the user's settings for the windows that are opened, or reloaded, from now on. */
  async useSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const file = path.join(this.server.dataFolder, 'user/User/settings.json');
    const before: unknown = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify(Object.assign({}, before, settings)));
  }

  /** Of the gateway that runs now; undefined: none has said that it does. */
  get gatewayPid(): number | undefined {
    return readDiscovery(this.home)?.pid;
  }

  /** kill -9, and the certainty that it is gone. */
  async killGateway(): Promise<void> {
    const pid = this.gatewayPid;
    if (pid === undefined) throw new Error('no gateway runs');
    process.kill(pid, 'SIGKILL');
    await waitFor('the gateway to be gone', () => !isAlive(pid));
  }

  /** Somebody started one after the last kill. */
  async untilBack(): Promise<void> {
    await waitFor('a gateway to be back', () => {
      const pid = this.gatewayPid;
      return pid !== undefined && isAlive(pid);
    });
  }

  async untilIdle(sessionId: SessionId): Promise<void> {
    await using client = await connect({ home: this.home, name: 'the test' });
    await waitFor(
      'the session to be idle',
      async () => (await client.call('session.get', { sessionId })).status === 'idle',
    );
  }

  /** What another client, with no window around it, is told of a session. */
  async history(sessionId: SessionId): Promise<readonly Event[]> {
    await using client = await connect({ home: this.home, name: 'the test' });
    return (await client.call('session.history', { sessionId, limit: 1000 })).messages;
  }

  async sessionCount(): Promise<number> {
    await using client = await connect({ home: this.home, name: 'the test' });
    return (await client.call('session.list', {})).sessions.length;
  }

  /** The session that was created last. */
  async newest(): Promise<SessionId> {
    await using client = await connect({ home: this.home, name: 'the test' });
    const { sessions } = await client.call('session.list', {});
    const newest = sessions.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
    if (newest === undefined) throw new Error('there is no session');
    return newest.sessionId;
  }

  /** What a panel keeps is written down by us, sooner than by VS Code. */
  async keeps(what: RegExp): Promise<void> {
    const { dataFolder } = this.server;
    await waitFor('the panel to have kept it', () =>
      globSync('**/holdfast.holdfast/kept/*.json', { cwd: dataFolder }).some((file) =>
        what.test(readFileSync(path.join(dataFolder, file), 'utf8')),
      ),
    );
  }

  get #windows(): Page[] {
    return this.#first
      .context()
      .pages()
      .filter((page) => page !== this.#first);
  }

  /** Runs a story; a failed one leaves a picture and the words of each window. */
  async story(t: TestContext, body: () => Promise<void>): Promise<void> {
    try {
      await body();
      this.#left.clear();
      for (const page of this.#windows) {
        const folder = this.#folders.get(page) ?? '';
        if (folder === '' || this.#left.has(folder)) await page.close();
        else this.#left.set(folder, page);
      }
    } catch (error) {
      await this.#keep(t.name);
      this.#left.clear();
      await Promise.all(this.#windows.map((page) => page.close()));
      throw error;
    }
  }

  async #closeLeft(): Promise<void> {
    await Promise.all([...this.#left.values()].map((page) => page.close()));
    this.#left.clear();
  }

  async #keep(story: string): Promise<void> {
    const folder = path.join(outputFolder, `failed-${this.#name}`);
    mkdirSync(folder, { recursive: true });
    const pages = this.#windows;
    const file = story.replaceAll(/\W+/g, '-').slice(0, 60);
    await Promise.allSettled(
      pages.map(async (page, index) => {
        const place = path.join(folder, `${file}-${index + 1}`);
        await page.screenshot({ path: `${place}.png`, timeout: 10_000 });
        writeFileSync(`${place}.txt`, await new Chat(page).everything());
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.server[Symbol.asyncDispose]();
    const pid = this.gatewayPid;
    if (pid === undefined || !isAlive(pid)) return;
    process.kill(pid, 'SIGTERM');
    await within(
      'the end of the gateway',
      waitFor('the gateway to end', () => !isAlive(pid)),
    );
  }
}

export function packagedExtension(): string {
  const named = process.env['HOLDFAST_VSIX'];
  const file = named ?? path.join(root, globSync('holdfast-*.vsix', { cwd: root }).sort().at(-1) ?? 'none');
  if (!existsSync(file)) throw new Error('There is no packaged extension. Run: npm run package');
  return file;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
