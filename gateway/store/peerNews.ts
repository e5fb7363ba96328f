// The sessions of peers as last heard, so that they can be shown, with their age, while those are away.
import { z } from 'zod';
import { PeerName, Session } from '../protocol/index.ts';
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

  /** Of peers that are known, by the names that they have now. */
  list(): { peerKey: number; sessions: Session[] }[] {
    const rows = this.#db.all(
      'SELECT peer_key, sessions, name FROM peer_news JOIN peer ON peer.key = peer_key',
    );
    return rows.map((row) => ({
      peerKey: Number(row['peer_key']),
      sessions: sessionsIn(String(row['sessions']), PeerName.parse(row['name'])),
    }));
  }
}

/** What an earlier version wrote, or a disk has damaged, is left out: it is told again with the next link. */
function sessionsIn(text: string, peer: PeerName): Session[] {
  try {
    return Sessions.parse(JSON.parse(text)).flatMap((session) => {
      const read = Session.safeParse(session);
      return read.success ? [{ ...read.data, peer }] : [];
    });
  } catch {
    return [];
  }
}
