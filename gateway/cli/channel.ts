// Values on their way from whoever has them to one reader, in order, until it is closed.

export class Channel<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #isClosed = false;
  #error: Error | undefined;
  #wake = Promise.withResolvers<void>();

  push(value: T): void {
    this.#waiting.push(value);
    this.#wake.resolve();
  }

  close(error?: Error): void {
    this.#isClosed = true;
    this.#error = error;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      yield* this.#waiting.splice(0);
      if (this.#waiting.length > 0) continue;
      if (this.#isClosed && this.#error !== undefined) throw this.#error;
      if (this.#isClosed) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}
