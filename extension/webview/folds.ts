// What stands open and what is folded; nothing is folded away from somebody who reads it.
import type { Part } from './parts.ts';
import type { Kept } from './state.ts';
import { keysIn, shownOf, type Shown } from './turns.ts';

export class Folds {
  /** What a person has opened or closed. Another object with each choice, so that views can compare it. */
  #chosen: Kept['folds'];
  /** The parts that a reader has had in front of him: they are not folded away until he is at the end. */
  #read: ReadonlySet<string>;

  constructor(kept: Kept) {
    this.#chosen = kept.folds;
    this.#read = anchorKeys(kept);
  }

  get chosen(): Kept['folds'] {
    return this.#chosen;
  }

  /** Another session, with what was kept of it. */
  open(kept: Kept | undefined): void {
    this.#chosen = kept?.folds ?? {};
    this.#read = kept === undefined ? new Set() : anchorKeys(kept);
  }

  isOpen(key: string, byDefault: boolean): boolean {
    return this.#chosen[key] ?? byDefault;
  }

  fold(key: string, isOpen: boolean): void {
    this.#chosen = { ...this.#chosen, [key]: isOpen };
  }

  /** Somebody is on the way to this part. */
  keepInSight(key: string): void {
    this.#read = new Set([...this.#read, key]);
  }

  shown(parts: readonly Part[], isAtEnd: boolean, isWhole: boolean): readonly Shown[] {
    return shownOf(parts, {
      isWhole,
      isOpen: (key) => this.#chosen[key],
      isBeingRead: (key) => !isAtEnd && this.#read.has(key),
    });
  }

  /** These are in the page now. */
  saw(items: readonly Shown[], isAtEnd: boolean): void {
    const keys = keysIn(items);
    this.#read = isAtEnd ? keys : new Set([...this.#read, ...keys]);
  }
}

/** What one was reading before a reload; a group stands for its first part. */
const anchorKeys = ({ anchor }: Kept): Set<string> =>
  new Set(anchor === 'end' ? [] : [anchor.key.replace(/^group:/, '')]);
