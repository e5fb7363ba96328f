// The files that turns have changed: how each stands now, and taking changes back or making them again. A file is only
// written when it still is what the agent, or the person who took the change back, has left.
import path from 'node:path';
import * as vscode from 'vscode';
import type { ToPanel } from './chatMessages.ts';
import type { Diffs } from './diffs.ts';
import { redo, stateOf, undo, type Content, type Edit, type FileState } from './edits.ts';
import { placeInside } from './inside.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';

export interface ChangedFile {
  /** As the agent named it. */
  readonly path: string;
  readonly edits: readonly Edit[];
}

/** Where the files are: a folder of this machine, or another machine, whose paths mean nothing here. */
export type Place = { readonly folder: string | undefined } | 'elsewhere';

interface Turn {
  readonly where: Place;
  readonly files: ReadonlyMap<string, readonly Edit[]>;
  readonly watchers: readonly vscode.Disposable[];
  /** What the panel was told last. */
  readonly states: Map<string, FileState>;
  /** Files that may have changed since the panel was told. */
  readonly stale: Set<string>;
  /** While it runs, changes are collected. */
  rest?: NodeJS.Timeout;
}

/** Many changes within this time, as when somebody types, are looked at together. */
const REST_MS = 200;

export class Changes implements vscode.Disposable {
  readonly #post: (message: ToPanel) => void;
  readonly #diffs: Diffs;
  /** By the key that the panel has given them. */
  readonly #turns = new Map<string, Turn>();

  constructor(post: (message: ToPanel) => void, diffs: Diffs) {
    this.#post = post;
    this.#diffs = diffs;
  }

