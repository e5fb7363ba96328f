// The real panel in a real Chromium, under the real content policy, with a stub for VS Code's side of the frame.
import type axe from 'axe-core';
import { build } from 'esbuild';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromium as findChromium } from '../support/vscode/chromium.ts';
import { PATIENCE_MS } from '../support/waitFor.ts';
import type { ToPanel } from '../../extension/chatMessages.ts';
import type { ToThread } from '../../extension/mail/mailMessages.ts';

const root = path.resolve(import.meta.dirname, '../..');
const NONCE = 'test0123456789';
/** The frame that VS Code puts a page into whose scripts may run and whose forms may go nowhere. */
const SANDBOX = 'sandbox allow-same-origin allow-pointer-lock allow-scripts allow-downloads';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
  '.html': 'text/html',
};

export type Theme = 'light-modern' | 'dark-modern' | 'hc-dark' | 'hc-light';
const BODY_CLASS: Readonly<Record<Theme, string>> = {
  'light-modern': 'vscode-light',
  'dark-modern': 'vscode-dark',
  'hc-dark': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};

export interface PanelOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** Device pixels per pixel: 2 for pictures. */
  readonly scale?: number;
  /** The state that VS Code kept over a reload. */
  readonly kept?: unknown;
  /** A language that there is a bundle of. */
  readonly language?: 'en' | 'de' | 'zh-cn';
  /** Which of the webview's programs runs. */
  readonly program?: 'main' | 'mail';
}

/** What the stub keeps in the page. */
declare global {
  interface Window {
    posted: { type: string; [key: string]: unknown }[];
    violations: string[];
    executed: string[];
    axe: Pick<typeof axe, 'run'>;
  }
}

function shell(theme: Theme, port: number, language: string, texts: string, program: string): string {
  const self = `http://127.0.0.1:${port}`;
  const policy = `default-src 'none'; script-src 'nonce-${NONCE}'; style-src ${self}; font-src ${self}; img-src ${self}; connect-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'`;
  return `<!doctype html>
<html lang="${language}" data-theme="${theme}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Holdfast</title>
<link rel="stylesheet" href="/themes.css">
<link rel="stylesheet" href="/dist/codicon.css">
<link rel="stylesheet" href="/media/holdfast.css">
</head>
<body class="${BODY_CLASS[theme]}"><div id="app"></div>
<script type="application/json" id="l10n">${texts}</script>
<script type="module" nonce="${NONCE}" src="/dist/${program}.js"></script></body>
</html>`;
}

export class PanelTest {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #dist: string;
  /** Pages that no test uses now, by their scale. */
  readonly #idle = new Map<number, Page[]>();
  /** Every address that a page asked for and that is not the panel's own. */
  readonly strangers: string[] = [];

  private constructor(browser: Browser, server: Server, dist: string) {
    this.#browser = browser;
    this.#server = server;
    this.#dist = dist;
  }

