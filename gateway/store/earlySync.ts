// Brings what was written without a sync to disk in the background. A checkpoint begins by syncing all of that while
// everything waits for it: 4 MB that nobody has synced are 5 ms, in which a fast agent says ten things.
import { close, existsSync, fdatasync, openSync } from 'node:fs';

/** Commits between two syncs. */
const EVERY = 64;

export class EarlySync implements Disposable {
  readonly #file: number | undefined;
  #commits = 0;
  #isBusy = false;
  #isOver = false;

  /** `log` is the write-ahead log. It holds no locks, so closing it drops none, as closing the database's own file would. */
  constructor(log: string) {
    // Linux tells everybody who has a file open that a sync failed, SQLite too; others may tell only who asked.
    if (process.platform === 'linux' && existsSync(log)) this.#file = openSync(log, 'r');
  }

  /** Called after a commit that did not sync. */
  committed(): void {
    this.#commits += 1;
    if (this.#commits < EVERY || this.#isBusy || this.#file === undefined) return;
    this.#commits = 0;
    this.#isBusy = true;
    fdatasync(this.#file, () => {
      this.#isBusy = false;
      if (this.#isOver) this.#close();
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    if (!this.#isBusy) this.#close();
  }

  #close(): void {
    if (this.#file !== undefined) close(this.#file, () => undefined);
  }
}
