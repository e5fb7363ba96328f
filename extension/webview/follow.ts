// Stays at the end of what grows, but only while the reader is there: nothing moves under somebody who reads.

/** This close to the end counts as the end. */
const NEAR = 24;

export class Follower {
  readonly #scroller: HTMLElement;
  readonly #changed: () => void;
  #isFollowing = true;
  #top = 0;
  #observer: ResizeObserver;

  /** `changed` is called when following begins or ends, and after each scroll. */
  constructor(scroller: HTMLElement, content: HTMLElement, changed: () => void) {
    this.#scroller = scroller;
    this.#changed = changed;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#observer = new ResizeObserver(() => this.stick());
    this.#observer.observe(scroller);
    this.#observer.observe(content);
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** To be called when the content may have grown. */
  stick(): void {
    if (!this.#isFollowing) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
  }

  /** Goes to the end and stays there. */
  toEnd(smoothly: boolean): void {
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: smoothly ? 'smooth' : 'instant' });
    if (!smoothly) {
      this.#isFollowing = true;
      this.stick();
    }
  }

  /** Stops following: the place to read is about to be restored. */
  release(): void {
    this.#isFollowing = false;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= NEAR;
    // Content that grows also leaves the end behind; only going up is a wish to read.
    if (isAtEnd) this.#isFollowing = true;
    else if (scrollTop < this.#top) this.#isFollowing = false;
    this.#top = scrollTop;
    this.#changed();
  }
}

const followers = new WeakMap<Element, Follower>();

/** For small boxes of output: a lit ref that lets them follow their end. */
export function followEnd(element: Element | undefined): void {
  if (!(element instanceof HTMLElement)) return;
  const known = followers.get(element);
  if (known !== undefined) return;
  const follower = new Follower(element, element, () => undefined);
  followers.set(element, follower);
  // Text that is added inside of a box of fixed height does not resize it.
  new MutationObserver(() => follower.stick()).observe(element, {
    childList: true,
    subtree: true,
    characterData: true,
  });
  follower.stick();
}
