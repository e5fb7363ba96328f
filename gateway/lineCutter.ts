// Cuts a stream of bytes into lines, whatever the pieces look like, and never holds more than its cap.

const NEWLINE = 0x0a;

/** A line without its end, or how long it was when it was longer than the cap: half a message is worth nothing. */
export type CutLine = { readonly bytes: Buffer } | { readonly tooLong: number };

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
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** What came after the last newline, once nothing more comes. */
  end(): CutLine | undefined {
    return this.#size === 0 ? undefined : this.#take();
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > this.#maxBytes) this.#parts = [];
    else if (piece.length > 0) this.#parts.push(piece);
  }

  #take(): CutLine {
    const [first] = this.#parts;
    const bytes = first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    const size = this.#size;
    this.#parts = [];
    this.#size = 0;
    return size > this.#maxBytes ? { tooLong: size } : { bytes };
  }
}
