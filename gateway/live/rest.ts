// An agent that nobody needs for a while costs hundreds of megabytes: it is ended, and the next prompt brings it back.
import type { Clock } from './clock.ts';

export class Rest {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #end: () => PromiseLike<void> | undefined;
  #calm = (): void => {};
  #leaving: PromiseLike<void> | undefined;

  /** `limitMs` 0: it rests for ever. `end` is called when it is over; undefined says that there is work after all. */
  constructor(clock: Clock, limitMs: number, end: () => PromiseLike<void> | undefined) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#end = end;
  }

  /** From now on the agent is not needed. */
  begin(): void {
    this.#calm();
    if (this.#limitMs === 0) return;
    this.#calm = this.#clock.after(this.#limitMs, () => {
      this.#leaving = this.#end();
    });
  }

  /** The agent is being ended for another reason. */
  async leave(leaving: PromiseLike<void>): Promise<void> {
    this.#calm();
    this.#leaving = leaving.then(undefined, () => undefined);
    await leaving;
  }

  /** The agent is needed. When this resolves, one that was just being ended is gone. */
  async interrupt(): Promise<void> {
    this.#calm();
    await this.#leaving;
  }
}
