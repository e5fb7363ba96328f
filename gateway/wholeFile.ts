// A file that is there whole or not at all, for its owner only: whoever reads it never meets half of it.
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes the file anew, under another name first; what a process that was killed has left under that is in nobody's way. */
export function writeWhole(file: string, content: string | Buffer): void {
  const temporary = `${file}.${process.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}
