// A client of ours at a peer: its calls go there, and what it follows there goes on after a break where it stopped.
import {
  Cursor,
  EventHead,
  methods,
  notifications,
  Problem,
  SessionId,
  type MethodName,
  type NotificationName,
  type NotificationParams,
  type Params,
  type PeerName,
  type RemoteClient,
  type Result,
} from '../protocol/index.ts';
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { isRepeatable } from '../core/peerPolicy.ts';
import type { Calls } from '../peers/calls.ts';
import { notify, type Sink } from './sink.ts';
import { splitCursor } from '../core/log.ts';
import { withoutUndefined } from '../language.ts';
import { fromPeer, readable } from './foreign.ts';

type Subscribing = Params<'session.subscribe'>;
type Subscribed = Result<'session.subscribe'>;

/** After how long a linked peer that did not answer is asked again: it may only be busy. */
const AGAIN_MS = 1_000;

interface Following {
  readonly sessionId: SessionId;
  /** All up to here was handed over. */
  cursor: Cursor | undefined;
  /**
   * asking: the peer was asked to subscribe and has not answered; events that come now are of an earlier subscription.
   * fresh: it has answered, but our client has not been given the answer yet. following: events are passed on.
   * full: our client takes no more for now. away: the link to the peer is lost. ended: nobody follows any more.
   */
  state: 'asking' | 'fresh' | 'following' | 'full' | 'away' | 'ended';
  readonly early: (() => void)[];
}

export interface VisitParts {
  readonly peer: () => PeerName;
  readonly calls: Calls;
  readonly client: () => RemoteClient;
  /** Calls back once. */
  readonly after: (ms: number, callback: () => void) => void;
  /** Where the client can be told something later, if it can. */
  readonly sink: Sink | undefined;
}

export class Visit {
  readonly #parts: VisitParts;
  readonly #followed = new Map<SessionId, Following>();

  constructor(parts: VisitParts) {
    this.#parts = parts;
  }

  /** Makes a call at the peer, and answers with its result. */
  call<M extends MethodName>(method: M, params: object): Promise<Result<M>> {
    // Each branch is about the method that it names, with its parameters.
    if (method === 'session.subscribe') return this.#subscribe(params as Subscribing) as Promise<Result<M>>;
    if (method === 'session.unsubscribe') this.#forget((params as Subscribing).sessionId);
    return this.#call(method, params);
  }

