// `npm run test:desktop`: the same suites in the desktop's VS Code, for machines that can download one.
import { runTests } from '@vscode/test-electron';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleSuites } from './mocha.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const place = mkdtempSync(path.join(tmpdir(), 'holdfast-desktop-'));
const env = { ...process.env, HOLDFAST_HOME: path.join(place, 'home') };

execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' });
try {
  const failures = await runTests({
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
