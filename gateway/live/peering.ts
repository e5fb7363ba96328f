// All peers at work: links come and go under them, clients call through them, and each sees of us what it may.
import {
  between,
  PeerName,
  PeerPolicy,
  Problem,
  RPC,
  type Between,
  SeenMailbox,
  type Mailbox,
  type News,
  type SessionId,
} from '../protocol/index.ts';
import type { z } from 'zod';
import { withoutUndefined } from '../language.ts';
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

const MAILBOXES_MS = 500;

export interface PeeringParts {
  readonly book: PeerBook;
  readonly store: Store;
  readonly clock: Clock;
  readonly instanceId: string;
  readonly logBug: (error: unknown, errorId: string, method: string) => void;
}

export class Peering implements Disposable {
  readonly #parts: PeeringParts;
  readonly #sides = new Map<number, PeerSide>();
  readonly #between = new Map<string, (params: unknown, key: number) => (() => unknown) | undefined>();
  readonly #linked = new Set<(key: number) => void>();
  readonly sessions: RemoteSessions;
  /** The mailboxes of peers, as last heard. */
  readonly #mailboxes = new Map<number, readonly SeenMailbox[]>();
  /** What of them is on disk, as text. */
  readonly #remembered = new Map<number, string>();
  #cancelLook: (() => void) | undefined;
  /** What peers are called: also of one that was just removed, while that is told. */
  readonly #names = new Map<number, PeerName>();
  /** Hears when a peer has come, and when it is gone for longer than a moment. */
  onPresence: (key: number, isThere: boolean) => void = () => {};
  /** Hears when the link to a peer is gone. */
  onDropped: (key: number) => void = () => {};
  onRenamed: (key: number, before: PeerName) => void = () => {};
  /** Hears when a peer is no peer any more. */
  onRemoved: (key: number) => void = () => {};
  #dispatcher: ServingOptions['dispatcher'] | undefined;

  constructor(parts: PeeringParts) {
    this.#parts = parts;
    this.sessions = new RemoteSessions((id) => parts.store.sessions.locate(id) !== undefined);
  }