  static async open(): Promise<PanelTest> {
    const dist = await mkdtemp(path.join(tmpdir(), 'holdfast-panel-'));
    await build({
      absWorkingDir: root,
      entryPoints: { main: 'extension/webview/main.ts', mail: 'extension/webview/mail/main.ts' },
      outdir: dist,
      bundle: true,
      format: 'esm',
      splitting: true,
      minify: true,
      target: 'chrome138',
      logLevel: 'warning',
    });
    const server = createServer((request, response) => {
      answer(dist, server, new URL(request.url ?? '/', 'http://panel')).then(
        ({ type, body }) =>
          response.writeHead(200, { 'content-type': type, 'content-security-policy': SANDBOX }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({
      executablePath: findChromium(),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    return new PanelTest(browser, server, dist);
  }

  get #origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** A fresh panel. `kept`: what an earlier one left behind. */
  async panel(options: PanelOptions = {}): Promise<PanelPage> {
    const {
      theme = 'dark-modern',
      width = 320,
      height = 720,
      scale = 1,
      kept,
      language = 'en',
      program = 'main',
    } = options;
    const page = this.#idle.get(scale)?.pop() ?? (await this.#newPage(scale));
    await page.setViewportSize({ width, height });
    const query = new URLSearchParams({
      theme,
      language,
      program,
      ...(kept !== undefined && { kept: JSON.stringify(kept) }),
    });
    await page.goto(`${this.#origin}/?${query.toString()}`);
    const panel = new PanelPage(page, () => {
      this.#idle.set(scale, [...(this.#idle.get(scale) ?? []), page]);
    });
    await panel.until(() => window.posted.some(({ type }) => type === 'ready'));
    return panel;
  }

  async #newPage(scale: number): Promise<Page> {
    const context = await this.#browser.newContext({ deviceScaleFactor: scale, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(this.#origin)) this.strangers.push(request.url());
    });
    await page.addInitScript(stub);
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    await rm(this.#dist, { recursive: true, force: true });
  }
}

async function answer(
  dist: string,
  server: Server,
  url: URL,
): Promise<{ type: string; body: string | Buffer }> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const theme = url.searchParams.get('theme');
  const language = url.searchParams.get('language') ?? 'en';
  const program = url.searchParams.get('program') === 'mail' ? 'mail' : 'main';
  if (url.pathname === '/')
    return {
      type: 'text/html',
      body: shell(isTheme(theme) ? theme : 'dark-modern', port, language, await texts(language), program),
    };
  const [, folder = '', ...rest] = url.pathname.split('/');
  const name = rest.join('/');
  const icons = path.join(root, 'node_modules/@vscode/codicons/dist');
  const file =
    folder === 'themes.css'
      ? path.join(import.meta.dirname, 'themes.css')
      : folder === 'media'
        ? path.join(root, 'media', name)
        : path.join(name.startsWith('codicon') ? icons : dist, name);
  return { type: TYPES[path.extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
}

const texts = async (language: string): Promise<string> =>
  language === 'en'
    ? '{}'
    : readFile(path.join(root, 'l10n', `bundle.l10n.${path.basename(language)}.json`), 'utf8');

const isTheme = (name: string | null): name is Theme => name !== null && Object.hasOwn(BODY_CLASS, name);

/** VS Code's side of the frame. Runs in the page, before everything else. */
function stub(): void {
  window.posted = [];
  window.violations = [];
  window.executed = [];
  let current: unknown = JSON.parse(new URLSearchParams(location.search).get('kept') ?? 'null');
  sessionStorage.clear();
  const api = {
    postMessage: (message: { type: string }) => void window.posted.push(message),
    getState: () => current,
    setState: (next: unknown) => {
      current = next;
      sessionStorage.setItem('kept', JSON.stringify(next));
      return next;
    },
  };
  Object.assign(window, { acquireVsCodeApi: () => api });
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    window.violations.push(`${violatedDirective} ${blockedURI}`),
  );
}

/** One panel, as a person and the extension host see it. */
export class PanelPage {
  readonly page: Page;
  readonly #release: () => void;

  constructor(page: Page, release: () => void) {
    this.page = page;
    this.#release = release;
  }

  /** Posts messages as the extension host does, and waits until they are drawn; says how many milliseconds that took. */
  async tell(...messages: (ToPanel | ToThread)[]): Promise<number> {
    return this.page.evaluate(async (all) => {
      const began = performance.now();
      for (const message of all) window.postMessage(message, '*');
      // Messages are delivered in order, so this one is heard last; then two frames are drawn.
      await new Promise((heard) => {
        window.addEventListener('message', function listen({ data }: MessageEvent<{ type?: string }>) {
          if (data.type !== 'last') return;
          window.removeEventListener('message', listen);
          requestAnimationFrame(() => requestAnimationFrame(heard));
        });
        window.postMessage({ type: 'last' }, '*');
      });
      return Math.round(performance.now() - began);
    }, messages);
  }

  until(condition: () => unknown): Promise<unknown> {
    return this.page.waitForFunction(condition, undefined, { timeout: PATIENCE_MS });
  }

  posted(type: string): Promise<{ [key: string]: unknown }[]> {
    return this.page.evaluate((wanted) => window.posted.filter((message) => message.type === wanted), type);
  }

  /** Enter while an input method composes, where the keyboard is: it chooses a word, and is no wish of anything else. */
  composedEnter(): Promise<unknown> {
    const enter = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true };
    return this.page.evaluate(
      (init) => document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init)),
      enter,
    );
  }

  kept(): Promise<unknown> {
    return this.page.evaluate(() => JSON.parse(sessionStorage.getItem('kept') ?? 'null') as unknown);
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).last().innerText();
  }

  /** What axe-core finds serious or critical in the page, in words. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(await readFile(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'));
    return this.page.evaluate(async () => {
      const { violations } = await window.axe.run();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
  }

  async shoot(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(root, 'test/output/screenshots', `panel-${name}.png`) });
  }

  /** The page is used again: a new one takes a second. */
  close(): void {
    this.#release();
  }
}
