// Frames on a stream of bytes: four bytes of length, then JSON `[seq, kind, body]`. Whatever is wrong ends the stream.
import type { Duplex } from 'node:stream';
import { isRecord, messageOf } from '../language.ts';
import { isShallow } from '../rpc/json.ts';

export const MAX_FRAME_BYTES = 1024 * 1024;
const GREETING_BYTES = 16 * 1024;
const HEADER_BYTES = 4;

/** seq counts up from 1 in each direction, so that a frame which is lost, repeated or moved is seen. */
type Frame = readonly [seq: number, kind: string, body: unknown];

/** Written out, because every frame comes by here: a schema took three times as long. */
const isFrame = (value: unknown): value is Frame =>
  Array.isArray(value) &&
  value.length === 3 &&
  Number.isSafeInteger(value[0]) &&
  value[0] > 0 &&
  typeof value[1] === 'string' &&
  /^[a-z]{1,16}$/.test(value[1]);

/** What a stranger sent is no frame. `code` is for programs, the message for people. */
export class FrameError extends Error {
  override name = 'FrameError';
  readonly code: 'frame.size' | 'frame.json' | 'frame.seq';

  constructor(code: FrameError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Cuts chunks, however they arrive, into the texts of frames. */
export class FrameCutter {
  #chunks: Buffer[] = [];
  #held = 0;
  /** The longest frame that is taken: short until the other side has said who it is. */
  limit = GREETING_BYTES;

  /** Throws FrameError; nothing more may be given then. */
  *push(chunk: Buffer): Generator<string> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (let length = this.#length(); length !== undefined; length = this.#length()) {
      if (this.#held < HEADER_BYTES + length) return;
      this.#join();
      const [whole = Buffer.alloc(0)] = this.#chunks;
      this.#chunks = [whole.subarray(HEADER_BYTES + length)];
      this.#held -= HEADER_BYTES + length;
      yield whole.toString('utf8', HEADER_BYTES, HEADER_BYTES + length);
    }
  }

  #length(): number | undefined {
    if (this.#held < HEADER_BYTES) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < HEADER_BYTES) this.#join();
    const length = this.#chunks[0]?.readUInt32BE(0) ?? 0;
    if (length === 0 || length > this.limit)
      throw new FrameError('frame.size', `A frame holds 1 to ${this.limit} bytes, not ${length}.`);
    return length;
  }

  /** Joins the chunks, only once a length or a frame is complete: joining with each chunk would cost the square of a frame's size. */
  #join(): void {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
  }
}

/** Reads and writes frames on a stream, in order, and says when the other side takes no more for now. */
export class FrameStream {
  readonly #carrier: Duplex;
  readonly #cutter = new FrameCutter();
  #sent = 0;
  #received = 0;
  #ended = false;
  onFrame: (kind: string, body: unknown) => void = () => {};
  /** Hears once why nothing comes any more. */
  onEnd: (reason: string) => void = () => {};

  constructor(carrier: Duplex) {
    this.#carrier = carrier;
    carrier.on('data', (chunk: Buffer) => this.#read(chunk));
    carrier.on('error', (error: NodeJS.ErrnoException) =>
      this.end(error.code === 'ECONNRESET' ? 'The connection was cut.' : error.message),
    );
    carrier.once('end', () => this.end('The other side ended the connection.'));
    carrier.once('close', () => this.end('The connection was cut.'));
  }

  /** The other side has said who it is: frames may have their full length from now on. */
  open(): void {
    this.#cutter.limit = MAX_FRAME_BYTES;
  }

  /** Bytes that were given to `send` and have not left. */
  get waiting(): number {
    return this.#carrier.writableLength;
  }

  /** `body` is JSON already. Throws FrameError when it is too large: nothing was sent then. */
  send(kind: string, body: string): void {
    if (this.#ended) return;
    const text = `[${this.#sent + 1},"${kind}",${body}]`;
    const length = Buffer.byteLength(text);
    if (length > MAX_FRAME_BYTES)
      throw new FrameError('frame.size', `A frame of ${length} bytes; at most ${MAX_FRAME_BYTES} fit.`);
    this.#sent += 1;
    const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
    frame.writeUInt32BE(length, 0);
    frame.write(text, HEADER_BYTES);
    this.#carrier.write(frame);
  }

  onceDrained(callback: () => void): void {
    this.#carrier.once('drain', callback);
  }

  /** Ends both directions; what was sent leaves first if it does so soon. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd(reason);
    this.#carrier.end();
    // A side that does not read would keep it open.
    const cut = setTimeout(() => this.#carrier.destroy(), 500);
    cut.unref();
    this.#carrier.once('close', () => clearTimeout(cut));
  }

  #read(chunk: Buffer): void {
    try {
      for (const text of this.#cutter.push(chunk)) {
        if (this.#ended) return;
        const [seq, kind, body] = parse(text);
        if (seq !== this.#received + 1)
          throw new FrameError('frame.seq', `Frame ${seq} came where ${this.#received + 1} was due.`);
        this.#received = seq;
        this.onFrame(kind, body);
      }
    } catch (error) {
      // What one peer sends must not end the gateway, whoever made the mistake: the reason is told like any other.
      const reason = messageOf(error);
      const code = error instanceof FrameError ? error.code : 'internal';
      if (!this.#ended) this.send('bye', JSON.stringify({ code, reason: reason.slice(0, 500) }));
      this.end(reason);
    }
  }
}

/** Why the other side says goodbye, as far as it says so. */
export function reasonOf(body: unknown): string {
  const reason = isRecord(body) ? body['reason'] : undefined;
  return typeof reason === 'string' ? reason.slice(0, 500) : 'It said goodbye.';
}

function parse(text: string): Frame {
  if (!isShallow(text)) throw new FrameError('frame.json', 'A frame is nested too deeply.');
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (isFrame(frame)) return frame;
  throw new FrameError('frame.json', 'A frame is not JSON of the form [seq, kind, body].');
}
