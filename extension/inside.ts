// Is a file inside the folders that a person has opened? Links are resolved first: one inside can point out.
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import * as vscode from 'vscode';
import { t } from './l10n.ts';

/**
 * The file's real place, inside the session's folder or this workspace; throws what to do otherwise. `orFolder`: it may
 * be that folder itself.
 */
export async function placeInside(
  path: string,
  sessionFolder: string | undefined,
  { orFolder = false } = {},
): Promise<string> {
  const workspace = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const folders = sessionFolder === undefined ? workspace : [sessionFolder, ...workspace];
  const [first] = folders;
  if (first === undefined) throw new Error(t('Open a folder first: files are taken from inside of one.'));
  const file = await realpath(resolve(first, path)).catch(() => {
    throw new Error(t('There is no file {0} now. It may have been moved or removed.', path));
  });
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  if (real.some((folder) => contains(folder, file) || (orFolder && folder === file))) return file;
  throw new Error(t("{0} is outside of the session's folder. Open it yourself if you trust it.", path));
}

function contains(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
