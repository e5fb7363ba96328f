// Programs that take their mail: no two get the same message, and what is not acknowledged in time comes back.
import { Problem, type MessageId } from '../protocol/index.ts';
import type { InboxStore } from '../store/inbox.ts';
import type { StoredDelivery } from '../store/inboxRow.ts';
import type { Clock } from './clock.ts';

const RANKS = [0, 1, 2] as const;
/** Calls that wait at one mailbox at the same time. */
const MOST_WAITING = 256;

interface Wanted {
  readonly max: number;
  readonly leaseMs: number;
}

interface Waiting extends Wanted {
  readonly resolve: (messages: readonly StoredDelivery[]) => void;
}

/** Where the readers of a mailbox are. It is not on disk: after a start, all that was not acknowledged is there again. */
interface Place {
  /** Up to here, by rank, everything was handed out or is over. */
  readonly upTo: [number, number, number];
  /** Handed out and not acknowledged; what ends the time for that. */
  readonly leases: Map<number, () => void>;
  /** The keys of these, by message. */
  readonly keys: Map<MessageId, number>;
  readonly waiting: Set<Waiting>;
}

export class Readers {
  readonly #inbox: InboxStore;
  readonly #clock: Clock;
  readonly #places = new Map<number, Place>();

  constructor(inbox: InboxStore, clock: Clock) {
    this.#inbox = inbox;
    this.#clock = clock;
  }

  /**
   * Takes what waits, or waits for something; then at least one message, or none when the time or the reader is gone.
   * Throws the problem mail.rate.
   */
  receive(
    mailbox: number,
    wanted: Wanted,
    waitMs: number,
    onGone: (giveUp: () => void) => void,
  ): readonly StoredDelivery[] | Promise<readonly StoredDelivery[]> {
    const place = this.#placeOf(mailbox);
    const found = this.#take(mailbox, place, wanted);
    if (found.length > 0 || waitMs === 0) return found;
    if (place.waiting.size >= MOST_WAITING) {
      throw new Problem(
        'mail.rate',
        `${MOST_WAITING} calls wait for mail here already. Use one of them, or ask again when it has been answered.`,
      );
    }
    const { promise, resolve } = Promise.withResolvers<readonly StoredDelivery[]>();
    const waiting: Waiting = {
      ...wanted,
      resolve: (messages) => {
        place.waiting.delete(waiting);
        cancel();
        resolve(messages);
      },
    };
    const cancel = this.#clock.after(waitMs, () => waiting.resolve([]));
    place.waiting.add(waiting);
    onGone(() => waiting.resolve([]));
    return promise;
  }

  /** Something new is in a mailbox: who has waited longest gets it. */
  arrived(mailbox: number): void {
    const place = this.#places.get(mailbox);
    for (const waiting of place?.waiting ?? []) {
      if (place === undefined) return;
      const found = this.#take(mailbox, place, waiting);
      if (found.length === 0) return;
      waiting.resolve(found);
    }
  }

  /** A message is over. */
  closed(mailbox: number, id: MessageId): void {
    const place = this.#places.get(mailbox);
    const key = place?.keys.get(id);
    if (place === undefined || key === undefined) return;
    place.leases.get(key)?.();
    place.leases.delete(key);
    place.keys.delete(id);
  }

  /** Something old is new again: it is looked for from the start. */
  rewind(mailbox: number): void {
    const place = this.#places.get(mailbox);
    if (place !== undefined) place.upTo.fill(0);
    this.arrived(mailbox);
  }

  /** The mailbox is gone. */
  remove(mailbox: number): void {
    const place = this.#places.get(mailbox);
    for (const end of place?.leases.values() ?? []) end();
    for (const waiting of place?.waiting ?? []) waiting.resolve([]);
    this.#places.delete(mailbox);
  }

  #take(mailbox: number, place: Place, { max, leaseMs }: Wanted): readonly StoredDelivery[] {
    const taken: StoredDelivery[] = [];
    for (const rank of RANKS) {
      while (taken.length < max) {
        const limit = max - taken.length;
        const page = this.#inbox.waiting({ key: mailbox }, rank, place.upTo[rank], limit);
        for (const delivery of page) {
          place.upTo[rank] = delivery.key;
          if (place.leases.has(delivery.key)) continue;
          place.leases.set(
            delivery.key,
            this.#clock.after(leaseMs, () => this.#leaseOver(mailbox, place, rank, delivery)),
          );
          place.keys.set(delivery.message.id, delivery.key);
          taken.push(delivery);
        }
        if (page.length < limit) break;
      }
    }
    return taken;
  }

  #leaseOver(mailbox: number, place: Place, rank: 0 | 1 | 2, { key, message }: StoredDelivery): void {
    place.leases.delete(key);
    place.keys.delete(message.id);
    place.upTo[rank] = Math.min(place.upTo[rank], key - 1);
    this.arrived(mailbox);
  }

  #placeOf(mailbox: number): Place {
    let place = this.#places.get(mailbox);
    if (place === undefined) {
      place = { upTo: [0, 0, 0], leases: new Map(), keys: new Map(), waiting: new Set() };
      this.#places.set(mailbox, place);
    }
    return place;
  }
}
