// Runs test files under Node's own test runner, shows them as they pass or fail, and counts.
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Counts } from './check.ts';
import { root } from './paths.ts';

/** A file that takes longer hangs. */
const FILE_MS = 300_000;

export function testFiles(pattern: string, exclude: readonly string[] = []): string[] {
  return globSync(pattern, { cwd: root, exclude }).sort();
}

/** `atOnce` files run beside each other, each in a process of its own. */
export async function nodeTests(
  files: readonly string[],
  atOnce: number,
  signal: AbortSignal,
): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return counts;
  const events = run({ cwd: root, files, concurrency: atOnce, timeout: FILE_MS, signal });
  events.on('test:summary', ({ file, counts: seen }) => {
    // There is one summary for each file, and one for all, which alone names none.
    if (file !== undefined) return;
    counts.passed = seen.passed;
    counts.failed = seen.tests - seen.passed - seen.skipped - seen.todo;
    counts.skipped = seen.skipped + seen.todo;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(String(text));
  return counts;
}
