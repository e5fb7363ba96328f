// The log on disk: JSON lines in a private file that begins anew when it is full. A log that cannot be written is lost;
// it never holds anything up.
import { closeSync, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const MAX_BYTES = 10 * 1024 * 1024;
/** gateway.log, gateway.log.1 and gateway.log.2: the last 20 to 30 MB. */
const OLD_FILES = 2;

export class LogFile implements Disposable {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: number;
  #size: number;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#file = openPrivate(path);
    this.#size = fstatSync(this.#file).size;
  }

  /** One line, with its line break. */
  write(line: string): void {
    try {
      if (this.#size > this.#maxBytes) this.#rotate();
      this.#size += writeSync(this.#file, line);
    } catch {
      // The disk is full, or the folder is gone: the gateway has better things to do.
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
    this.#file = -1;
  }

  #rotate(): void {
    for (let age = OLD_FILES; age > 0; age -= 1) {
      const from = age === 1 ? this.#path : `${this.#path}.${age - 1}`;
      try {
        renameSync(from, `${this.#path}.${age}`);
      } catch {
        // There are not that many yet.
      }
    }
    // Opened before the old one is closed: a descriptor that is closed is somebody else's a moment later.
    const file = openPrivate(this.#path);
    closeSync(this.#file);
    this.#file = file;
    this.#size = fstatSync(file).size;
  }
}

function openPrivate(path: string): number {
  const file = openSync(path, 'a', 0o600);
  // An older file may have been made with another mode.
  fchmodSync(file, 0o600);
  return file;
}
