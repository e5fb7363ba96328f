// Cuts a stream of bytes into lines, whatever the pieces look like, and never holds more than its cap.

const NEWLINE = 0x0a;

/** A line without its end, or the cap that it went beyond, told at once, as it may never end: half a message is worth nothing. */
export type CutLine = { readonly bytes: Buffer } | { readonly longerThan: number };

/** Not `readline`: that one has no cap, and splits at U+2028 as well, which is legal inside a JSON text. */
export class LineCutter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this piece completes. Only now may they be decoded: a character can be split between two reads. */
  push(chunk: Buffer): CutLine[] {
    const lines: CutLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end), lines);
      if (this.#size <= this.#maxBytes) lines.push(this.#take());
      this.#size = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start), lines);
    return lines;
  }

  /** What came after the last newline, once nothing more comes. */
  end(): CutLine | undefined {
    return this.#size === 0 || this.#size > this.#maxBytes ? undefined : this.#take();
  }

  #keep(piece: Buffer, lines: CutLine[]): void {
    const wasTooLong = this.#size > this.#maxBytes;
    this.#size += piece.length;
    if (this.#size <= this.#maxBytes) {
      if (piece.length > 0) this.#parts.push(piece);
    } else if (!wasTooLong) {
      this.#parts = [];
      lines.push({ longerThan: this.#maxBytes });
    }
  }

  #take(): CutLine {
    const [first] = this.#parts;
    const bytes = first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return { bytes };
  }
}
