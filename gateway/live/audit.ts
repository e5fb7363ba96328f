// What is written in the log of peers: one line for each attempt that was refused, however many there are to write.
import type { Clock } from './clock.ts';
import type { Logger } from './surroundings.ts';

const WINDOW_MS = 60_000;
/** More refusals in a minute are counted, not told one by one: a stranger must not be able to fill the log. */
const MAX_LINES = 60;

export class Audit implements Disposable {
  readonly #log: Logger;
  readonly #clock: Clock;
  #lines = 0;
  #cancel: (() => void) | undefined;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Somebody wanted in, and was not let in. */
  refused(address: string, reason: string): void {
    this.#lines += 1;
    this.#cancel ??= this.#clock.after(WINDOW_MS, () => this.#endWindow());
    if (this.#lines <= MAX_LINES)
      this.#log.warn({ audit: 'peer.refused', address, reason }, 'a connection was refused');
  }

  /** Something that people want to find later. */
  note(audit: string, facts: object): void {
    this.#log.info({ audit, ...facts }, audit);
  }

  /** Writes something down that is worth no failure: a full disk must not end what works without it. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault('Something about peers could not be written down.', error);
    }
  }

  fault(text: string, err: unknown): void {
    this.#log.error({ err }, text);
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#endWindow();
  }

  #endWindow(): void {
    const untold = this.#lines - MAX_LINES;
    if (untold > 0) this.#log.warn({ audit: 'peer.refused', count: untold }, 'more connections were refused');
    this.#lines = 0;
    this.#cancel = undefined;
  }
}
