// Tells of open questions and of turns that have ended, each in one window: the gateway knows all windows, so none
// tells what another one does.
import { elect, type Window } from '../core/announce.ts';
import {
  Event,
  type Permission,
  type PermissionId,
  type WindowState,
  type Session,
  type SessionId,
} from '../protocol/index.ts';
import type { Committed, Store } from '../store/store.ts';
import { notify, type Sink } from './sink.ts';

/** Among these is how the turn ended. */
const LAST_EVENTS = 8;

interface Place extends Window {
  readonly sink: Sink;
}

interface Announced {
  readonly sessionId: SessionId;
  readonly sink: Sink;
}

export class Announcer {
  readonly #store: Pick<Store, 'sessions' | 'queue' | 'permissions' | 'log'>;
  readonly #places = new Map<Sink, Place>();
  readonly #announced = new Map<PermissionId, Announced>();
  /** Sessions with a turn, for as long as there is a window. */
  readonly #running = new Set<SessionId>();
  #count = 0;

  constructor(store: Pick<Store, 'sessions' | 'queue' | 'permissions' | 'log'>) {
    this.#store = store;
  }

  /** A window says how it stands; what it said before is replaced. The result ends it. */
  place(sink: Sink, presence: WindowState): () => void {
    if (this.#places.size === 0) this.#lookUpRunning();
    const before = this.#places.get(sink);
    const seen = presence.focused || before === undefined ? ++this.#count : before.seen;
    const place = { sink, presence, seen };
    this.#places.set(sink, place);
    this.#reviewAll();
    return () => {
      if (this.#places.get(sink) !== place) return;
      this.#places.delete(sink);
      this.#reviewAll();
    };
  }

  /** A commit may have opened or settled questions. */
  publish({ sessions }: Committed): void {
    if (this.#places.size === 0) return;
    for (const { sessionId, read } of sessions) {
      const session = read();
      this.#review(sessionId, session);
      if (session !== undefined && isRunning(session)) this.#running.add(sessionId);
      else if (this.#running.has(sessionId) && !this.#hasTurn(sessionId)) {
        this.#running.delete(sessionId);
        if (session !== undefined) this.#ended(session);
      }
    }
  }

  /** An agent that dies is gone a moment before its turn is over. */
  #hasTurn(sessionId: SessionId): boolean {
    const log = this.#store.sessions.locate(sessionId);
    return log !== undefined && this.#store.queue.running(log) !== undefined;
  }

  /** With nobody to tell of its end, none was followed. */
  #lookUpRunning(): void {
    this.#running.clear();
    for (const { session } of this.#store.sessions.list())
      if (isRunning(session)) this.#running.add(session.sessionId);
  }

  /** Whoever stopped it knows, and what waits runs next: neither is told. */
  #ended(session: Session): void {
    const { sessionId, status, queued, held, unread } = session;
    if (!unread || (queued > 0 && !held)) return;
    const hasFailed = status === 'error' || held || this.#endsWithError(sessionId);
    const outcome = hasFailed ? 'failed' : 'finished';
    const elected = elect([...this.#places.values()], session, undefined);
    elected?.sink.send(notify('session.ended', { sessionId, outcome }));
  }

  #endsWithError(sessionId: SessionId): boolean {
    const { log } = this.#store;
    const stored = this.#store.sessions.get(sessionId);
    const { texts } = log.read(stored, Math.max(0, log.head(stored) - LAST_EVENTS), LAST_EVENTS);
    const types = texts.map((text) => Event.safeParse(JSON.parse(text)).data?.type);
    return types.findLast((type) => type === 'result' || type === 'error') === 'error';
  }

  #reviewAll(): void {
    const open = this.#store.permissions.listOpen().map(({ sessionId }) => sessionId);
    const told = [...this.#announced.values()].map(({ sessionId }) => sessionId);
    for (const sessionId of new Set([...open, ...told])) {
      this.#review(sessionId, this.#store.sessions.find(sessionId)?.session);
    }
  }

  #review(sessionId: SessionId, session: Session | undefined): void {
    const told = [...this.#announced].filter(([, announced]) => announced.sessionId === sessionId);
    const hasOpen = session !== undefined && session.pendingPermissions > 0;
    if (!hasOpen && told.length === 0) return;
    const open = hasOpen ? this.#store.permissions.listOpen(this.#store.sessions.get(sessionId)) : [];
    const ids = new Set(open.map(({ permissionId }) => permissionId));
    for (const [permissionId] of told) if (!ids.has(permissionId)) this.#settle(permissionId);
    if (session !== undefined) for (const permission of open) this.#announce(permission, session);
  }

  #announce({ permissionId, form, url }: Permission, session: Session): void {
    const { sessionId } = session;
    const told = this.#announced.get(permissionId);
    const telling = told && this.#places.get(told.sink);
    const elected = elect([...this.#places.values()], session, telling);
    if (told !== undefined && elected?.sink === told.sink) return;
    this.#settle(permissionId);
    if (elected === undefined) return;
    this.#announced.set(permissionId, { sessionId, sink: elected.sink });
    const isQuestion = form !== undefined || url !== undefined;
    const asked = { permissionId, sessionId, ...(isQuestion && { isQuestion }) };
    elected.sink.send(notify('permission.announced', asked));
  }

  /** Whoever tells of it stops. */
  #settle(permissionId: PermissionId): void {
    const told = this.#announced.get(permissionId);
    this.#announced.delete(permissionId);
    if (told === undefined || !this.#places.has(told.sink)) return;
    told.sink.send(notify('permission.settled', { permissionId, sessionId: told.sessionId }));
  }
}

const isRunning = ({ status }: Session): boolean =>
  status === 'starting' || status === 'busy' || status === 'waiting';
