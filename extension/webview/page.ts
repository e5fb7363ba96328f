// How much of a long transcript stands in the page: the end at once, more of what is before when somebody scrolls up.
import type { Shown } from './turns.ts';

const FIRST = 120;
const MORE = 80;
/** A follower does not need what is far above; beyond this the page is cut back. */
const MOST = 400;

export class Page {
  /** The key of the first part in the page; undefined: nothing has been shown yet. */
  #first: string | undefined;

  reset(): void {
    this.#first = undefined;
  }

  /** Where the page begins. */
  start(parts: readonly Shown[], isFollowing: boolean): number {
    const found = this.#first === undefined ? -1 : parts.findIndex(({ key }) => key === this.#first);
    const isTooLong = isFollowing && parts.length - found > MOST;
    const start = found < 0 || isTooLong ? Math.max(0, parts.length - FIRST) : found;
    this.#first = parts[start]?.key;
    return start;
  }

  /** Shows more of what is before; false: there is nothing more here. */
  extend(parts: readonly Shown[]): boolean {
    const start = parts.findIndex(({ key }) => key === this.#first);
    if (start <= 0) return false;
    this.#first = parts[Math.max(0, start - MORE)]?.key;
    return true;
  }

  /** Makes sure that this part is in the page. */
  include(parts: readonly Shown[], key: string): boolean {
    const index = parts.findIndex((part) => part.key === key);
    if (index < 0) return false;
    const known = parts.findIndex((part) => part.key === this.#first);
    const start = known < 0 ? parts.length - FIRST : known;
    this.#first = parts[Math.max(0, Math.min(start, index - 10))]?.key;
    return true;
  }
}
