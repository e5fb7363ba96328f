// Where the reader is: at the end and following, or somewhere above, where nothing may move.
import { Follower } from './follow.ts';
import { Page } from './page.ts';
import { focusMessage } from './moving.ts';
import { measure, place } from './scrolling.ts';
import type { Shown } from './turns.ts';
import type { Anchor } from './state.ts';

/** Closer to the top than this, more of what is before is fetched. */
const NEAR_TOP = 600;
/** Between the top of the view and a part that one is led to. */
const GAP = 8;

export interface ReadingActions {
  /** What is shown may have to change. */
  changed(): void;
  /** More is wanted than is here. */
  askEarlier(): void;
  /** The place is worth keeping. */
  moved(): void;
  items(): readonly Shown[];
}

export class Reading {
  readonly #root: HTMLElement;
  readonly #act: ReadingActions;
  readonly #page = new Page();
  #follower: Follower | undefined;
  /** Where to read on after a reload, until that part is here. */
  #wanted: Exclude<Anchor, 'end'> | undefined;
  /** Somebody asked for the wanted part, so the keyboard goes along. */
  #goesThere = false;
  #isNewBelow = false;
  #before: Anchor = 'end';
  /** The questions that were shown from their beginning, or whole. */
  readonly #asked = new Set<string>();

  constructor(root: HTMLElement, act: ReadingActions) {
    this.#root = root;
    this.#act = act;
  }

  get isNewBelow(): boolean {
    return this.#isNewBelow;
  }

  /** Nobody reads above the end, so what stands there may become shorter. */
  get isAtEnd(): boolean {
    return this.#wanted === undefined && this.#follower?.isFollowing !== false;
  }

  get #scroller(): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>('.scroller');
  }

  /** Another session: from its end, or from where it was read before a reload. */
  open(anchor: Anchor): void {
    this.#page.reset();
    this.#asked.clear();
    this.#isNewBelow = false;
    this.#goesThere = false;
    this.#wanted = anchor === 'end' ? undefined : anchor;
    this.toEnd(false);
  }

  /** Brings a part into view, and the keyboard to it, wherever it is. */
  goTo(key: string): void {
    this.#wanted = { key, offset: -GAP };
    this.#goesThere = true;
    this.#act.changed();
  }

  /** The page is about to be another one. */
  close(): void {
    this.#follower = undefined;
  }

  /** Something was added at the end. */
  added(): void {
    this.#isNewBelow ||= this.#follower?.isFollowing === false;
  }

  /** The earlier page that the wanted part could be on does not exist. */
  giveUp(): void {
    this.#goesThere = false;
    this.#wanted = undefined;
  }

  toEnd(smoothly: boolean): void {
    this.#follower?.toEnd(smoothly);
  }

  /** Before drawing: which parts, and where the reader is. */
  before(items: readonly Shown[]): readonly Shown[] {
    const isFollowing = this.#follower?.isFollowing ?? true;
    const wanted = this.#wanted;
    if (wanted !== undefined && !this.#page.include(items, wanted.key)) this.#act.askEarlier();
    const scroller = this.#scroller;
    this.#before = isFollowing || scroller === null ? 'end' : measure(scroller);
    return items.slice(this.#page.start(items, isFollowing && wanted === undefined));
  }

  /** After drawing: the reader is where he was, or at the end, or where he was before the reload. */
  after(): void {
    const scroller = this.#scroller;
    const content = this.#root.querySelector<HTMLElement>('.transcript');
    if (scroller === null || content === null) return;
    this.#follower ??= new Follower(scroller, content, () => this.#scrolled());
    if (this.#wanted !== undefined) {
      if (!place(scroller, this.#wanted)) return;
      this.#follower.release();
      if (this.#goesThere) focusMessage(this.#wanted.key);
      this.#goesThere = false;
      this.#wanted = undefined;
    } else if (this.#follower.isFollowing) {
      this.#follower.stick();
      this.#beginQuestion(scroller, this.#follower);
    } else if (this.#before !== 'end') place(scroller, this.#before);
  }

  /** A question that has no room is read from what is asked, not from its options. From there one goes on by oneself. */
  #beginQuestion(scroller: HTMLElement, follower: Follower): void {
    for (const ask of scroller.querySelectorAll<HTMLElement>('.tool.ask > [data-permission-id]')) {
      const id = ask.dataset['permissionId'] ?? '';
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      // Measured only once for each, not while an answer streams.
      const above = scroller.getBoundingClientRect().top + GAP - ask.getBoundingClientRect().top;
      if (above <= GAP) continue;
      follower.release();
      scroller.scrollTop -= above;
      this.#isNewBelow = true;
      this.#act.changed();
      return;
    }
  }

  /** What to keep over a reload. */
  anchor(): Anchor {
    const scroller = this.#scroller;
    if (this.#wanted !== undefined) return this.#wanted;
    return scroller === null || this.#follower?.isFollowing !== false ? 'end' : measure(scroller);
  }

  #scrolled(): void {
    const isFollowing = this.#follower?.isFollowing === true;
    if (isFollowing && this.#isNewBelow) {
      this.#isNewBelow = false;
      this.#act.changed();
    }
    if (!isFollowing && (this.#scroller?.scrollTop ?? NEAR_TOP) < NEAR_TOP) {
      if (this.#page.extend(this.#act.items())) this.#act.changed();
      else this.#act.askEarlier();
    }
    this.#act.moved();
  }
}
