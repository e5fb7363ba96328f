// The sessions of peers, as last heard: told to whoever watches, beside those of this gateway.
import type { PeerName, Session, SessionId } from '../protocol/index.ts';
import { Watchers } from './sink.ts';

/** Of one peer, and characters of one session: what it tells of its own accord is kept in memory. */
const MOST_SESSIONS = 10_000;
const MOST_CHARACTERS = 64 * 1024;

export class RemoteSessions {
  /** By the key of the peer, which stays the same when it is renamed. */
  readonly #all = new Map<number, Map<SessionId, Session>>();
  /** Are told of every session of a peer that changes. */
  readonly watchers = new Watchers();
  readonly #isOurs: (sessionId: SessionId) => boolean;

  constructor(isOurs: (sessionId: SessionId) => boolean) {
    this.#isOurs = isOurs;
  }

  list(): Session[] {
    return [...this.#all.values()].flatMap((sessions) => [...sessions.values()]);
  }

  of(peer: number): Session[] {
    return [...(this.#all.get(peer)?.values() ?? [])];
  }

  /** All that a peer has; with `isComplete` what is not named is gone there. */
  replace(peer: number, sessions: readonly Session[], isComplete: boolean): void {
    const there = new Set(sessions.map(({ sessionId }) => sessionId));
    for (const session of sessions) this.put(peer, session);
    if (!isComplete) return;
    for (const { sessionId } of this.of(peer)) if (!there.has(sessionId)) this.remove(peer, sessionId);
  }

  /** An id belongs to whoever had it first: no peer can put itself in the place of another's session, or of ours. */
  put(peer: number, session: Session): void {
    const { sessionId } = session;
    for (const [other, sessions] of this.#all) if (other !== peer && sessions.has(sessionId)) return;
    if (this.#isOurs(sessionId)) return;
    const sessions = this.#all.get(peer) ?? new Map<SessionId, Session>();
    this.#all.set(peer, sessions);
    const text = JSON.stringify(session);
    if (text.length > MOST_CHARACTERS || (sessions.size >= MOST_SESSIONS && !sessions.has(sessionId))) return;
    if (JSON.stringify(sessions.get(sessionId)) === text) return;
    sessions.set(sessionId, session);
    this.watchers.tell('session.changed', { session });
  }

  remove(peer: number, sessionId: SessionId): void {
    if (this.#all.get(peer)?.delete(sessionId) === true) this.watchers.tell('session.removed', { sessionId });
  }

  /** The peer was renamed. */
  rename(peer: number, name: PeerName): void {
    for (const session of this.of(peer)) this.put(peer, { ...session, peer: name });
  }
}
