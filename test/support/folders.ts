// Folders for tests: gone when the tests passed, kept in test/output when one failed.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const OUTPUT = path.join(import.meta.dirname, '..', 'output');
const made = new Set<string>();

/** A private folder with a short path, for as long as this test file runs. */
export function newFolder(name = 'home'): string {
  const folder = mkdtempSync(path.join(tmpdir(), `hf-${name}-`));
  made.add(folder);
  return folder;
}

process.on('exit', () => {
  // node:test has set the code by now: a failing test leaves its database and transcript behind.
  const failed = process.exitCode !== 0 && process.exitCode !== undefined;
  for (const folder of made) {
    if (failed) cpSync(folder, path.join(OUTPUT, path.basename(folder)), { recursive: true, filter: isKept });
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A socket cannot be copied. */
const isKept = (file: string): boolean => !file.endsWith('.sock');
