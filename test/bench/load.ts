// Closed-loop load: calls over and over, so many at a time.
import { microseconds } from './statistics.ts';

/** Servers run for days, and what runs in V8 is still being compiled in its first second under load. */
export const WARM_UP_S = 2;

/** Until the time is up; the times that each call took. */
export async function callFor(
  seconds: number,
  concurrency: number,
  call: () => Promise<unknown>,
): Promise<number[]> {
  const end = microseconds() + seconds * 1e6;
  const times: number[] = [];
  const caller = async (): Promise<void> => {
    for (let start = microseconds(); start < end; start = microseconds()) {
      await call();
      times.push(microseconds() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return times;
}
