// A long turn is compacted part by part before its end, so that nobody else waits for all of it.
import type { LogOf } from '../store/log.ts';
import type { Surroundings } from './surroundings.ts';

/** Events that are joined at once, which takes a few milliseconds. */
const PART = 1000;

/**
 * Compacts a turn whose end is about to be written, part by part: the end itself then has less than one part left to join. A
 * gateway that dies in between leaves a log that reads the same.
 */
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
    // A full disk, for example: then the end of the turn does it, once there is room.
    logger.warn({ err, sessionId: log.sessionId }, 'a long turn is not compacted yet');
  }
}
