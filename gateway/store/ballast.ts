// Space kept for a bad day: on a full disk even a deletion needs room, so a file is there to be thrown overboard.
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';

/** Enough for the ends of all running turns and for reading on. */
const BALLAST_BYTES = 4 * 1024 * 1024;

export class Ballast {
  readonly #file: string;
  /** The disk was full, and has not been seen with room since. */
  #isFull = false;

  constructor(folder: string) {
    this.#file = path.join(folder, 'ballast');
    if (!existsSync(this.#file) && this.#hasRoom()) this.#make();
  }

  /** Called when a write found the disk full. True: there is room for it now. */
  release(): boolean {
    this.#isFull = true;
    const wasThere = existsSync(this.#file);
    rmSync(this.#file, { force: true });
    return wasThere;
  }

  /** Whether new work may be taken. Looks again whenever it is asked, so that nobody needs to start anything anew. */
  get isFull(): boolean {
    if (this.#isFull && this.#hasRoom()) this.#isFull = !this.#make();
    return this.#isFull;
  }

  /** Twice what the ballast takes; on a very small volume, half of it. */
  #hasRoom(): boolean {
    const { bavail, blocks, bsize } = statfsSync(path.dirname(this.#file));
    return bavail * bsize >= Math.min(2 * BALLAST_BYTES, (blocks * bsize) / 2);
  }

  #make(): boolean {
    const file = openSync(this.#file, 'w', 0o600);
    try {
      const { bavail, bsize } = statfsSync(this.#file);
      // Written, not only sized: a file of holes would hold no space.
      const bytes = Math.min(BALLAST_BYTES, Math.floor((bavail * bsize) / 2));
      writeSync(file, Buffer.alloc(bytes));
      return true;
    } catch {
      rmSync(this.#file, { force: true });
      return false;
    } finally {
      closeSync(file);
    }
  }
}
