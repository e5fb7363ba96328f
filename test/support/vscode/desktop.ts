// `npm run test:desktop`: the same suites in the desktop's VS Code, for machines that have one or can download it.
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleSuites } from './mocha.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const place = mkdtempSync(path.join(tmpdir(), 'holdfast-desktop-'));
const env = { ...process.env, HOLDFAST_HOME: path.join(place, 'home') };

/** The program of VS Code: an installed one that is named, or one that is downloaded into `.vscode-test`. */
async function editor(): Promise<string> {
  const named = process.env['VSCODE'];
  if (named !== undefined && named !== '') return named;
  return downloadAndUnzipVSCode({ extensionDevelopmentPath: root }).catch((cause: unknown) => {
    const words = 'VS Code could not be downloaded. Set VSCODE to the program of one that is installed; or';
    throw new Error(`${words} run npm test: it tells the same suites in VS Code's server.`, { cause });
  });
}

const vscodeExecutablePath = await editor();
execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' });
try {
  const failures = await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: root,
    extensionTestsPath: await bundleSuites(path.join(root, 'test/host')),
    launchArgs: [place, '--disable-workspace-trust', '--user-data-dir', path.join(place, 'user')],
    extensionTestsEnv: env,
  });
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  // None may be running: then this says so, and fails.
  spawnSync(process.execPath, ['dist/gateway.cjs', 'down'], { cwd: root, env, stdio: 'ignore' });
  rmSync(place, { recursive: true, force: true });
}
