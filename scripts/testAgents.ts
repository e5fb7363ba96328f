// `npm run test:agents`: the stories with real agents against a fake model. The agents are installed when first needed.
import { execFileSync } from 'node:child_process';
import { chromium } from '../test/support/vscode/chromium.ts';
import { vscodeServerScript } from '../test/support/vscode/install.ts';
import { nodeTests, testFiles, verdict } from './nodeTests.ts';
import { makePackage } from './package.ts';
import { root } from './paths.ts';

const RUN_MS = 30 * 60_000;

process.env['CHROMIUM'] = chromium();
await vscodeServerScript();
execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: 'inherit' });
makePackage();

const files = testFiles('test/real-agents/**/*.test.ts');
verdict(await nodeTests(files, 1, AbortSignal.timeout(RUN_MS)));