  async #call<M extends MethodName>(
    method: M,
    params: object,
    onResult?: (result: Result<M>) => void,
  ): Promise<Result<M>> {
    const { calls, peer, client } = this.#parts;
    let result: Result<M> | undefined;
    await calls.call(method, params, {
      client: client(),
      isRepeatable: isRepeatable(method, methods[method].access),
      onResult: (given) => {
        result = fromPeer(method, given, peer());
        if (result !== undefined) onResult?.(result);
      },
    });
    if (result !== undefined) return result;
    throw new Problem(
      'peer.offline',
      `${peer()} has answered ${method} in a way that cannot be read here. Update the older of the two.`,
      { peer: peer() },
    );
  }

  /** Follows a session there until told otherwise, over any number of links. */
  async #subscribe({ sessionId, cursor }: Subscribing): Promise<Subscribed> {
    this.#forget(sessionId);
    const following: Following = { sessionId, cursor, state: 'asking', early: [] };
    this.#followed.set(sessionId, following);
    try {
      return await this.#ask(following, (answer) => {
        following.cursor = answer.cursor;
        following.state = 'fresh';
        // Frames must not overtake the answer to the call that subscribes.
        setImmediate(() => this.#begin(following));
      });
    } catch (error) {
      this.#forget(sessionId, following);
      throw error;
    }
  }

  /** Something for this client that came over the link. */
  hear(method: unknown, params: unknown): void {
    const read = News.safeParse({ method, params });
    if (!read.success) return;
    const news = read.data;
    const following = this.#followed.get(news.params.sessionId);
    if (following === undefined) return;
    const act = (): void => {
      if (news.method === 'session.events') this.#hand(following, news.params);
      else if (news.method === 'session.removed') this.#lose(following);
      else this.#send(news.method, { ...news.params, peer: this.#parts.peer() });
    };
    if (following.state === 'fresh') following.early.push(act);
    else if (following.state === 'following') act();
  }

  /** A new link: what was followed over the one before goes on. */
  linked(): void {
    for (const following of this.#followed.values()) if (following.state === 'away') this.#resume(following);
  }

  /** The link is gone. */
  dropped(): void {
    for (const following of this.#followed.values()) {
      // Whoever asks is answered over the next link; a full one asks when there is room.
      if (following.state !== 'asking' && following.state !== 'full') following.state = 'away';
    }
  }

  /** Nothing more may be followed there. */
  lose(): void {
    for (const following of this.#followed.values()) this.#lose(following);
  }

  /** The client is gone. */
  end(): void {
    for (const sessionId of this.#followed.keys()) this.#forget(sessionId);
    this.#parts.calls.tell('peer.hangup', { id: this.#parts.client().id });
  }

  #ask(following: Following, onResult: (answer: Subscribed) => void): Promise<Subscribed> {
    const { sessionId, cursor } = following;
    return this.#call('session.subscribe', withoutUndefined({ sessionId, cursor }), (answer) => {
      if (following.state === 'asking') onResult(answer);
    });
  }

  #resume(following: Following): void {
    following.state = 'asking';
    const { sessionId } = following;
    this.#ask(following, ({ cursor, snapshot }) => {
      following.state = 'following';
      if (snapshot === undefined) return;
      following.cursor = cursor;
      this.#send('session.snapshot', { sessionId, peer: this.#parts.peer(), cursor, snapshot });
    }).catch((error: unknown) => {
      if (following.state !== 'asking') return;
      if (!(error instanceof Problem) || error.problem !== 'peer.offline') this.#lose(following);
      else if (this.#parts.calls.isLinked) this.#parts.after(AGAIN_MS, () => this.#again(following));
      else following.state = 'away';
    });
  }

  #again(following: Following): void {
    if (following.state === 'asking') this.#resume(following);
  }

  #begin(following: Following): void {
    if (following.state !== 'fresh') return;
    following.state = 'following';
    for (const act of following.early.splice(0)) if (following.state === 'following') act();
  }

  #hand(following: Following, { events, cursor }: z.infer<typeof Batch>): void {
    const { sessionId } = following;
    const [logId, seq] = splitCursor(cursor);
    const [before, told] = following.cursor === undefined ? ['', 0] : splitCursor(following.cursor);
    if (logId !== before || seq <= told) return;
    following.cursor = cursor;
    const news = events.filter((event) => event.seq > told && event.sessionId === sessionId).map(readable);
    if (this.#send('session.events', { sessionId, peer: this.#parts.peer(), events: news, cursor })) return;
    // The peer's log is the buffer: what it sends until it has heard this is dropped, and read from there again.
    following.state = 'full';
    this.#tell('session.unsubscribe', { sessionId });
    this.#parts.sink?.onDrain(() => {
      if (following.state === 'full') this.#resume(following);
    });
  }

  #lose(following: Following): void {
    this.#forget(following.sessionId, following);
    this.#send('session.removed', { sessionId: following.sessionId });
  }

  #forget(sessionId: SessionId, only = this.#followed.get(sessionId)): void {
    if (only === undefined) return;
    only.state = 'ended';
    if (this.#followed.get(sessionId) === only) this.#followed.delete(sessionId);
  }

  #tell(method: MethodName, params: object): void {
    this.#parts.calls.tell(method, params, this.#parts.client());
  }

  #send<N extends NotificationName>(method: N, params: NotificationParams<N>): boolean {
    return this.#parts.sink?.send(notify(method, params)) ?? false;
  }
}

const Head = object(() => ({ ...EventHead.shape, type: z.string().max(64) })).loose();
const Batch = object(() => ({ sessionId: SessionId, events: z.array(Head), cursor: Cursor }));
const told = <N extends NotificationName, P extends z.ZodType>(name: N, params: () => P) =>
  object(() => ({ method: z.literal(name), params: params() }));
const News = z.discriminatedUnion('method', [
  told('session.events', () => Batch),
  told('session.drafted', () => notifications['session.drafted'].params),
  told('session.followed', () => notifications['session.followed'].params),
  told('session.removed', () => notifications['session.removed'].params),
]);
