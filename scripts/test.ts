// `npm test`: the checks, the package, every test, the stories in real VS Code, the suites inside its extension host;
// then one line that counts them all.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from '../test/support/vscode/chromium.ts';
import { vscodeServerScript } from '../test/support/vscode/install.ts';
import { bundleSuites, runInHost } from '../test/support/vscode/mocha.ts';
import { check, type Counts } from './check.ts';
import { nodeTests, testFiles, verdict } from './nodeTests.ts';
import { makePackage } from './package.ts';
import { root } from './paths.ts';

/** Far more than a run takes, and less than what a CI gives it: something hangs. */
const RUN_MS = 30 * 60_000;

const output = path.join(root, 'test/output');
const signal = AbortSignal.timeout(RUN_MS);

const parts: Readonly<Record<string, () => Counts | Promise<Counts>>> = {
  checks: () => check(),
  'build and package': buildAndPackage,
  tests: () =>
    nodeTests(
      testFiles('test/**/*.test.ts', ['test/e2e/**', 'test/host/**', 'test/real-agents/**']),
      availableParallelism(),
      signal,
    ),
  // One at a time: each opens a VS Code and a browser.
  'stories in VS Code': async () => {
    await server;
    return nodeTests(testFiles('test/e2e/**/*.test.ts'), 1, signal);
  },
  'suites inside the extension host': hostSuites,
};

function buildAndPackage(): Counts {
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' });
  makePackage();
  // What is shipped is what is tested, and it starts in half the time of the sources.
  process.env['HOLDFAST_MAIN'] = path.join(root, 'dist/main.cjs');
  return { passed: 1, failed: 0, skipped: 0 };
}

/** Once more when something fails, as in `nodeTests`: it tells the broken from the unsteady. */
async function hostSuites(): Promise<Counts> {
  const first = await hostSuitesOnce();
  if (first.failed === 0) return first;
  console.log('\nonce more: the suites inside the extension host');
  const second = await hostSuitesOnce();
  if (second.failed > 0) return second;
  return { ...second, remarks: [`unsteady, passed the second time:\n${first.remarks?.join('\n') ?? ''}`] };
}

async function hostSuitesOnce(): Promise<Counts> {
  const place = mkdtempSync(path.join(tmpdir(), 'holdfast-host-'));
  const workspace = path.join(place, 'workspace');
  mkdirSync(workspace);
  const env = { HOLDFAST_HOME: path.join(place, 'home') };
  try {
    const suites = await bundleSuites(path.join(root, 'test/host'));
    const logFolder = path.join(output, 'host');
    const counts = await runInHost({ extension: root, suites, workspace, env, logFolder });
    if (counts.failed > 0)
      cpSync(env.HOLDFAST_HOME, path.join(logFolder, 'home'), { recursive: true, filter: notSocket });
    return counts;
  } finally {
    stopGateway(env);
    rmSync(place, { recursive: true, force: true });
  }
}

const notSocket = (file: string): boolean => !file.endsWith('.sock');

/** The suites leave a gateway behind, as windows do; none may be running either. */
function stopGateway(env: NodeJS.ProcessEnv): void {
  try {
    execFileSync(process.execPath, ['dist/gateway.cjs', 'down'], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
  } catch {
    // It was down already.
  }
}

/** A part that breaks counts as one failure; the others still run, so that one run tells everything. */
async function runPart(name: string, part: () => Counts | Promise<Counts>): Promise<Counts> {
  console.log(`\n== ${name}`);
  try {
    signal.throwIfAborted();
    return await part();
  } catch (error) {
    console.log(`✖ ${name}:`, error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
// Found or installed once, for every test that opens a browser or VS Code.
process.env['CHROMIUM'] = chromium();
const server = vscodeServerScript();
// Told when it is needed.
server.catch(() => undefined);

const total = { passed: 0, failed: 0, skipped: 0 };
const remarks: string[] = [];
for (const [name, part] of Object.entries(parts)) {
  const counts = await runPart(name, part);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  remarks.push(...(counts.remarks ?? []));
}
verdict({ ...total, remarks });
