// Files that every new session's folder gets: instructions and skills for agents, which the user keeps in one place.
import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Logger } from '../live/surroundings.ts';

/** More than instructions and skills would be a mistake in the configuration. */
const MOST = 1_000;

/**
 * Copies what is not there yet, and never writes over anything or through a symbolic link. Answers how many files were
 * copied. Throws what the file system says.
 */
function copyProjectFiles(from: string, to: string): number {
  let copied = 0;
  const copy = (source: string, target: string): void => {
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const [here, there] = [path.join(source, entry.name), path.join(target, entry.name)];
      const found = lstatSync(there, { throwIfNoEntry: false });
      if (entry.isDirectory() && (found === undefined || found.isDirectory())) {
        if (found === undefined) mkdirSync(there);
        copy(here, there);
      } else if (entry.isFile() && found === undefined) {
        if ((copied += 1) > MOST) throw new Error(`${from} holds more than ${MOST} files.`);
        copyFileSync(here, there, constants.COPYFILE_EXCL);
      }
    }
  };
  copy(from, to);
  return copied;
}

/** What `projectFiles` of the configuration asks for. That it fails is no reason to refuse a session: it is logged. */
export const projectFilesOf =
  (configured: string | undefined, logger: Logger) =>
  (folder: string): void => {
    if (configured === undefined) return;
    const from = configured.replace(/^~(?=$|[\\/])/, homedir());
    try {
      const inside = path.relative(realpathSync(from), folder);
      // A folder that is copied into itself would never end.
      if (!/^\.\.(?:[\\/]|$)/.test(inside) && !path.isAbsolute(inside)) return;
      const copied = copyProjectFiles(from, folder);
      if (copied > 0) logger.info({ from, folder, copied }, 'project files copied');
    } catch (err) {
      logger.warn({ err, from, folder }, 'project files could not be copied');
    }
  };
