// One peer: what goes to it and what comes from it, over one link after another.
import {
  between,
  Envelope,
  News,
  SessionId,
  type Actor,
  type MethodName,
  type PeerName,
  type PeerPolicy,
  type Result,
  type SeenMailbox,
} from '../protocol/index.ts';
import { z } from 'zod';
import { Calls } from '../peers/calls.ts';
import type { Link } from '../peers/link.ts';
import { Messages } from '../peers/messages.ts';
import { Serving, type Outcome, type ServingOptions } from '../peers/serving.ts';
import type { Sink } from './sink.ts';
import { sessionOf } from './foreign.ts';
import type { RemoteSessions } from './remoteSessions.ts';
import { Visit } from './visit.ts';

/** A client of ours that wants something of a peer. */
export interface Guest {
  readonly actor: Actor;
  readonly push: Sink | undefined;
  /** Calls back when the client is gone. */
  keep(key: string, end: () => void): void;
}

export interface PeerParts {
  /** Stays the same when the peer is renamed. */
  readonly key: number;
  readonly name: () => PeerName;
  /** What it may do here. */
  readonly policy: () => PeerPolicy;
  readonly dispatcher: ServingOptions['dispatcher'];
  readonly instanceId: string;
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly sessions: RemoteSessions;
  /** What we tell it of ourselves, in about so many characters. */
  readonly newsFor: (length: number) => News;
  /** What it may write to. */
  readonly mailboxes: () => readonly SeenMailbox[];
  /** A session of ours as it is told to peers; undefined when it is gone. */
  readonly findSession: (sessionId: SessionId) => unknown;
  readonly onPresence: (isThere: boolean) => void;
  readonly onDropped: () => void;
  readonly onAllows: (allows: PeerPolicy) => void;
  readonly onNews: (news: News) => void;
  /** Answers what gateways ask of each other; undefined when it is no such method. */
  readonly between: (method: string, params: unknown) => Promise<Outcome> | undefined;
}

/** All that is told at once, at most: the rest follows as it changes. */
const NEWS_LENGTH = 8 * 1024 * 1024;
/** A heartbeat is one frame of at most 1 MiB, and a character may take three bytes. */
const BEAT_LENGTH = 200 * 1024;

const Changed = z.object({ session: z.unknown() });
const Removed = z.object({ sessionId: SessionId });

export class PeerSide {
  readonly #parts: PeerParts;
  readonly calls: Calls;
  readonly #serving: Serving;
  readonly #visits = new Map<string, Visit>();
  readonly #visitOf = new WeakMap<Guest, Visit>();
  readonly #changed = new Set<SessionId>();
  #isFlushing = false;
  #messages: Messages | undefined;
  #lastVisit = 0;
  /** The mailboxes that it was told of last. */
  #told = '';

  constructor(parts: PeerParts) {
    this.#parts = parts;
    this.calls = new Calls(parts);
    this.#serving = new Serving(parts);
  }

  get isLinked(): boolean {
    return this.#messages !== undefined;
  }

