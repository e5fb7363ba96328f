// Property tests whose seed can be seen and given again: HOLDFAST_SEED=<number> repeats a run.
import * as fc from 'fast-check';
import type { TestContext } from 'node:test';

/** Checks the property with a fresh seed, which is printed, whether it holds or not. */
export async function check<T>(
  t: TestContext,
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  numRuns = 300,
): Promise<void> {
  const seed = seedOf();
  t.diagnostic(`seed ${seed}`);
  await fc.assert(property, { seed, numRuns });
}

export const seedOf = (): number =>
  Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Chance that a seed determines (mulberry32), for tests that cannot be shrunk. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
