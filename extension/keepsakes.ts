// What a panel keeps over a reload, in files of our own: in a browser VS Code writes its own store down only every few
// seconds, and a window that goes sooner would lose it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SessionId } from '../gateway/protocol/index.ts';
import { forgetOld } from './forgetOld.ts';

const KEPT_MS = 60 * 24 * 60 * 60 * 1000;

export class Keepsakes {
  readonly #folder: string;
  /** The newest of each session: what a file says may be older. */
  readonly #newest = new Map<SessionId, string>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when it is written down, or when something newer has been. */
  async keep(sessionId: SessionId, kept: string): Promise<void> {
    this.#newest.set(sessionId, kept);
    const write = async (): Promise<void> => {
      if (this.#newest.get(sessionId) !== kept) return;
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const file = this.#file(sessionId);
      await writeFile(`${file}.new`, kept, { mode: 0o600 });
      await rename(`${file}.new`, file);
    };
    const writing = this.#writing.then(write);
    // Whoever comes next is not kept from writing.
    this.#writing = writing.catch(() => undefined);
    await writing;
  }

  /** undefined: there is nothing, or it cannot be read. */
  async kept(sessionId: SessionId): Promise<unknown> {
    try {
      return JSON.parse(this.#newest.get(sessionId) ?? (await readFile(this.#file(sessionId), 'utf8')));
    } catch {
      return undefined;
    }
  }

  tidy(now: number): Promise<void> {
    return forgetOld(this.#folder, now - KEPT_MS);
  }

  #file(sessionId: SessionId): string {
    return path.join(this.#folder, `${encodeURIComponent(sessionId)}.json`);
  }
}
