// Looks a command up as the system would, without running anything.
import { accessSync, constants, realpathSync, statSync, type Stats } from 'node:fs';
import { delimiter, extname, isAbsolute, join } from 'node:path';

export type Lookup =
  | { readonly found: string }
  | { readonly notExecutable: string }
  /** A script of the Windows shell: it is there, but starting it would start a shell. */
  | { readonly shellScript: string }
  | undefined;

/** What stands there; undefined: nothing, or nothing that this user may look at. */
export const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

/** Where it is with all links followed; undefined: nowhere. */
export const realPathOf = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a command is on a PATH, or why what is there cannot be started; undefined: nowhere. */
export const lookUp = (command: string, path: string, platform: NodeJS.Platform): Lookup => {
  const folders = isAbsolute(command) ? [''] : path.split(delimiter).filter((folder) => folder !== '');
  const endings = platform === 'win32' && extname(command) === '' ? ['.exe', '.cmd'] : [''];
  const files = folders
    .flatMap((folder) => endings.map((ending) => (folder === '' ? command : join(folder, command)) + ending))
    .filter((file) => statOf(file)?.isFile() === true);
  const isScript = (file: string): boolean => platform === 'win32' && /\.(?:cmd|bat)$/i.test(file);
  const found = files.find((file) => isExecutable(file) && !isScript(file));
  if (found !== undefined) return { found };
  const [first] = files;
  if (first === undefined) return undefined;
  return isScript(first) ? { shellScript: first } : { notExecutable: first };
};
