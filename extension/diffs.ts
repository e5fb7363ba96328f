// Shows a proposed or made change in VS Code's own diff editor; both sides are texts, not files.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';

const SCHEME = 'holdfast-diff';

export class Diffs implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  #next = 1;

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === SCHEME) this.#texts.delete(uri.toString());
      }),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return (
      this.#texts.get(uri.toString()) ?? t('This change is no longer here. Open it from the chat again.')
    );
  }

  async show(path: string, before: string, after: string): Promise<void> {
    const [left, right] = [this.#keep(path, before), this.#keep(path, after)];
    const title = t('{0} (change)', plain(basename(path), 80));
    await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
  }

  /** What a file was, beside the file as it is: that side can be edited. */
  async showWithFile(before: string, file: vscode.Uri): Promise<void> {
    const title = t('{0} (change)', plain(basename(file.fsPath), 80));
    const left = this.#keep(file.path, before);
    await vscode.commands.executeCommand('vscode.diff', left, file, title, { preview: true });
  }

  /** Several changes in one editor. */
  async showAll(
    title: string,
    sides: readonly {
      readonly file: string;
      readonly before: string;
      readonly after: string;
      readonly now?: vscode.Uri;
    }[],
  ): Promise<void> {
    const rows = sides.map(({ file, before, after, now }) => {
      const right = now ?? this.#keep(file, after);
      return [right, this.#keep(right.path, before), right];
    });
    await vscode.commands.executeCommand('vscode.changes', plain(title, 80), rows);
  }

  /** Both sides have the file's own path: the language is told from it, and no file looks renamed. */
  #keep(path: string, text: string): vscode.Uri {
    const shown = plain(path, 1000).replaceAll('\\', '/').replace(/^\/*/, '/');
    const uri = vscode.Uri.from({ scheme: SCHEME, path: shown, query: String(this.#next++) });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}
