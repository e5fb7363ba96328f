// The one stream: what commits wrote goes to everybody who follows. A subscriber is a cursor and a place to write to;
// whoever falls behind is read on from the log, so a slow reader costs the others nothing.
import type { Actor, SessionId } from '../protocol/index.ts';
import { cursorAt } from '../core/log.ts';
import { Recent, type Framed } from './recent.ts';
import { isLong, type Batch, type LogOf, type LogStore } from '../store/log.ts';
import type { ChangedSession } from '../store/session.ts';
import type { Committed } from '../store/store.ts';
import { frameOf, notify, Watchers, type Sink } from './sink.ts';

/** Events read from the log at a time, for a subscriber that is behind. */
const PAGE = 500;

/** Somebody who follows a session. */
export interface Follower {
  /** Takes what one commit wrote, or one read found; `frame` is that as a notification, made once for all. */
  take(batch: Batch, frame: () => Buffer): boolean;
  onDrain(callback: () => void): void;
  /** Where it can be told what is not in the log, if it can, and who that is. */
  readonly sink?: Sink;
  readonly actor?: Actor;
  /** The session was destroyed: nothing more will come. */
  removed(sessionId: SessionId): void;
}

/** A client that follows gets each batch as a `session.events` notification. */
export const followerOf = (sink: Sink, actor: Actor): Follower => ({
  sink,
  actor,
  take: (_batch, frame) => sink.send(frame()),
  onDrain: (callback) => sink.onDrain(callback),
  removed: (sessionId) => sink.send(notify('session.removed', { sessionId })),
});

interface Subscriber {
  readonly log: LogOf;
  readonly follower: Follower;
  /** All up to here was handed over. */
  seq: number;
  /**
   * Whether it has got every event in the form in which it was published. A subscriber that has read compacted pages can be at
   * the same seq and still lack a piece of a message, which comes with a later event: for it the published batch, which goes on
   * after that piece, would leave a hole.
   */
  isAbreast: boolean;
  /** behind: the next page of the log comes in a moment. waiting: it comes when there is room. */
  state: 'reading' | 'behind' | 'waiting' | 'ended';
}

/** All who follow one session. */
interface Following {
  readonly all: Set<Subscriber>;
  /** What was published, and pages that were read since the log was last compacted. */
  readonly said: Recent;
  readonly read: Recent;
}

export class Feed {
  readonly #log: LogStore;
  readonly #subscribers = new Map<SessionId, Following>();
  /** Are told of every session that changes. */
  readonly watchers = new Watchers();
  /** Sessions whose followers are about to be told. */
  readonly #news = new Set<SessionId>();

  constructor(log: LogStore) {
    this.#log = log;
  }

