// How far each client has confirmed to have read a session: what session.reconnect goes on from.
import type { ClientId } from '../protocol/index.ts';
import type { Database } from './database.ts';
import type { LogOf } from './log.ts';

export class ClientStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The seq up to which the client has read; 0 when it never said. */
  confirmed(clientId: ClientId, { key }: LogOf): number {
    const row = this.#db.get('SELECT seq FROM client WHERE client_id = ? AND session_key = ?', clientId, key);
    return Number(row?.['seq'] ?? 0);
  }

  confirm(clientId: ClientId, { key }: LogOf, seq: number): void {
    this.#db.run(
      `INSERT INTO client VALUES (?, ?, ?)
       ON CONFLICT (client_id, session_key) DO UPDATE SET seq = max(seq, excluded.seq)`,
      clientId,
      key,
      seq,
    );
  }
}
