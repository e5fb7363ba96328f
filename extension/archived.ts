// What was archived a moment ago: one notification however many sessions that are, and one click brings all of them back.
import type * as vscode from 'vscode';
import type { Session, SessionId } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { titleOf } from './sessionGroups.ts';
import { Toast } from './toast.ts';

/** What was archived longer ago is brought back with Show Archived. */
const TOLD_MS = 20_000;

export class Archived implements vscode.Disposable {
  readonly #connection: Connection;
  readonly #told = new Set<SessionId>();
  readonly #toast = new Toast();
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  tell(session: Session): void {
    this.#told.add(session.sessionId);
    const count = this.#told.size;
    const words =
      count === 1 ? t('{0} is archived.', titleOf(session, 80)) : t('{0} sessions are archived.', count);
    // Nothing in a title can be a link, see plainText.ts: this is the only one.
    const undo = encodeURIComponent(JSON.stringify(['undo']));
    this.#toast.show(`${words} [${t('Undo')}](command:holdfast.showArchived?${undo})`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.dispose(), TOLD_MS);
  }

  async undo(): Promise<void> {
    const ids = [...this.#told];
    this.dispose();
    const call = (sessionId: SessionId): Promise<unknown> =>
      this.#connection.call('session.archive', { sessionId, archived: false });
    await Promise.all(ids.map(call));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#told.clear();
    this.#toast.hide();
  }
}
