// The lines that a program says on a socket, as text, or what is wrong with them.
import { type CutLine, LineCutter } from '../lineCutter.ts';

export type Line =
  | { readonly text: string }
  /** What is wrong with it. It is not cut off: half a message is worth nothing. */
  | { readonly fault: 'size' | 'encoding' | 'partial' };

export class LineReader {
  readonly #cutter: LineCutter;
  // A byte order mark, with which Windows programs like to begin, is dropped.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(maxBytes: number) {
    this.#cutter = new LineCutter(maxBytes);
  }

  /** The lines that this piece completes. Empty ones are no lines. */
  push(chunk: Buffer): Line[] {
    return this.#cutter.push(chunk).flatMap((line) => this.#read(line));
  }

  /** What the stream ended with, if it did not end with a newline: nobody knows whether that was all of it. */
  end(): Line | undefined {
    const line = this.#cutter.end();
    return line && { fault: 'partial' };
  }

  #read(line: CutLine): Line[] {
    if ('longerThan' in line) return [{ fault: 'size' }];
    try {
      const text = this.#decoder.decode(line.bytes).trim();
      return text === '' ? [] : [{ text }];
    } catch {
      return [{ fault: 'encoding' }];
    }
  }
}