  /** Tells how these files stand, and again when one of them changes. */
  async watch(key: string, files: readonly ChangedFile[], where: Place): Promise<void> {
    this.#forget(key);
    const watchers: vscode.Disposable[] = [];
    const turn: Turn = {
      where,
      files: new Map(files.map((file) => [file.path, file.edits])),
      watchers,
      states: new Map(),
      stale: new Set(),
    };
    this.#turns.set(key, turn);
    for (const { path: name } of files) {
      const place = await placeOf(name, where);
      if (this.#turns.get(key) !== turn) return;
      if (place !== undefined) watchers.push(watching(place, () => this.#tellSoon(key, name)));
    }
    await this.#tell(key);
  }

  #tellSoon(key: string, file: string): void {
    const turn = this.#turns.get(key);
    if (turn === undefined) return;
    turn.stale.add(file);
    turn.rest ??= setTimeout(() => {
      delete turn.rest;
      const files = [...turn.stale];
      turn.stale.clear();
      this.#tell(key, files).catch(() => undefined);
    }, REST_MS);
  }

  async turn(key: string, way: 'undo' | 'redo', paths: readonly string[]): Promise<void> {
    const turn = this.#known(key);
    const steps = await Promise.all(
      paths.map(async (file) => ({ file, step: await stepOf(turn, file, way) })),
    );
    const removed = steps.flatMap(({ step }) => (step?.to === null ? [step.place] : []));
    if (removed.length > 0 && !(await mayRemove(removed))) return;
    let left = 0;
    for (const { file, step } of steps) {
      // Looked at once more: while a person was asked somebody may have written.
      const now = step && (await stepOf(turn, file, way));
      if (now && now.to === step.to) await write(now.place, now.to);
      else left += 1;
    }
    await this.#tell(key);
    if (left > 0) throw new Error(t('Some files are not what the agent left, and stay as they are.'));
  }

  /** The change of one file beside the file itself; where that is not possible, what the agent told. */
  async show(key: string, file: string): Promise<void> {
    const sides = await this.#sides(key, file);
    if (sides.now) await this.#diffs.showWithFile(sides.before, sides.now);
    else await this.#diffs.show(file, sides.before, sides.after);
  }

  async showAll(key: string, title: string): Promise<void> {
    const all = [...this.#known(key).files.keys()];
    const sides = await Promise.all(all.map(async (file) => ({ file, ...(await this.#sides(key, file)) })));
    await this.#diffs.showAll(title, sides);
  }

  forgetAll(): void {
    for (const key of this.#turns.keys()) this.#forget(key);
  }

  dispose(): void {
    this.forgetAll();
  }

  #forget(key: string): void {
    const turn = this.#turns.get(key);
    clearTimeout(turn?.rest);
    for (const watcher of turn?.watchers ?? []) watcher.dispose();
    this.#turns.delete(key);
  }

  #known(key: string): Turn {
    const turn = this.#turns.get(key);
    if (turn === undefined)
      throw new Error(t('These changes are no longer in the chat. Open the session again.'));
    return turn;
  }

  /** `files`: those that may stand otherwise now; without them all are looked at. */
  async #tell(key: string, files?: readonly string[]): Promise<void> {
    const turn = this.#known(key);
    const states = await Promise.all(
      (files ?? [...turn.files.keys()]).map(async (file) => ({ file, state: await standing(turn, file) })),
    );
    const isNews = files === undefined || states.some(({ file, state }) => turn.states.get(file) !== state);
    // A newer list may have come meanwhile.
    if (!isNews || this.#turns.get(key) !== turn) return;
    for (const { file, state } of states) turn.states.set(file, state);
    this.#post({ type: 'changes', key, states: Object.fromEntries(turn.states) });
  }

  async #sides(key: string, file: string): Promise<{ before: string; after: string; now?: vscode.Uri }> {
    const turn = this.#known(key);
    const edits = turn.files.get(file) ?? [];
    const step = await stepOf(turn, file, 'undo');
    if (step) return { before: step.to ?? '', after: (await read(step.place)) ?? '', now: step.place };
    return {
      before: edits.map(({ oldText }) => oldText ?? '').join('\n'),
      after: edits.map(({ newText }) => newText).join('\n'),
    };
  }
}

async function standing({ where, files }: Turn, file: string): Promise<FileState> {
  if (where === 'elsewhere') return 'elsewhere';
  const place = await placeOf(file, where);
  if (place === undefined) return 'gone';
  const content = await read(place);
  return content === undefined ? 'edited' : stateOf(content, files.get(file) ?? []);
}

interface Step {
  readonly place: vscode.Uri;
  readonly to: Content;
}

async function stepOf(turn: Turn, file: string, way: 'undo' | 'redo'): Promise<Step | undefined> {
  const edits = turn.files.get(file);
  const place = await placeOf(file, turn.where);
  if (edits === undefined || place === undefined) return undefined;
  const content = await read(place);
  const to = content === undefined ? undefined : (way === 'undo' ? undo : redo)(content, edits);
  return to === undefined ? undefined : { place, to };
}

/** Inside of the session's folder or this workspace, also when it is not there now; undefined: outside. */
async function placeOf(file: string, where: Place): Promise<vscode.Uri | undefined> {
  if (where === 'elsewhere') return undefined;
  const { folder: sessionFolder } = where;
  const inside = (name: string): Promise<string | undefined> =>
    placeInside(name, sessionFolder).catch(() => undefined);
  const real = await inside(file);
  if (real !== undefined) return vscode.Uri.file(real);
  const folder = await placeInside(path.dirname(file), sessionFolder, { orFolder: true }).catch(
    () => undefined,
  );
  return folder === undefined ? undefined : vscode.Uri.file(path.join(folder, path.basename(file)));
}

/** As it stands in an editor, saved or not; else as it is on disk. undefined: it is there, and cannot be read as text. */
async function read(place: vscode.Uri): Promise<Content | undefined> {
  const open = openDocument(place);
  if (open) return open.getText();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await vscode.workspace.fs.readFile(place),
    );
  } catch (error) {
    return error instanceof vscode.FileSystemError && error.code === 'FileNotFound' ? null : undefined;
  }
}

const openDocument = (place: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find(
    ({ uri, isClosed }) => !isClosed && uri.toString() === place.toString(),
  );

async function write(place: vscode.Uri, to: Content): Promise<void> {
  if (to === null) return vscode.workspace.fs.delete(place, { useTrash: false });
  const open = openDocument(place);
  if (!open) return vscode.workspace.fs.writeFile(place, new TextEncoder().encode(to));
  const wasDirty = open.isDirty;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(place, new vscode.Range(0, 0, open.lineCount, 0), to);
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(t('The editor did not take the change.'));
  if (!wasDirty) await open.save();
}

/** Some agents call every file that they write whole a new one: so nothing is deleted without a look. */
async function mayRemove(places: readonly vscode.Uri[]): Promise<boolean> {
  const remove = t('Delete');
  const detail = places.map(({ fsPath }) => plain(fsPath)).join('\n');
  const question = t('The agent says that it made these files. Undo deletes them.');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) === remove;
}

function watching(place: vscode.Uri, changed: () => void): vscode.Disposable {
  const folder = vscode.Uri.file(path.dirname(place.fsPath));
  // What would be an operator of the pattern stands for any one character.
  const name = path.basename(place.fsPath).replaceAll(/[*?[\]{}!,\\]/g, '?');
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, name));
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.toString() === place.toString()) changed();
    }),
  );
}
