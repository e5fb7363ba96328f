// Writing down what has happened, however long the disk stays full.
import { Problem } from '../protocol/index.ts';
import type { Surroundings } from './surroundings.ts';

/** How often a full disk is tried again. */
const FULL_DISK_MS = 1_000;

/** Resolves when it is synced; `about` says in the log whose it is that waits. */
export async function persist(
  { store, clock, logger }: Pick<Surroundings, 'store' | 'clock' | 'logger'>,
  about: object,
  work: () => void,
): Promise<void> {
  for (;;) {
    try {
      return await store.synced(work);
    } catch (error) {
      if (!(error instanceof Problem) || error.problem !== 'storage.full') throw error;
      logger.warn(about, 'disk full: waiting to write down what has happened');
    }
    await new Promise<void>((resolve) => clock.after(FULL_DISK_MS, resolve));
  }
}
