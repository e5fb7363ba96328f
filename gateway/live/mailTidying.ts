// Mail whose time is over: what has not arrived is given up, what is long over loses its content, old events leave.
import { timeAfter } from '../core/mail.ts';
import { expireMail } from '../store/mailDelivery.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './surroundings.ts';

const BATCH = 500;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How long the content of mail is kept after it is over. */
const KEEP_DAYS = 30;
/** New events after which the oldest are looked at. */
const EVENTS_BETWEEN_LOOKS = 5_000;

export class MailTidying implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancelExpiry = (): void => {};
  #cancelTidying = (): void => {};
  #lookedAt = 0;
  #isClosing = false;

  constructor({ store, clock, logger }: { store: Store; clock: Clock; logger: Logger }) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.scheduleExpiry();
    this.#tidy();
  }

  /** Looks again when the next message is over. The clock may be set meanwhile, so never much later than in a minute. */
  scheduleExpiry(leastMs = 10): void {
    this.#cancelExpiry();
    const times = [this.#store.outbox.nextExpiry(), this.#store.inbox.nextExpiry()];
    const [next] = times.filter((time) => time !== undefined).toSorted();
    if (next === undefined || this.#isClosing) return;
    const wait = Math.min(Math.max(Date.parse(next) - Date.parse(this.#clock.now()), leastMs), MINUTE_MS);
    this.#cancelExpiry = this.#clock.after(wait, () => {
      const isDone = this.#try(() => expireMail(this.#store, BATCH, this.#clock.now()));
      this.scheduleExpiry(isDone ? undefined : MINUTE_MS);
    });
  }

  /** Hears of each commit that has events of mail. */
  committed(): void {
    const { last } = this.#store.mailEvents;
    if (last - this.#lookedAt < EVENTS_BETWEEN_LOOKS) return;
    this.#lookedAt = last;
    // Not within the commit.
    setImmediate(() => this.#try(() => this.#pruneEvents()));
  }

  [Symbol.dispose](): void {
    this.#isClosing = true;
    this.#cancelExpiry();
    this.#cancelTidying();
  }

  /** Once an hour, and again soon while there is more. */
  #tidy(): void {
    const { outbox, inbox } = this.#store;
    const before = this.#daysAgo(KEEP_DAYS);
    let pruned = 0;
    this.#try(() => {
      pruned = outbox.prune(before, BATCH) + inbox.prune(before, BATCH);
      this.#pruneEvents();
    });
    this.#cancelTidying = this.#clock.after(pruned > 0 ? 1_000 : HOUR_MS, () => this.#tidy());
  }

  #pruneEvents(): void {
    const { mailEvents } = this.#store;
    mailEvents.prune(this.#daysAgo(mailEvents.bounds.maxAgeDays));
  }

  #daysAgo(days: number): string {
    return timeAfter(this.#clock.now(), -days * DAY_MS);
  }

  /** A full disk, say: nothing is lost, and the next time comes. */
  #try(work: () => void): boolean {
    if (this.#isClosing) return false;
    try {
      this.#store.written(work);
      return true;
    } catch (err) {
      this.#logger.warn({ err }, 'mail could not be tidied');
      return false;
    }
  }
}
