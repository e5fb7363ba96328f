// Files that the text after an @ may mean: those of the workspace, while nothing is typed the open ones first.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { FoundFile } from './chatMessages.ts';
import { placeInside } from './inside.ts';

/** As many as the list shows with some scrolling. */
const SHOWN = 20;
/** As many as are looked through for the best of them. */
const LOOKED_AT = 400;

export class FileSearch {
  #running: vscode.CancellationTokenSource | undefined;

  /** Undefined: a newer question came before the answer. */
  async find(query: string): Promise<readonly FoundFile[] | undefined> {
    this.#running?.cancel();
    const source = new vscode.CancellationTokenSource();
    this.#running = source;
    const words = query.trim();
    const uris = await vscode.workspace.findFiles(globFor(words), undefined, LOOKED_AT, source.token);
    const open = words === '' ? rank(openFiles(), words) : [];
    const files = await eachOnce([...open, ...rank(uris, words)].slice(0, 2 * SHOWN));
    if (source.token.isCancellationRequested) return undefined;
    source.dispose();
    return files.slice(0, SHOWN);
  }
}

/** Links lead to a file a second time, or out of the workspace: from there nothing may go along. */
async function eachOnce(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const places = await Promise.all(
    files.map(({ uri }) => placeInside(vscode.Uri.parse(uri).fsPath, undefined).catch(() => undefined)),
  );
  return files.filter((_, index) => {
    const place = places[index];
    return place !== undefined && places.indexOf(place) === index;
  });
}

function openFiles(): vscode.Uri[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const uris = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
  const inside = uris.filter(
    (uri) => uri.scheme === 'file' && vscode.workspace.getWorkspaceFolder(uri) !== undefined,
  );
  return [...new Map(inside.map((uri) => [uri.toString(), uri])).values()];
}

function found(uri: vscode.Uri): FoundFile {
  const path = vscode.workspace.asRelativePath(uri);
  return { uri: uri.toString(), name: basename(path).slice(0, 200), path };
}

/** Names that begin with the words come first, then shorter paths. */
function rank(uris: readonly vscode.Uri[], words: string): FoundFile[] {
  const last = (words.split('/').at(-1) ?? '').toLowerCase();
  const begins = ({ name }: FoundFile): number => (name.toLowerCase().startsWith(last) ? 0 : 1);
  return uris
    .map(found)
    .toSorted((a, b) => begins(a) - begins(b) || a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
}

/** `au/Log` finds `src/auth/login.ts`. What would be an operator of the pattern stands for any one character. */
const globFor = (words: string): string =>
  `**/${words
    .split('/')
    .map((part) => `*${Array.from(part, (char) => eitherCase(char)).join('')}*`)
    .join('/')}`;

function eitherCase(char: string): string {
  if ('*?[]{}!,\\'.includes(char)) return '?';
  const lower = char.toLowerCase();
  const upper = char.toUpperCase();
  return lower === upper ? char : `[${lower}${upper}]`;
}
