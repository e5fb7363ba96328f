// How much of a long transcript stands in the page: the end at once, more of what is before when somebody scrolls up.
import type { Shown } from './turns.ts';

/** In parts; a long text counts for several. */
const FIRST = 60;
/** A follower does not need what is far above; beyond this the page is cut back. */
const MOST = 150;
/** More of what is before, in parts. */
const MORE = 40;
const LONG_TEXT = 400;

const weightOf = (part: Shown): number => (part.kind === 'text' ? 1 + part.text.length / LONG_TEXT : 1);

/** Where the last parts begin that weigh so much together; there is always one. */
function startOf(parts: readonly Shown[], most: number): number {
  let weight = 0;
  const before = parts.findLastIndex((part) => (weight += weightOf(part)) > most);
  return Math.min(before + 1, parts.length - 1);
}

export class Page {
  /** The key of the first part in the page; undefined: nothing has been shown yet. */
  #first: string | undefined;

  reset(): void {
    this.#first = undefined;
  }

  /** Where the page begins. */
  start(parts: readonly Shown[], isFollowing: boolean): number {
    const found = this.#first === undefined ? -1 : parts.findIndex(({ key }) => key === this.#first);
    const isTooLong = isFollowing && found < startOf(parts, MOST);
    const start = Math.max(0, found < 0 || isTooLong ? startOf(parts, FIRST) : found);
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
    const start = known < 0 ? startOf(parts, FIRST) : known;
    this.#first = parts[Math.max(0, Math.min(start, index - 10))]?.key;
    return true;
  }
}
