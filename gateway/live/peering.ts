// All peers at work: links come and go under them, clients call through them, and each sees of us what it may.
import { PeerName, PeerPolicy, Problem, RPC, type News, type SessionId } from '../protocol/index.ts';
import type { Links } from '../peers/link.ts';
import type { Outcome, ServingOptions } from '../peers/serving.ts';
import type { Committed, Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { PeerSide } from './peer.ts';
import { RemoteSessions } from './remoteSessions.ts';

/** Who is linked to this gateway, as the one who keeps their keys knows it. */
export interface PeerBook {
  /** Throws the problem peer.unknown. */
  keyOf(name: PeerName): number;
  /** Of the peer that has this public key. */
  keyOfLink(fingerprint: string): number;
  nameOf(key: number): PeerName;
  policyOf(key: number): PeerPolicy;
  /** What it lets us do there, as it has just said. */
  allows(key: number, policy: PeerPolicy): void;
}

/** Answers one kind of request that gateways make of each other. */
export type Between = (params: unknown, key: number) => unknown;

export interface PeeringParts {
  readonly book: PeerBook;
  readonly store: Store;
  readonly clock: Clock;
  readonly instanceId: string;
  readonly logBug: (error: unknown, errorId: string, method: string) => void;
}

export class Peering {
  readonly #parts: PeeringParts;
  readonly #sides = new Map<number, PeerSide>();
  readonly #between = new Map<string, Between>();
  readonly #linked = new Set<(key: number) => void>();
  readonly sessions: RemoteSessions;
  /** The mailboxes that others may know of. */
  mailboxes: () => News['mailboxes'] = () => [];
  onNews: (key: number, news: News) => void = () => {};
  #dispatcher: ServingOptions['dispatcher'] | undefined;

  constructor(parts: PeeringParts) {
    this.#parts = parts;
    this.sessions = new RemoteSessions((id) => parts.store.sessions.locate(id) !== undefined);
  }

  /** Answers peers from now on, and follows their links. */
  open(dispatcher: ServingOptions['dispatcher'], links: Links): void {
    this.#dispatcher = dispatcher;
    const { book } = this.#parts;
    const of = (fingerprint: string): PeerSide => this.side(book.keyOfLink(fingerprint));
    links.heartbeat = (fingerprint) => of(fingerprint).beat();
    links.onHeartbeat((link, state) => of(link.peer).heard(state));
    links.onLinked((link) => {
      of(link.peer).linked(link);
      for (const callback of this.#linked) callback(book.keyOfLink(link.peer));
    });
  }

  /** Adds a request that gateways make of each other; those of a peer come here after its link is up. */
  answer(method: string, run: Between): void {
    this.#between.set(method, run);
  }

  onLinked(callback: (key: number) => void): void {
    this.#linked.add(callback);
  }

  /** Throws the problem peer.unknown. */
  at(name: PeerName): PeerSide {
    return this.side(this.#parts.book.keyOf(name));
  }

  /** What a commit changed is told to all who may see it. */
  committed({ sessions }: Committed): void {
    if (sessions.length === 0 || this.#sides.size === 0) return;
    const ids = sessions.map(({ sessionId }) => sessionId);
    for (const side of this.#sides.values()) side.sessionsChanged(ids);
  }

  policyChanged(key: number): void {
    this.#sides.get(key)?.policyChanged();
  }

  renamed(key: number): void {
    this.sessions.rename(key, this.#parts.book.nameOf(key));
  }

  removed(key: number): void {
    this.#sides.get(key)?.end();
    this.#sides.delete(key);
  }

  side(key: number): PeerSide {
    let side = this.#sides.get(key);
    if (side === undefined) this.#sides.set(key, (side = this.#newSide(key)));
    return side;
  }

  #newSide(key: number): PeerSide {
    const { book, store, clock, instanceId } = this.#parts;
    if (this.#dispatcher === undefined) throw new Error('the gateway does not answer peers yet');
    return new PeerSide({
      key,
      name: () => book.nameOf(key),
      policy: () => book.policyOf(key),
      dispatcher: this.#dispatcher,
      instanceId,
      after: (ms, callback) => clock.after(ms, callback),
      sessions: this.sessions,
      newsFor: (bytes) => this.#newsFor(key, bytes),
      findSession: (id: SessionId) => store.sessions.find(id)?.session,
      onAllows: (allows) => book.allows(key, allows),
      onNews: (news) => this.onNews(key, news),
      between: (method, params) => this.#runBetween(method, params, key),
    });
  }

  #newsFor(key: number, bytes: number): News {
    const allows = this.#parts.book.policyOf(key);
    const sessions: unknown[] = [];
    let complete = true;
    let left = bytes;
    for (const { session } of allows.see ? this.#parts.store.sessions.list() : []) {
      left -= JSON.stringify(session).length;
      complete = left > 0 && sessions.length < 2000;
      if (!complete) break;
      sessions.push(session);
    }
    return { allows, sessions, complete, mailboxes: allows.mail === 'refuse' ? [] : this.mailboxes() };
  }

  #runBetween(method: string, params: unknown, key: number): Promise<Outcome> | undefined {
    const run = this.#between.get(method);
    return run === undefined ? undefined : this.#outcome(method, async () => run(params, key));
  }

  async #outcome(method: string, run: () => Promise<unknown>): Promise<Outcome> {
    try {
      return { result: await run() };
    } catch (error) {
      if (error instanceof Problem) {
        const { code, message, data, problem } = error;
        return { error: { code, message, data: { ...data, problem } } };
      }
      const errorId = this.#parts.clock.newId();
      this.#parts.logBug(error, errorId, method);
      return { error: { code: RPC.internal, message: `A bug there. Its log says more under ${errorId}.` } };
    }
  }
}
