// The folders of this window as the gateway names them: absolute, symbolic links resolved.
import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import { Emitter } from './emitter.ts';

export class Folders {
  readonly #changed = new Emitter<undefined>();
  readonly onDidChange = this.#changed.event;
  #paths: readonly string[] = [];

  constructor(context: vscode.ExtensionContext) {
    context.subscriptions.push(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.#resolve()));
    this.#paths = here();
    void this.#resolve();
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  async #resolve(): Promise<void> {
    // A folder that cannot be resolved is shown as it is written.
    this.#paths = await Promise.all(here().map((path) => realpath(path).catch(() => path)));
    this.#changed.fire(undefined);
  }
}

const here = (): string[] =>
  (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file' || uri.scheme === 'vscode-remote')
    .map(({ uri }) => uri.fsPath);
