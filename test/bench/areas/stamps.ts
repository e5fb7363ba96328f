// Reads the stamps ("t=<microseconds>) of the events in a client's incoming text, whatever the text around them is.
import { microseconds } from '../statistics.ts';

const STAMP = '"t=';
/** What our gateway gives, in place of the events, to whoever is behind when the turn ends: the whole message. */
const WHOLE = '"type":"text","messageId"';
/** How it ends a turn, also for who has fallen behind: of a very long message it is given the rest, which is no whole one. */
const END = '"type":"result"';

export class StampReader {
  /** The stamp of the first event that was expected. */
  first = Number.POSITIVE_INFINITY;
  /** When that event came. */
  firstAt = Number.POSITIVE_INFINITY;
  /** Events that came one by one: those in a whole message do not count as delivered. */
  seen = 0;
  readonly ages: number[] = [];
  #skippedAges = Number.POSITIVE_INFINITY;
  #expected = 0;
  #turns = 0;
  #ends = 0;
  #resolve = (): void => {};

  /** Resolves when so many more events have been read, which are a turn, or that turn has ended for this reader. */
  expect(events: number): Promise<void> {
    this.seen = 0;
    this.#expected = events;
    this.#turns += 1;
    this.first = Number.POSITIVE_INFINITY;
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  /** From now on the ages are kept, but for the first ones. */
  keepAges(skipped: number): void {
    this.#skippedAges = skipped;
  }

  read(bytes: Buffer): void {
    const now = microseconds();
    const text = bytes.toString('latin1');
    const whole = text.indexOf(WHOLE);
    const end = whole === -1 ? text.length : whole;
    for (let at = text.indexOf(STAMP); at !== -1 && at < end; at = text.indexOf(STAMP, at + STAMP.length)) {
      this.seen += 1;
      if (this.seen === 1) {
        this.first = stampAt(text, at);
        this.firstAt = now;
      }
      if (this.seen > this.#skippedAges) this.ages.push(now - stampAt(text, at));
    }
    if (text.includes(END)) this.#ends += 1;
    if (this.seen >= this.#expected || this.#ends >= this.#turns) this.#resolve();
  }
}

function stampAt(text: string, at: number): number {
  const start = at + STAMP.length;
  return Number(text.slice(start, text.indexOf(' ', start)));
}