  /** Follows a session from after a seq. The result ends it. */
  subscribe(log: LogOf, after: number, follower: Follower): () => void {
    const subscriber: Subscriber = { log, follower, seq: after, state: 'reading', isAbreast: false };
    let following = this.#subscribers.get(log.sessionId);
    if (following === undefined) {
      following = { all: new Set(), said: new Recent(), read: new Recent() };
      this.#subscribers.set(log.sessionId, following);
    }
    const { all } = following;
    all.add(subscriber);
    // Frames must not overtake the answer to the call that subscribes.
    setImmediate(() => this.#catchUp(subscriber));
    this.#followed(log.sessionId);
    return () => {
      all.delete(subscriber);
      subscriber.state = 'ended';
      if (all.size === 0 && this.#subscribers.get(log.sessionId) === following)
        this.#subscribers.delete(log.sessionId);
      this.#followed(log.sessionId);
    };
  }

  /** Tells everybody who follows a session of its new draft, but not the one who wrote it. */
  drafted(sessionId: SessionId, text: string, author: Sink | undefined): void {
    const frame = notify('session.drafted', { sessionId, text });
    for (const { follower } of this.#subscribers.get(sessionId)?.all ?? []) {
      if (follower.sink !== author) follower.sink?.send(frame);
    }
  }

  /** Tells everybody who follows a session who they are: soon, so that one who follows anew is told once. */
  #followed(sessionId: SessionId): void {
    if (this.#news.has(sessionId)) return;
    this.#news.add(sessionId);
    setImmediate(() => {
      this.#news.delete(sessionId);
      const followers = [...(this.#subscribers.get(sessionId)?.all ?? [])].map(({ follower }) => follower);
      const actors = new Map(followers.flatMap(({ actor }) => (actor ? [[actor.clientId, actor]] : [])));
      const frame = notify('session.followed', { sessionId, followers: [...actors.values()] });
      for (const { sink } of followers) sink?.send(frame);
    });
  }

  /** Whether anybody follows the session now. */
  isFollowed(sessionId: SessionId): boolean {
    return this.#subscribers.has(sessionId);
  }

  publish({ batches, sessions }: Committed): void {
    for (const batch of batches) this.#publishBatch(batch);
    for (const session of sessions) this.#publishSession(session);
  }

  #publishBatch(batch: Batch): void {
    const subscribers = this.#subscribers.get(batch.sessionId);
    if (subscribers === undefined) return;
    if (batch.isCompacted) subscribers.read.clear();
    if (batch.texts.length === 0) return;
    const framed = isLong(batch) ? undefined : this.#frameOnce(batch);
    if (framed !== undefined) subscribers.said.add(framed);
    for (const subscriber of subscribers.all) {
      if (subscriber.state !== 'reading') continue;
      // Whoever has read up to the end of the log knows all that the others know.
      if (subscriber.seq === batch.after) subscriber.isAbreast = true;
      if (framed !== undefined && subscriber.seq === batch.after) this.#hand(subscriber, framed);
      else this.#catchUp(subscriber);
    }
  }

  #publishSession({ sessionId, isGone, read }: ChangedSession): void {
    if (isGone) this.#end(sessionId);
    if (this.watchers.isEmpty) return;
    const session = read();
    if (session === undefined) this.watchers.tell('session.removed', { sessionId });
    else this.watchers.tell('session.changed', { session });
  }

  #end(sessionId: SessionId): void {
    for (const subscriber of this.#subscribers.get(sessionId)?.all ?? []) {
      subscriber.state = 'ended';
      subscriber.follower.removed(sessionId);
    }
    this.#subscribers.delete(sessionId);
  }

  /** One page at a time: it is on its way while the next one is read, and nobody else waits for a long log. */
  #catchUp(subscriber: Subscriber): void {
    if (subscriber.state !== 'reading' || subscriber.seq >= this.#log.head(subscriber.log)) return;
    const framed = this.#next(subscriber);
    if (framed.batch.texts.length === 0 || !this.#hand(subscriber, framed)) return;
    subscriber.state = 'behind';
    setImmediate(() => this.#goOn(subscriber, 'behind'));
  }

  #next(subscriber: Subscriber): Framed {
    const { log, seq, isAbreast } = subscriber;
    const following = this.#subscribers.get(log.sessionId);
    const said = isAbreast ? following?.said.find(seq) : undefined;
    if (said !== undefined) return said;
    subscriber.isAbreast = false;
    const known = following?.read.find(seq);
    if (known !== undefined) return known;
    const framed = this.#frameOnce(this.#log.read(log, seq, PAGE));
    following?.read.add(framed);
    return framed;
  }

  #goOn(subscriber: Subscriber, from: 'behind' | 'waiting'): void {
    if (subscriber.state === from) subscriber.state = 'reading';
    this.#catchUp(subscriber);
  }

  /** False: no more before there is room, or ever. */
  #hand(subscriber: Subscriber, { batch, frame }: Framed): boolean {
    subscriber.seq = batch.last;
    // Whoever takes it may have ended the subscription with that.
    if (subscriber.follower.take(batch, frame)) return subscriber.state === 'reading';
    subscriber.state = 'waiting';
    subscriber.follower.onDrain(() => this.#goOn(subscriber, 'waiting'));
    return false;
  }

  #frameOnce(batch: Batch): Framed {
    let frame: Buffer | undefined;
    return { batch, frame: () => (frame ??= Buffer.from(this.#eventsFrame(batch))) };
  }

  #eventsFrame({ sessionId, last, texts }: Batch): string {
    const cursor = cursorAt(this.#log.logId, last);
    return frameOf(
      'session.events',
      `{"sessionId":"${sessionId}","events":[${texts.join(',')}],"cursor":"${cursor}"}`,
    );
  }
}
