// Cuts a stream of bytes into lines, whatever the pieces look like, and never holds more than its cap.

/**
 * 16 MiB: ACP carries images as base64 in one line, and a 10 MB screenshot is 13.4 MB of it. Longer lines are dropped
 * as a whole, because half a JSON text is worth nothing; the next newline starts afresh.
 */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Not `readline`: that one has no cap, and splits at U+2028 as well, which is legal inside a JSON text. */
export class LineFramer {
  readonly #maxBytes: number;
  readonly #onDropped: (bytes: number) => void;
  #parts: Buffer[] = [];
  #size = 0;

  /** `onDropped` hears of every line that was too long, with its length, once the line has ended. */
  constructor(onDropped: (bytes: number) => void, maxBytes = MAX_LINE_BYTES) {
    this.#onDropped = onDropped;
    this.#maxBytes = maxBytes;
  }

  /** The lines that this piece completes. Bytes that are no UTF-8 come out as U+FFFD. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
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

  /** The last line, when the stream ended without a newline. */
  end(): string | undefined {
    return this.#size === 0 ? undefined : this.#take();
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > this.#maxBytes) this.#parts = [];
    else if (piece.length > 0) this.#parts.push(piece);
  }

  #take(): string | undefined {
    const [first] = this.#parts;
    const bytes = first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    const size = this.#size;
    this.#parts = [];
    this.#size = 0;
    if (size > this.#maxBytes) {
      this.#onDropped(size);
      return undefined;
    }
    // Decoded only now that the line is whole, so a character that was split between two reads is intact.
    return bytes.toString('utf8');
  }
}
