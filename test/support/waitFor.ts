// Waiting in tests: for a condition, never for a while, and never without an end.
import { setTimeout as delay } from 'node:timers/promises';

export const PATIENCE_MS = 30_000;
const LOOK_MS = 10;

/** Resolves with the first answer that is not undefined or false; rejects, naming what it waited for, when none comes. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await delay(LOOK_MS);
  }
}

/** The promise, or a rejection that names it when it takes unreasonably long. */
export async function within<T>(what: string, promise: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`waited ${patienceMs} ms in vain for ${what}`)),
    patienceMs,
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
