// Reads the stamps ("t=<microseconds>) of the events in a client's incoming text, whatever the text around them is.
import { microseconds } from '../statistics.ts';

const STAMP = '"t=';

export class StampReader {
  /** The stamp of the first event that was expected. */
  first = Number.POSITIVE_INFINITY;
  readonly ages: number[] = [];
  #skippedAges = Number.POSITIVE_INFINITY;
  #seen = 0;
  #expected = 0;
  #resolve = (): void => {};

  /** Resolves when so many more events have been read. */
  expect(events: number): Promise<void> {
    this.#seen = 0;
    this.#expected = events;
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
    for (let at = text.indexOf(STAMP); at !== -1; at = text.indexOf(STAMP, at + STAMP.length)) {
      this.#seen += 1;
      if (this.#seen === 1) this.first = stampAt(text, at);
      if (this.#seen > this.#skippedAges) this.ages.push(now - stampAt(text, at));
      if (this.#seen === this.#expected) this.#resolve();
    }
  }
}

function stampAt(text: string, at: number): number {
  const start = at + STAMP.length;
  return Number(text.slice(start, text.indexOf(' ', start)));
}
