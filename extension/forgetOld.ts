// Removes files that nobody has written for long.
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export async function forgetOld(folder: string, before: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < before) await rm(file, { force: true });
  }
}