  /** Answers peers from now on, and follows their links. */
  open(dispatcher: ServingOptions['dispatcher'], links: Links): void {
    this.#dispatcher = dispatcher;
    const { book, store } = this.#parts;
    for (const { peerKey, sessions } of store.peerNews.list()) this.sessions.replace(peerKey, sessions, true);
    const of = (fingerprint: string): PeerSide => this.side(book.keyOfLink(fingerprint));
    links.heartbeat = (fingerprint) => of(fingerprint).beat();
    links.onHeartbeat((link, state) => of(link.peer).heard(state));
    links.onLinked((link) => {
      of(link.peer).linked(link);
      for (const callback of this.#linked) callback(book.keyOfLink(link.peer));
    });
  }

  /** Adds a request that gateways make of each other; those of a peer come here after its link is up. */
  answer<M extends keyof Between>(
    method: M,
    run: (params: z.output<Between[M]>, key: number) => unknown,
  ): void {
    this.#between.set(method, (given, key) => {
      const params = between[method].safeParse(given);
      // The schema that was just used is the one of this very method.
      return params.success ? () => run(params.data as z.output<Between[M]>, key) : undefined;
    });
  }

  onLinked(callback: (key: number) => void): void {
    this.#linked.add(callback);
  }

  /** The mailboxes of peers, as they last told of them. */
  mailboxes(): Mailbox[] {
    return [...this.#mailboxes].flatMap(([key, mailboxes]) => {
      const isThere = this.#sides.get(key)?.calls.isThere === true;
      return mailboxes.map((mailbox) => ({
        ...mailbox,
        peer: this.nameOf(key),
        profile: isThere ? mailbox.profile : { ...mailbox.profile, status: 'offline' as const },
        policy: 'accept' as const,
        unread: 0,
        held: 0,
      }));
    });
  }

  /** Throws the problem peer.unknown. */
  at(name: PeerName): PeerSide {
    return this.side(this.#parts.book.keyOf(name));
  }

  /** Says something to a peer, if it is there to hear it. */
  tell(key: number, method: string, params: object): void {
    this.#sides.get(key)?.calls.tell(method, params);
  }

  /** What a commit changed is told to all who may see it. */
  committed({ sessions, mail }: Committed): void {
    if (this.#sides.size === 0) return;
    if (mail || sessions.length > 0) this.#lookAtMailboxes();
    const ids = sessions.map(({ sessionId }) => sessionId);
    for (const side of this.#sides.values()) side.sessionsChanged(ids);
  }

  policyChanged(key: number): void {
    this.#sides.get(key)?.policyChanged();
  }

  renamed(key: number, before: PeerName): void {
    const name = this.#parts.book.nameOf(key);
    this.#names.set(key, name);
    this.sessions.rename(key, name);
    this.onRenamed(key, before);
  }

  removed(key: number): void {
    this.#sides.get(key)?.end();
    this.#sides.delete(key);
    this.sessions.replace(key, [], true);
    this.#mailboxes.delete(key);
    this.#remembered.delete(key);
    this.write(() => this.#parts.store.peerNews.remove(key));
    this.onRemoved(key);
    this.#names.delete(key);
  }

  /** Writes what nobody waits for. A disk that is full must not end the gateway; false: it was not written. */
  write(work: () => void): boolean {
    const { store, clock, logBug } = this.#parts;
    try {
      store.written(work);
      return true;
    } catch (error) {
      logBug(error, clock.newId(), 'peer');
      return false;
    }
  }

  nameOf(key: number): PeerName {
    return this.#names.get(key) ?? this.#parts.book.nameOf(key);
  }

  /** Whoever waits for a peer is told that it cannot be reached. */
  [Symbol.dispose](): void {
    this.#cancelLook?.();
    for (const side of this.#sides.values()) side.calls.end();
  }

  side(key: number): PeerSide {
    let side = this.#sides.get(key);
    if (side === undefined) {
      this.#names.set(key, this.#parts.book.nameOf(key));
      this.#sides.set(key, (side = this.#newSide(key)));
    }
    return side;
  }

  #newSide(key: number): PeerSide {
    const { book, store, clock, instanceId } = this.#parts;
    if (this.#dispatcher === undefined) throw new Error('the gateway does not answer peers yet');
    return new PeerSide({
      key,
      name: () => this.nameOf(key),
      policy: () => book.policyOf(key),
      dispatcher: this.#dispatcher,
      instanceId,
      after: (ms, callback) => clock.after(ms, callback),
      sessions: this.sessions,
      newsFor: (length) => this.#newsFor(key, length),
      mailboxes: () => this.#mailboxesFor(book.policyOf(key)),
      findSession: (id: SessionId) => store.sessions.find(id)?.session,
      onAllows: (allows) => book.allows(key, allows),
      onNews: ({ mailboxes }) => {
        const seen = mailboxes?.flatMap((mailbox) => SeenMailbox.safeParse(mailbox).data ?? []);
        if (seen !== undefined) this.#mailboxes.set(key, seen);
        this.#remember(key);
      },
      onDropped: () => {
        this.#remember(key);
        this.onDropped(key);
      },
      onPresence: (isThere) => this.onPresence(key, isThere),
      between: (method, params) => this.#runBetween(method, params, key),
    });
  }

  /** With each heartbeat and when the link is gone, if anything is new. */
  #remember(key: number): void {
    const { store } = this.#parts;
    const sessions = this.sessions.of(key);
    const text = JSON.stringify(sessions);
    if (this.#remembered.get(key) === text) return;
    if (this.write(() => store.peerNews.put(key, sessions))) this.#remembered.set(key, text);
  }

  #newsFor(key: number, length: number): News {
    const allows = this.#parts.book.policyOf(key);
    const sessions: unknown[] = [];
    let complete = true;
    const mailboxes = this.#mailboxesFor(allows);
    const isSmall = JSON.stringify(mailboxes).length <= length / 2;
    let left = length;
    for (const { session } of allows.see ? this.#parts.store.sessions.list() : []) {
      left -= JSON.stringify(session).length;
      complete = left > 0 && sessions.length < 2000;
      if (!complete) break;
      sessions.push(session);
    }
    return { allows, sessions, complete, ...(isSmall ? { mailboxes } : {}) };
  }

  /** What a peer may write to. A session's mailbox tells of the session. */
  #mailboxesFor({ mail, see }: PeerPolicy): SeenMailbox[] {
    if (mail === 'refuse') return [];
    return this.#parts.store.mailboxes
      .list()
      .filter(({ kind, profile }) => profile.visible && (see || kind !== 'session'))
      .map(({ name, kind, sessionId, topics, profile, createdAt }) =>
        withoutUndefined({ name, kind, sessionId, topics, profile, createdAt }),
      )
      .slice(0, 1000);
  }

  /** Mail comes by the hundred, and mailboxes seldom change. */
  #lookAtMailboxes(): void {
    this.#cancelLook ??= this.#parts.clock.after(MAILBOXES_MS, () => {
      this.#cancelLook = undefined;
      for (const side of this.#sides.values()) if (side.isLinked) side.mailboxesChanged();
    });
  }

  #runBetween(method: string, params: unknown, key: number): Promise<Outcome> | undefined {
    const read = this.#between.get(method);
    if (read === undefined) return undefined;
    const run = read(params, key);
    const message = `${method}: not as the contract has it.`;
    if (run === undefined) return Promise.resolve({ error: { code: RPC.invalidParams, message } });
    return this.#outcome(method, async () => run());
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
