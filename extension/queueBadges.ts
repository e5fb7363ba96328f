// The number of queued prompts at the right edge of a session's row: a file decoration, as in the explorer.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';

const SCHEME = 'holdfast-session';

export const sessionUri = (id: string): vscode.Uri => vscode.Uri.from({ scheme: SCHEME, path: `/${id}` });

export class QueueBadges implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly onDidChangeFileDecorations = this.#changed.event;
  readonly #registration = vscode.window.registerFileDecorationProvider(this);
  #queued = new Map<string, number>();

  update(sessions: readonly Session[]): void {
    const before = this.#queued;
    this.#queued = new Map(
      sessions.filter(({ queued }) => queued > 0).map(({ sessionId, queued }) => [sessionId, queued]),
    );
    const ids = new Set([...before.keys(), ...this.#queued.keys()]);
    const changed = [...ids].filter((id) => before.get(id) !== this.#queued.get(id));
    if (changed.length > 0) this.#changed.fire(changed.map(sessionUri));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const queued = this.#queued.get(uri.path.slice(1));
    if (queued === undefined) return undefined;
    // A badge holds two characters.
    const badge = queued > 9 ? '9+' : String(queued);
    return new vscode.FileDecoration(badge, vscode.l10n.t('{0} queued', queued));
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
