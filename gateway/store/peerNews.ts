// The sessions of peers as last heard, so that they can be shown, with their age, while those are away.
import { z } from 'zod';
import { Session } from '../protocol/index.ts';
import type { Database } from './database.ts';

const Sessions = z.array(z.unknown());

export class PeerNewsStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(peerKey: number, sessions: readonly Session[]): void {
    this.#db.run(
      `INSERT INTO peer_news VALUES (?, ?) ON CONFLICT (peer_key) DO UPDATE SET sessions = excluded.sessions`,
      peerKey,
      JSON.stringify(sessions),
    );
  }

  remove(peerKey: number): void {
    this.#db.run('DELETE FROM peer_news WHERE peer_key = ?', peerKey);
  }

  /** What an earlier version wrote and this one does not know is left out. */
  list(): { peerKey: number; sessions: Session[] }[] {
    return this.#db.all('SELECT peer_key, sessions FROM peer_news').map((row) => ({
      peerKey: Number(row['peer_key']),
      sessions: Sessions.parse(JSON.parse(String(row['sessions']))).flatMap((session) => {
        const read = Session.safeParse(session);
        return read.success ? [read.data] : [];
      }),
    }));
  }
}
