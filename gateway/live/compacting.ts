// A long turn is compacted part by part before its end, so that nobody else waits for all of it.
import type { LogOf } from '../store/log.ts';
import type { Surroundings } from './surroundings.ts';

/** Events that are joined at once, which takes a few milliseconds. */
const PART = 1000;

/** Leaves less than a part, and what the parts have become, for the end of the turn. A turn that is cut here is whole, too. */
export async function compactLong(
  { store, logger }: Pick<Surroundings, 'store' | 'logger'>,
  log: LogOf,
  firstSeq: number,
): Promise<void> {
  try {
    for (let from = firstSeq; from + PART <= store.log.head(log); from += PART) {
      store.written(() => store.log.compactPart(log, from, from + PART));
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (err) {
    // A full disk, say: the end does it, once there is room.
    logger.warn({ err, sessionId: log.sessionId }, 'a long turn is not compacted yet');
  }
}
