// Runs the suites of test/host inside the extension host of a real VS Code, and counts what they say.
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { openBrowser, screenshot } from './browser.ts';
import { startServer, type VsCodeServer } from './server.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const LIMIT_MS = 300_000;
/** How a line of ours is told from the workbench's own: see test/host/run.ts. */
const MARK = '::holdfast-host::';

const Report = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('passed'), title: z.string() }),
  z.object({ kind: z.literal('skipped'), title: z.string() }),
  z.object({ kind: z.literal('failed'), title: z.string(), error: z.string() }),
]);

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Who failed, and why. */
  readonly remarks: readonly string[];
}

export interface HostRun {
  /** The folder of the extension: its package.json names the built file. */
  readonly extension: string;
  /** The bundled suites: a CommonJS file that exports run(). */
  readonly suites: string;
  /** The folder that the window opens. */
  readonly workspace: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly logFolder?: string;
}

/** Bundles every suite of a folder with the runner; `mocha` itself is found in node_modules when they run. */
export async function bundleSuites(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.test.ts'));
  const imports = files.map((file) => `() => import('./${file}')`);
  const outfile = path.join(root, '.cache/host/suites.cjs');
  await rm(path.dirname(outfile), { recursive: true, force: true });
  await build({
    stdin: {
      contents: `import { runSuites } from './run.ts';\nexport const run = () => runSuites([${imports.join()}]);`,
      resolveDir: folder,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

export async function runInHost(run: HostRun): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0, remarks: Array<string>() };
  const talk: string[] = [];
  const hear = (args: readonly unknown[]): void => {
    const line = args.map(String).join(' ');
    const at = line.indexOf(MARK);
    if (at < 0) return void talk.push(line);
    const report = Report.parse(JSON.parse(line.slice(at + MARK.length)));
    counts[report.kind] += 1;
    console.log(`${{ passed: '✔', failed: '✖', skipped: '﹣' }[report.kind]} ${report.title}`);
    if (report.kind !== 'failed') return;
    const error = report.error.replaceAll(/^/gm, '    ');
    console.log(error);
    counts.remarks.push(`✖ in the extension host: ${report.title}\n${error}`);
  };
  const code = await inWindow(run, hear);
  // The host itself failed, or a suite could not be loaded: no test has said so.
  if (counts.passed + counts.failed === 0 || (code !== 0 && counts.failed === 0)) {
    console.log(
      `✖ the suites in the extension host ended with ${code}; VS Code said:\n${talk.slice(-40).join('\n')}`,
    );
    counts.failed += 1;
  }
  return counts;
}

async function inWindow(run: HostRun, hear: (args: readonly unknown[]) => void): Promise<number | string> {
  await using server = await startServer({
    // A built workbench opens an extension from its folder only under this flag.
    flags: ['--enable-smoke-test-driver'],
    ...(run.env && { env: run.env }),
    ...(run.logFolder !== undefined && { logFolder: run.logFolder }),
  });
  await using browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const { promise: ended, resolve } = Promise.withResolvers<number | string>();
  page.once('crash', () => resolve('a crash of the page'));
  const timer = setTimeout(() => resolve(`no result in ${LIMIT_MS / 1000} seconds`), LIMIT_MS);
  try {
    // VS Code calls these two while it runs the tests of an extension, if the page has them.
    await page.exposeFunction('codeAutomationLog', (_kind: string, args: unknown[]) => hear(args));
    await page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
    await page.goto(testUrl(server, run));
    const code = await ended;
    if (typeof code === 'string') await screenshot(page, 'failed-host').catch(() => undefined);
    return code;
  } finally {
    clearTimeout(timer);
  }
}

function testUrl(server: VsCodeServer, { extension, suites, workspace }: HostRun): string {
  const remote = (file: string): string => `vscode-remote://127.0.0.1:${server.port}${file}`;
  const payload = JSON.stringify([
    ['extensionDevelopmentPath', remote(extension)],
    ['extensionTestsPath', remote(suites)],
    ['skipWelcome', 'true'],
  ]);
  return server.windowUrl(workspace, { payload });
}
