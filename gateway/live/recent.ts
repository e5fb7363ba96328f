// What was sent lately of a session, kept as it was sent: readers that are a little behind, or behind together, share it.
import type { Batch } from '../store/log.ts';

const MOST_BYTES = 3 * 1024 * 1024;

/** A batch, and the frame that all who follow get it in, made at most once. */
export interface Framed {
  readonly batch: Batch;
  readonly frame: () => Buffer;
}

export class Recent {
  /** By the seq after which it goes on; what was said first leaves first. */
  readonly #said = new Map<number, Framed & { readonly size: number }>();
  #size = 0;

  find(after: number): Framed | undefined {
    return this.#said.get(after);
  }

  add(framed: Framed): void {
    const { batch } = framed;
    this.#forget(batch.after);
    const size = batch.texts.reduce((sum, { length }) => sum + length, 0);
    this.#said.set(batch.after, { ...framed, size });
    this.#size += size;
    for (const after of this.#said.keys()) {
      if (this.#size <= MOST_BYTES) break;
      this.#forget(after);
    }
  }

  clear(): void {
    this.#said.clear();
    this.#size = 0;
  }

  #forget(after: number): void {
    this.#size -= this.#said.get(after)?.size ?? 0;
    this.#said.delete(after);
  }
}
