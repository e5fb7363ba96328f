// Writing down what has happened, however long the disk stays full.
import { Problem } from '../protocol/index.ts';
import type { Surroundings } from './surroundings.ts';

/** How often a full disk is tried again. */
export const FULL_DISK_MS = 1_000;

export const isFullDisk = (error: unknown): boolean =>
  error instanceof Problem && error.problem === 'storage.full';

/**
 * Resolves when it is synced; `about` says in the log whose it is that waits. Whoever ends (`signal`) waits no more, and rejects:
 * the next start sets right what could not be written down.
 */
export async function persist(
  { store, clock, logger }: Pick<Surroundings, 'store' | 'clock' | 'logger'>,
  about: object,
  work: () => void,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await store.synced(work);
    } catch (error) {
      if (!isFullDisk(error) || signal?.aborted === true) throw error;
      logger.warn(about, 'disk full: waiting to write down what has happened');
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(FULL_DISK_MS, resolve);
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal?.removeEventListener('abort', onAbort);
    cancel();
  }
}
