// Keeps what must outlive a reload: soon after it changed, and at once when the page goes.
import type { Host } from './host.ts';
import { readKept, type Kept } from './state.ts';

const KEEP_MS = 250;

export class Keeping {
  readonly #host: Host;
  readonly #read: () => Kept | undefined;
  #last: Kept;
  #isDue = false;

  /** `read` says what is to be kept now; undefined: nothing has changed that is worth it. */
  constructor(host: Host, read: () => Kept | undefined) {
    this.#host = host;
    this.#read = read;
    this.#last = readKept(host.kept());
    document.addEventListener('visibilitychange', () => this.now());
    window.addEventListener('pagehide', () => this.now());
  }

  /** What was kept last. */
  get last(): Kept {
    return this.#last;
  }

  /** What was kept of a session: here or by the host, whichever is newer. */
  of(sessionId: string, fromHost: unknown): Kept | undefined {
    return [this.#last, readKept(fromHost)]
      .filter((kept) => kept.sessionId === sessionId)
      .toSorted((a, b) => b.at - a.at)[0];
  }

  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.now();
    }, KEEP_MS);
  }

  now(): void {
    const kept = this.#read();
    if (kept === undefined || JSON.stringify({ ...kept, at: this.#last.at }) === JSON.stringify(this.#last))
      return;
    this.#last = kept;
    this.#host.keep(kept);
  }
}
