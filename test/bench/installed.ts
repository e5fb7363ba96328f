// Whether a program is there: who is not installed is left out of the benchmark.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
