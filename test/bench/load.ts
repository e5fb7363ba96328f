// Closed-loop load: calls over and over, so many at a time.
import { microseconds } from './statistics.ts';

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
