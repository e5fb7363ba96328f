// Runs test files under Node's own test runner, shows them as they pass or fail, and counts.
import { globSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Counts } from './check.ts';
import { root } from './paths.ts';

/** A file that takes longer hangs. */
const FILE_MS = 480_000;
/** Compiled once, not by each of some hundred processes. */
process.env['NODE_COMPILE_CACHE'] = path.join(root, '.cache/compiled');
/** More broken files than this are no accident of a busy machine. */
const MAX_AGAIN = 3;

export function testFiles(pattern: string, exclude: readonly string[] = []): string[] {
  return globSync(pattern, { cwd: root, exclude }).sort();
}

/**
 * `atOnce` files run beside each other, each in a process of its own. A few files that fail run once more, one at a
 * time: whether they are broken or only unsteady beside others. Both are told, in `remarks`; only the broken count.
 */
export async function nodeTests(
  files: readonly string[],
  atOnce: number,
  signal: AbortSignal,
): Promise<Counts> {
  const { counts, failures } = await runOnce(files, atOnce, signal);
  const again = [...new Set(failures.map(({ file }) => file))];
  if (again.length === 0 || again.length > MAX_AGAIN) return { ...counts, remarks: failures.map(tell('✖')) };
  console.log(`\nonce more, alone: ${again.join(', ')}`);
  const second = await runOnce(again, 1, signal);
  const unsteady = failures.filter(({ file }) => second.failures.every((other) => other.file !== file));
  return {
    passed: counts.passed + counts.failed - second.counts.failed,
    failed: second.counts.failed,
    skipped: counts.skipped,
    remarks: [...unsteady.map(tell('unsteady, passed alone:')), ...second.failures.map(tell('✖'))],
  };
}

interface Failure {
  readonly file: string;
  readonly name: string;
  readonly message: string;
}

const tell =
  (mark: string) =>
  ({ file, name, message }: Failure): string =>
    `${mark} ${file}: ${name}\n    ${message.split('\n').slice(0, 6).join('\n    ')}`;

async function runOnce(
  files: readonly string[],
  atOnce: number,
  signal: AbortSignal,
): Promise<{ counts: Counts; failures: Failure[] }> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: Failure[] = [];
  if (files.length === 0) return { counts, failures };
  const events = run({ cwd: root, files, concurrency: atOnce, timeout: FILE_MS, signal });
  events.on('test:fail', ({ name, file, details: { error } }) => {
    // A group fails with its tests, which have told it already.
    if ('failureType' in error && error.failureType === 'subtestsFailed') return;
    const message = error.cause instanceof Error ? error.cause.message : error.message;
    failures.push({ file: path.relative(root, file ?? name), name, message });
  });
  events.on('test:summary', ({ file, counts: seen }) => {
    // There is one summary for each file, and one for all, which alone names none.
    if (file !== undefined) return;
    counts.passed = seen.passed;
    counts.failed = seen.tests - seen.passed - seen.skipped - seen.todo;
    counts.skipped = seen.skipped + seen.todo;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(String(text));
  return { counts, failures };
}

/** The end of a run: what has to be said again, one line that counts, and the exit code. */
export function verdict({ passed, failed, skipped, remarks = [] }: Counts): void {
  for (const remark of remarks) console.log(`\n${remark}`);
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
