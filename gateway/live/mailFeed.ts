// Who follows mail: each is a place in the events and something to write to. Whoever is behind is read on from the
// store, so a slow reader costs the others nothing.
import type { MailEventStore, MailEventText } from '../store/mailEvent.ts';

export interface MailFollower {
  /** False: no more before `onDrain` calls back. */
  take(event: MailEventText): boolean;
  onDrain(callback: () => void): void;
}

interface Subscriber {
  readonly follower: MailFollower;
  /** All up to here was handed over. */
  at: number;
  state: 'reading' | 'behind' | 'waiting' | 'ended';
}

export class MailFeed {
  readonly #events: MailEventStore;
  readonly #subscribers = new Set<Subscriber>();
  readonly #now: () => string;

  constructor(events: MailEventStore, now: () => string) {
    this.#events = events;
    this.#now = now;
  }

  /** Follows from after an id; undefined: from now on. The result ends it. */
  follow(after: number | undefined, follower: MailFollower): () => void {
    const subscriber: Subscriber = { follower, at: after ?? this.#events.last, state: 'waiting' };
    this.#subscribers.add(subscriber);
    // Events must not overtake the answer to the call that follows.
    setImmediate(() => {
      if (subscriber.state === 'ended') return;
      subscriber.state = 'reading';
      this.#catchUp(subscriber);
    });
    return () => {
      subscriber.state = 'ended';
      this.#subscribers.delete(subscriber);
    };
  }

  /** After a commit. */
  publish(): void {
    let fresh: MailEventText[] | undefined;
    let from = 0;
    for (const subscriber of this.#subscribers) {
      if (subscriber.state !== 'reading') continue;
      // Most are at the same place: what is new is read once for them all.
      if (fresh === undefined || from !== subscriber.at) {
        from = subscriber.at;
        fresh = this.#events.read(from);
      }
      this.#hand(subscriber, fresh);
    }
  }

  /** What is gone, or was never here: the reader is told, and goes on with what is kept. */
  #sayGap(subscriber: Subscriber): void {
    const { first, last } = this.#events;
    const isAhead = subscriber.at > last;
    if (!isAhead && subscriber.at >= first - 1) return;
    const data = { ts: this.#now(), subtype: 'gap', from: isAhead ? 1 : subscriber.at + 1, to: first - 1 };
    subscriber.at = first - 1;
    subscriber.follower.take({ id: first - 1, event: 'system', data: JSON.stringify(data) });
  }

  #catchUp(subscriber: Subscriber): void {
    // Events leave also while a slow reader is on its way through them.
    this.#sayGap(subscriber);
    if (subscriber.state !== 'reading' || subscriber.at >= this.#events.last) return;
    this.#hand(subscriber, this.#events.read(subscriber.at));
  }

  #hand(subscriber: Subscriber, events: readonly MailEventText[]): void {
    for (const event of events) {
      subscriber.at = event.id;
      if (subscriber.follower.take(event)) continue;
      if (subscriber.state === 'ended') return;
      subscriber.state = 'waiting';
      subscriber.follower.onDrain(() => this.#goOn(subscriber, 'waiting'));
      return;
    }
    if (events.length === 0 || subscriber.at >= this.#events.last) return;
    subscriber.state = 'behind';
    setImmediate(() => this.#goOn(subscriber, 'behind'));
  }

  #goOn(subscriber: Subscriber, from: 'behind' | 'waiting'): void {
    if (subscriber.state !== from) return;
    subscriber.state = 'reading';
    this.#catchUp(subscriber);
  }
}
