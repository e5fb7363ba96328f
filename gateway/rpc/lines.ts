// Cuts a stream of bytes into lines of text, in order, and says which of them cannot be read. Never holds more than its cap.

export type Line =
  | { readonly text: string }
  /** What is wrong with it. It is not cut off: half a message is worth nothing. */
  | { readonly fault: 'size' | 'encoding' | 'partial' };

const NEWLINE = 0x0a;

export class LineReader {
  readonly #maxBytes: number;
  // A byte order mark is no part of any message of ours, and stays to be refused.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this piece completes. Empty ones are no lines. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#take();
      if (line !== undefined) lines.push(line);
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** What the stream ended with, if it did not end with a newline: nobody knows whether that was all of it. */
  end(): Line | undefined {
    if (this.#size === 0) return undefined;
    return { fault: this.#size > this.#maxBytes ? 'size' : 'partial' };
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > this.#maxBytes) this.#parts = [];
    else if (piece.length > 0) this.#parts.push(piece);
  }

  #take(): Line | undefined {
    const bytes = Buffer.concat(this.#parts);
    const isTooLong = this.#size > this.#maxBytes;
    this.#parts = [];
    this.#size = 0;
    if (isTooLong) return { fault: 'size' };
    try {
      // Decoded only now that the line is whole, so a character that was split between two reads is intact.
      const text = this.#decoder.decode(bytes).trim();
      return text === '' ? undefined : { text };
    } catch {
      return { fault: 'encoding' };
    }
  }
}
