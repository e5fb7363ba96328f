// What stands at the right edge of a session's row: how many prompts wait, or a dot for what nobody has read yet.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import { t } from './l10n.ts';

const SCHEME = 'holdfast-session';

export const sessionUri = (id: string): vscode.Uri => vscode.Uri.from({ scheme: SCHEME, path: `/${id}` });

interface Badge {
  /** A badge holds two characters. */
  readonly badge: string;
  readonly words: string;
}

/** Decorations of files, as in the explorer: a tree has no badges of its own. */
export class SessionBadges implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly onDidChangeFileDecorations = this.#changed.event;
  readonly #registration = vscode.window.registerFileDecorationProvider(this);
  #badges = new Map<string, Badge>();

  update(sessions: readonly Session[]): void {
    const before = this.#badges;
    this.#badges = new Map(
      sessions.flatMap((session) => {
        const badge = badgeOf(session);
        return badge ? [[session.sessionId, badge] as const] : [];
      }),
    );
    const ids = new Set([...before.keys(), ...this.#badges.keys()]);
    const changed = [...ids].filter((id) => before.get(id)?.words !== this.#badges.get(id)?.words);
    if (changed.length > 0) this.#changed.fire(changed.map(sessionUri));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const badge = this.#badges.get(uri.path.slice(1));
    return badge && new vscode.FileDecoration(badge.badge, badge.words);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

function badgeOf({ queued, unread }: Session): Badge | undefined {
  if (queued > 0) return { badge: queued > 9 ? '9+' : String(queued), words: t('{0} queued', queued) };
  return unread ? { badge: '●', words: t('Not read yet') } : undefined;
}
