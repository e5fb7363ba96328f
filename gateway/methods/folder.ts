// The folder that somebody means, as he writes it.
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Problem } from '../protocol/index.ts';

/** A name alone is a folder of ~/Projects. Other relative paths are refused: nobody could say whose current folder they start from. */
function absolute(given: string): string | undefined {
  if (/^[\w-][\w .-]*$/.test(given)) return path.join(homedir(), 'Projects', given);
  const folder = given.replace(/^~(?=$|[\\/])/, homedir());
  return path.isAbsolute(folder) ? path.resolve(folder) : undefined;
}

/** Throws the problem path.missing. Symbolic links are followed here; what leads elsewhere later starts no agent (`unswapped`). */
export function existingFolder(given: string): string {
  const folder = absolute(given);
  if (folder === undefined) {
    throw new Problem(
      'path.missing',
      `${given} is relative. Give the whole path, one from ~ on, or the name of a folder in ~/Projects.`,
      { path: given },
    );
  }
  try {
    if (statSync(folder).isDirectory()) return realpathSync(folder);
  } catch {
    // The error below is the same for everything that can be wrong with the folder.
  }
  throw new Problem('path.missing', `${folder} is not an existing folder. Make it, or name another.`, {
    path: given,
  });
}
