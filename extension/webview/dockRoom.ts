// The dock takes at most half of the panel: when it would take more, first the plan folds, then the queue.
import type { Actor } from '../../gateway/protocol/index.ts';
import { textOf, type Waiting } from './parts.ts';
import { isMine } from './sender.ts';

/** Which lists of the dock are open unless a person has folded or opened them. */
export interface DockRoom {
  readonly plan: boolean;
  readonly queue: boolean;
}

const ROW = 24;
/** A queued prompt may have two lines, or one and who has sent it. */
const QUEUED = 44;
/** As many characters stand in one line however narrow the panel is. */
const SHORT = 20;
const FOLDED = 31;
const FOOTER = 28;

const rowOf = (waiting: Waiting, me: Actor): number => {
  const text = textOf(waiting.message);
  return isMine(waiting, me) && text.length <= SHORT && !text.includes('\n') ? ROW : QUEUED;
};

export interface DockContent {
  /** Of the panel and of the composer in it, in pixels. */
  readonly height: number;
  readonly composer: number;
  /** Steps of the plan. */
  readonly plan: number;
  readonly queue: readonly Waiting[];
  readonly me: Actor;
}

/** What can be open in so much room. */
export function dockRoom({ height, composer, plan, queue, me }: DockContent): DockRoom {
  const head = (rows: number): number => (rows > 0 ? FOLDED : 0);
  const folded = composer + FOOTER + head(plan) + head(queue.length);
  const room = height / 2 - folded;
  const queued = queue.reduce((sum, waiting) => sum + rowOf(waiting, me), 0);
  return { plan: plan * ROW + queued <= room, queue: queued <= room };
}
