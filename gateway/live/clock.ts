// Time and chance, asked at the edge and passed in: tests give their own.
import { randomUUID } from 'node:crypto';

export interface Clock {
  /** Wall time as RFC 3339 in UTC: for people, never for time-outs. */
  now(): string;
  /** The wall time so many seconds from now. */
  later(seconds: number): string;
  /** Calls back once; the result cancels. Does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
  newId(): string;
  /** Milliseconds that only count up, whatever the wall clock does: for time-outs. */
  ticks(): number;
  /** Anything from 0 to just below 1. */
  chance(): number;
}

/** The same text all through a millisecond: making it costs more than many a call. */
let told = { at: NaN, text: '' };

export const systemClock: Clock = {
  now() {
    const at = Date.now();
    if (at !== told.at) told = { at, text: new Date(at).toISOString() };
    return told.text;
  },
  later: (seconds) => new Date(Date.now() + seconds * 1000).toISOString(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  newId: () => randomUUID(),
  ticks: () => performance.now(),
  chance: () => Math.random(),
};
