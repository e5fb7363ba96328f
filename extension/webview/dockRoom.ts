// The dock takes at most half of the panel: when it would take more, first the plan folds, then the queue.

/** Which lists of the dock are open unless a person has folded or opened them. */
export interface DockRoom {
  readonly plan: boolean;
  readonly queue: boolean;
}

const ROW = 24;
/** A queued prompt may have two lines. */
const QUEUED = 44;
const FOLDED = 31;
const FOOTER = 28;

export function dockRoom(height: number, composer: number, plan: number, queued: number): DockRoom {
  const head = (rows: number): number => (rows > 0 ? FOLDED : 0);
  const folded = composer + FOOTER + head(plan) + head(queued);
  const room = height / 2 - folded;
  const isQueueOpen = queued * QUEUED <= room;
  return { plan: plan * ROW + queued * QUEUED <= room, queue: isQueueOpen };
}
