// Notices a reader that takes nothing at all: it is cut, so that what waits for it is not kept for ever.

const STALL_MS = 30_000;

export class StallWatch {
  readonly #waiting: () => number;
  readonly #cut: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `waiting`: how much the reader has not taken yet. */
  constructor(waiting: () => number, cut: () => void) {
    this.#waiting = waiting;
    this.#cut = cut;
  }

  /** False: it is being watched already. */
  begin(): boolean {
    if (this.#timer !== undefined) return false;
    let before = this.#waiting();
    this.#timer = setInterval(() => {
      const now = this.#waiting();
      if (now >= before) this.#cut();
      before = now;
    }, STALL_MS).unref();
    return true;
  }

  /** It has taken what there was: as much that waits later is something else. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
