// Whole messages over a link: what is larger than a frame goes in pieces, and what has no room yet waits here, in order.
import { isShallow } from '../rpc/json.ts';
import type { Link } from './link.ts';

/** UTF-16 units; as JSON in UTF-8 at most three bytes each, so a piece always fits into a frame. */
const PIECE = 160_000;
/** What a message may hold, and what may wait for room. A page of an export has a few megabytes. */
const MAX_MESSAGE = 32 * 1024 * 1024;

export class Messages {
  readonly link: Link;
  readonly #waiting: string[] = [];
  readonly #drained: (() => void)[] = [];
  readonly #onMessage: (message: unknown) => void;
  #waitingSize = 0;
  #isFull = false;
  #isClosed = false;
  #pieces = '';

  constructor(link: Link, onMessage: (message: unknown) => void) {
    this.link = link;
    this.#onMessage = onMessage;
    link.onFrame = (frame) => this.#receive(frame);
    void link.closed.then(() => this.#close());
  }

  /** False: it is on its way, but wait for `onDrain` before the next. */
  send(text: string): boolean {
    if (this.#isClosed) return false;
    if (text.length <= PIECE) this.#hand(text);
    else {
      for (let at = 0; at < text.length; at += PIECE) {
        const isLast = at + PIECE >= text.length;
        this.#hand(JSON.stringify([isLast, text.slice(at, at + PIECE)]));
      }
    }
    return !this.#isFull;
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  #hand(frame: string): void {
    if (!this.#isFull) return this.#send(frame);
    this.#waiting.push(frame);
    this.#waitingSize += frame.length;
    if (this.#waitingSize > MAX_MESSAGE) this.link.close('More was asked for than is being read.');
  }

  #send(frame: string): void {
    if (this.link.send(frame)) return;
    this.#isFull = true;
    this.link.onDrain(() => this.#drain());
  }

  #drain(): void {
    this.#isFull = false;
    while (this.#waiting.length > 0 && !this.#isFull) {
      const frame = this.#waiting.shift() ?? '';
      this.#waitingSize -= frame.length;
      this.#send(frame);
    }
    if (this.#isFull || this.#isClosed) return;
    for (const callback of this.#drained.splice(0)) callback();
  }

  #receive(frame: unknown): void {
    if (!Array.isArray(frame)) return this.#onMessage(frame);
    const [isLast, piece] = frame as unknown[];
    if (typeof isLast !== 'boolean' || typeof piece !== 'string')
      return this.link.close('A piece of a message is malformed.');
    this.#pieces += piece;
    if (this.#pieces.length > MAX_MESSAGE) return this.link.close('A message is too large.');
    if (!isLast) return;
    const text = this.#pieces;
    this.#pieces = '';
    const message = parse(text);
    if (message === undefined) return this.link.close('A message is no JSON, or nested too deeply.');
    this.#onMessage(message);
  }

  /** Nobody is called back any more: whoever waited for room hears of the end of the link. */
  #close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#drained.length = 0;
  }
}

function parse(text: string): unknown {
  if (!isShallow(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
