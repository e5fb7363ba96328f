// Where the files of an open database are: whoever takes one away takes what is written from then on along with it.
import { lstatSync } from 'node:fs';

const LOOK_MS = 2_000;

/** A file's identity; undefined: there is none. Looking at it opens nothing, which would drop our locks. */
const identityOf = (file: string): bigint | undefined =>
  lstatSync(file, { bigint: true, throwIfNoEntry: false })?.ino;

/** Looks again and again whether files are where they were, and says once which are gone, or others by now. */
export class Whereabouts implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(files: readonly string[], onLost: (lost: readonly string[]) => void) {
    const known = new Map(files.map((file) => [file, identityOf(file)]));
    this.#timer = setInterval(() => {
      const lost = files.filter((file) => identityOf(file) !== known.get(file));
      if (lost.length === 0) return;
      clearInterval(this.#timer);
      onLost(lost);
    }, LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
