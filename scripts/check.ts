// `npm run check`: everything that can be said about the sources without running the product. All of it, even when
// something fails, because whoever mends one thing wants to know of the others.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.ts';

const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

const steps: Readonly<Record<string, readonly string[]>> = {
  types: [bin('tsc'), '-b'],
  lint: [bin('oxlint')],
  format: [bin('prettier'), '--check', '--log-level', 'warn', '.'],
  'unused code': [bin('knip'), '--no-progress', '--no-config-hints'],
};

const architecture = [process.execPath, '--test', 'test/architecture.test.ts'];

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What the last lines of a run must say again: who failed, and who passed only the second time. */
  remarks?: readonly string[];
}

/** Each step counts as one. */
export function check(more: Readonly<Record<string, readonly string[]>> = {}): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, [command = '', ...args]] of Object.entries({ ...steps, ...more })) {
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    console.log(`${status === 0 ? '✔' : '✖'} check: ${name}`);
    counts[status === 0 ? 'passed' : 'failed'] += 1;
  }
  return counts;
}

if (import.meta.main) process.exitCode = check({ architecture }).failed > 0 ? 1 : 0;
