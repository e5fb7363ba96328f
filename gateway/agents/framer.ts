// The lines that an agent says, as text.
import { type CutLine, LineCutter } from '../lineCutter.ts';

/**
 * 16 MiB: ACP carries images as base64 in one line, and a 10 MB screenshot is 13.4 MB of it. Longer lines are dropped
 * as a whole; the next newline starts afresh.
 */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export class LineFramer {
  readonly #cutter: LineCutter;
  readonly #onDropped: (maxBytes: number) => void;

  /** `onDropped` hears of every line that is too long, as soon as it is. */
  constructor(onDropped: (maxBytes: number) => void, maxBytes = MAX_LINE_BYTES) {
    this.#onDropped = onDropped;
    this.#cutter = new LineCutter(maxBytes);
  }

  /** The lines that this piece completes. Bytes that are no UTF-8 come out as U+FFFD. */
  push(chunk: Buffer): string[] {
    return this.#cutter.push(chunk).flatMap((line) => this.#text(line));
  }

  /** The last line, when the stream ended without a newline. */
  end(): string | undefined {
    const line = this.#cutter.end();
    return line && this.#text(line)[0];
  }

  #text(line: CutLine): string[] {
    if ('bytes' in line) return [line.bytes.toString('utf8')];
    this.#onDropped(line.longerThan);
    return [];
  }
}
