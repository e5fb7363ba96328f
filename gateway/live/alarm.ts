// One timer for many who wait, which also notices that the machine has slept.
import type { Clock } from './clock.ts';

export interface AlarmParts {
  readonly clock: Clock;
  /** The first of all that is waited for, in ticks of the clock; Infinity: nothing. */
  readonly firstDue: () => number;
  /** The longest time between two rings: with none at all, a sleep would go unnoticed. */
  readonly atLeastMs: number;
  /** A timer that is later than this says that the machine has slept. */
  readonly lateMs: number;
  readonly onRing: (hasSlept: boolean) => void;
}

export class Alarm implements Disposable {
  readonly #parts: AlarmParts;
  #set: { readonly at: number; readonly cancel: () => void } | undefined;
  #isOff = false;
  /** While it rings nothing is set: when it has rung, `firstDue` is asked once. */
  #isRinging = false;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
  }

  /** Rings at this tick at the latest. It cannot be put off: whoever wants to wait longer is rung once for nothing. */
  by(due: number): void {
    if (this.#isOff || this.#isRinging) return;
    const { clock, atLeastMs } = this.#parts;
    const now = clock.ticks();
    const at = Math.max(now, Math.min(now + atLeastMs, due));
    if (this.#set !== undefined && this.#set.at <= at) return;
    this.#set?.cancel();
    const wall = Date.parse(clock.now()) + at - now;
    this.#set = { at, cancel: clock.after(at - now, () => this.#ring(at, wall)) };
  }

  [Symbol.dispose](): void {
    this.#isOff = true;
    this.#set?.cancel();
  }

  /**
   * Some systems stop the clock of timers while they sleep, so the wall clock is asked as well. If somebody has only set the
   * wall clock, the price of the mistake is one ping.
   */
  #ring(at: number, wall: number): void {
    const { clock, lateMs, onRing, firstDue } = this.#parts;
    this.#set = undefined;
    this.#isRinging = true;
    onRing(Math.max(clock.ticks() - at, Date.parse(clock.now()) - wall) > lateMs);
    this.#isRinging = false;
    this.by(firstDue());
  }
}
