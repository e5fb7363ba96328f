// The one stream: what commits wrote goes to everybody who follows. A subscriber is a cursor and a place to write to;
// whoever falls behind is read on from the log, so a slow reader costs the others nothing.
import type { NotificationName, NotificationParams, Session, SessionId } from '../protocol/index.ts';
import { cursorAt } from '../core/log.ts';
import type { Batch, LogOf, LogStore } from '../store/log.ts';
import type { Committed } from '../store/store.ts';

/** Events read from the log at a time, for a subscriber that is behind. */
const PAGE = 500;

/** Where frames go: a connected client. */
export interface Sink {
  /** Hands over one frame of text; false when no more should come before `onDrain`. */
  send(frame: string): boolean;
  /** Calls back once, when there is room again. */
  onDrain(callback: () => void): void;
}

/** A JSON-RPC notification as text, from parameters that already are text. */
const frameOf = (method: NotificationName, params: string): string =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;

interface Subscriber {
  readonly log: LogOf;
  readonly sink: Sink;
  /** All up to here was handed over. */
  seq: number;
  state: 'reading' | 'waiting' | 'ended';
}

export class Feed {
  readonly #log: LogStore;
  readonly #subscribers = new Map<SessionId, Set<Subscriber>>();
  readonly #watchers = new Set<Sink>();

  constructor(log: LogStore) {
    this.#log = log;
  }

  /** Follows a session from after a seq. The result ends it. */
  subscribe(log: LogOf, after: number, sink: Sink): () => void {
    const subscriber: Subscriber = { log, sink, seq: after, state: 'reading' };
    let all = this.#subscribers.get(log.sessionId);
    if (all === undefined) this.#subscribers.set(log.sessionId, (all = new Set()));
    all.add(subscriber);
    // Frames must not overtake the answer to the call that subscribes.
    setImmediate(() => this.#catchUp(subscriber));
    return () => {
      all.delete(subscriber);
      subscriber.state = 'ended';
      if (all.size === 0 && this.#subscribers.get(log.sessionId) === all)
        this.#subscribers.delete(log.sessionId);
    };
  }

  /** Whether anybody follows the session now. */
  isFollowed(sessionId: SessionId): boolean {
    return this.#subscribers.has(sessionId);
  }

  /** Hears of every session that changes. The result ends it. */
  watch(sink: Sink): () => void {
    this.#watchers.add(sink);
    return () => this.#watchers.delete(sink);
  }

  publish({ batches, sessions }: Committed): void {
    for (const batch of batches) this.#publishBatch(batch);
    for (const { sessionId, session } of sessions) this.#publishSession(sessionId, session);
  }

  #publishBatch(batch: Batch): void {
    const subscribers = this.#subscribers.get(batch.sessionId);
    if (subscribers === undefined) return;
    const frame = this.#eventsFrame(batch);
    for (const subscriber of subscribers) {
      if (subscriber.state !== 'reading') continue;
      if (subscriber.seq === batch.after) this.#hand(subscriber, frame, batch.last);
      else this.#catchUp(subscriber);
    }
  }

  #publishSession(sessionId: SessionId, session: Session | undefined): void {
    if (this.#watchers.size === 0) return;
    const frame =
      session === undefined
        ? notify('session.removed', { sessionId })
        : notify('session.changed', { session });
    for (const watcher of this.#watchers) watcher.send(frame);
  }

  #catchUp(subscriber: Subscriber): void {
    while (subscriber.state === 'reading' && subscriber.seq < this.#log.head(subscriber.log)) {
      const batch = this.#log.read(subscriber.log, subscriber.seq, PAGE);
      if (batch.texts.length === 0) return;
      this.#hand(subscriber, this.#eventsFrame(batch), batch.last);
    }
  }

  #hand(subscriber: Subscriber, frame: string, last: number): void {
    subscriber.seq = last;
    if (subscriber.sink.send(frame)) return;
    subscriber.state = 'waiting';
    subscriber.sink.onDrain(() => {
      if (subscriber.state === 'waiting') subscriber.state = 'reading';
      this.#catchUp(subscriber);
    });
  }

  #eventsFrame({ sessionId, last, texts }: Batch): string {
    const cursor = cursorAt(this.#log.logId, last);
    return frameOf(
      'session.events',
      `{"sessionId":"${sessionId}","events":[${texts.join(',')}],"cursor":"${cursor}"}`,
    );
  }
}

const notify = <N extends NotificationName>(method: N, params: NotificationParams<N>): string =>
  frameOf(method, JSON.stringify(params));