  linked(link: Link): void {
    this.#dropped();
    const messages: Messages = new Messages(link, (message) => {
      if (this.#messages === messages) this.#receive(message, messages);
    });
    this.#messages = messages;
    void link.closed.then(() => {
      if (this.#messages === messages) this.#dropped();
    });
    this.#tellNews();
    this.calls.linked(messages, link.hello.instanceId);
    for (const visit of this.#visits.values()) visit.linked();
  }

  /** What is told with a heartbeat. */
  beat(): News {
    return this.#parts.newsFor(BEAT_LENGTH);
  }

  /** What came with one. */
  heard(state: unknown): void {
    const news = News.safeParse(state);
    if (!news.success) return;
    const { key, name, sessions } = this.#parts;
    const told = news.data.sessions.flatMap((session) => sessionOf(session, name()) ?? []);
    sessions.replace(key, told, news.data.complete);
    if (!news.data.allows.see) for (const visit of this.#visits.values()) visit.lose();
    this.#parts.onAllows(news.data.allows);
    this.#parts.onNews(news.data);
  }

  /** It may do more or less here than before. */
  policyChanged(): void {
    if (!this.#parts.policy().see) this.#serving.endAll();
    this.#tellNews();
  }

  /** It is no peer any more. */
  end(): void {
    this.#dropped();
    this.calls.end();
    for (const visit of this.#visits.values()) visit.lose();
  }

  /** The mailboxes here may have changed, as they do with each turn. Sessions are told of by themselves. */
  mailboxesChanged(): void {
    const mailboxes = this.#parts.mailboxes();
    const told = JSON.stringify(mailboxes);
    if (this.#told === told) return;
    this.#told = told;
    this.#sayNews({ allows: this.#parts.policy(), sessions: [], complete: false, mailboxes: [...mailboxes] });
  }

  /** Sessions of ours have changed. */
  sessionsChanged(ids: Iterable<SessionId>): void {
    if (!this.isLinked || !this.#parts.policy().see) return;
    for (const id of ids) this.#changed.add(id);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  call<M extends MethodName>(method: M, params: object, guest: Guest): Promise<Result<M>> {
    return this.visit(guest).call(method, params);
  }

  /** The presence of a client of ours at the peer, for as long as that client is there. */
  visit(guest: Guest): Visit {
    const found = this.#visitOf.get(guest);
    if (found !== undefined) return found;
    this.#lastVisit += 1;
    const id = `c${this.#lastVisit.toString(36)}`;
    const { name, after } = this.#parts;
    const client = () => ({ id, clientId: guest.actor.clientId, name: guest.actor.name.slice(0, 80) });
    const visit = new Visit({ peer: name, calls: this.calls, client, sink: guest.push, after });
    this.#visitOf.set(guest, visit);
    this.#visits.set(id, visit);
    guest.keep(`visit ${this.#parts.key}`, () => {
      this.#visits.delete(id);
      visit.end();
    });
    return visit;
  }

  #dropped(): void {
    if (this.#messages === undefined) return;
    this.#messages = undefined;
    this.#changed.clear();
    // Who waited for room is not called back any more.
    this.#isFlushing = false;
    this.#serving.endAll();
    this.calls.dropped();
    this.#parts.onDropped();
    for (const visit of this.#visits.values()) visit.dropped();
  }

  #tellNews(): void {
    this.#told = JSON.stringify(this.#parts.mailboxes());
    this.#sayNews(this.#parts.newsFor(NEWS_LENGTH));
  }

  #sayNews(params: News): void {
    this.#messages?.send(JSON.stringify({ jsonrpc: '2.0', method: 'peer.news', params }));
  }

  /** Many changes of one session in a moment are one; a link without room gets them when it has some. */
  #flush(): void {
    this.#isFlushing = false;
    const messages = this.#messages;
    if (messages === undefined) return;
    for (const sessionId of this.#changed) {
      this.#changed.delete(sessionId);
      const session = this.#parts.findSession(sessionId);
      const [method, params] =
        session === undefined ? ['session.removed', { sessionId }] : ['session.changed', { session }];
      if (messages.send(JSON.stringify({ jsonrpc: '2.0', method, params }))) continue;
      this.#isFlushing = true;
      return messages.onDrain(() => this.#flush());
    }
  }

  #receive(message: unknown, messages: Messages): void {
    const read = Envelope.safeParse(message);
    if (!read.success) return messages.link.close('A message is no JSON-RPC.');
    const { id, method, params, client } = read.data;
    if (method === undefined) {
      if (id !== undefined) this.calls.receive(id, read.data);
      return;
    }
    if (typeof client === 'string') return this.#visits.get(client)?.hear(method, params);
    if (id !== undefined || client !== undefined)
      return this.#serving.receive({ ...read.data, method }, messages);
    this.#hear(method, params);
  }

  /** What the peer tells of its own accord. */
  #hear(method: string, params: unknown): void {
    const { key, name, sessions } = this.#parts;
    switch (method) {
      case 'peer.news':
        return this.heard(params);
      case 'peer.hangup':
        return this.#serving.hangUp(between['peer.hangup'].safeParse(params).data?.id ?? '');
      case 'session.changed': {
        const session = sessionOf(Changed.safeParse(params).data?.session, name());
        if (session !== undefined) sessions.put(key, session);
        return;
      }
      case 'session.removed': {
        const removed = Removed.safeParse(params);
        if (removed.success) sessions.remove(key, removed.data.sessionId);
        return;
      }
      default:
        // What is not known is of a newer gateway.
        void this.#parts.between(method, params);
    }
  }
}
