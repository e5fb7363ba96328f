// `npm run check`: everything that can be said about the sources without running the product. All of it, even when
// something fails, because whoever mends one thing wants to know of the others.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
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

/** Each step counts as one. All run at once, because most of them use one processor. */
export async function check(more: Readonly<Record<string, readonly string[]>> = {}): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const running = Object.entries({ ...steps, ...more }).map(([name, command]) => ({
    name,
    end: run(command),
  }));
  for (const { name, end } of running) {
    const { isGood, said } = await end;
    process.stdout.write(`${said}${isGood ? '✔' : '✖'} check: ${name}\n`);
    counts[isGood ? 'passed' : 'failed'] += 1;
  }
  return counts;
}

async function run([command = '', ...args]: readonly string[]): Promise<{ isGood: boolean; said: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<boolean>((resolve) => {
    child.on('close', (code) => resolve(code === 0)).on('error', () => resolve(false));
  });
  const said = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { isGood: await ended, said: said.join('') };
}

if (import.meta.main) process.exitCode = (await check({ architecture })).failed > 0 ? 1 : 0;
