// Server-sent events: the same events for whoever has nothing but HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StallWatch } from './stall.ts';

const HIGH_WATER = 1024 * 1024;
const KEEP_ALIVE = {
  /** An event, as the clients of session.send know it. */
  pings: { first: 'data: {"type":"ping"}\n\n', next: 'data: {"type":"ping"}\n\n', everyMs: 30_000 },
  comments: { first: ': connected\n\n', next: ': keep-alive\n\n', everyMs: 15_000 },
} as const;

/** An answer that goes on. Ids are the cursor of each event, so `Last-Event-ID` resumes. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #stall: StallWatch;

  constructor(response: ServerResponse, keepAlive: keyof typeof KEEP_ALIVE = 'pings') {
    this.#response = response;
    this.#stall = new StallWatch(
      () => response.writableLength,
      () => response.destroy(),
    );
    if (response.destroyed) return;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-store',
      'X-Accel-Buffering': 'no',
    });
    // Who asks for no body is not kept waiting for one.
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    const { first, next, everyMs } = KEEP_ALIVE[keepAlive];
    this.#write(first);
    const timer = setInterval(() => this.#write(next), everyMs).unref();
    response.once('close', () => {
      clearInterval(timer);
      this.#stall.end();
    });
  }

  /** One event as JSON text, which never holds a line break. False: no more before `onDrain` calls back. */
  send(json: string, id?: string, event?: string): boolean {
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    this.#write(`${head}data: ${json.replace(OTHER_BREAKS, escaped)}\n\n`);
    if (this.#response.writableLength < HIGH_WATER) return true;
    if (this.#stall.begin()) this.#response.once('drain', () => this.#stall.end());
    return false;
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  /** The client is gone, perhaps before it was answered, or the stream has ended. */
  onClose(callback: () => void): void {
    if (this.#response.destroyed) callback();
    else this.#response.once('close', callback);
  }

  end(): void {
    this.#write('data: [DONE]\n\n');
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(text);
  }
}

/** Line breaks of Unicode that no event stream has, but that the readers of some languages cut lines at. */
const OTHER_BREAKS = /[\u0085\u2028\u2029]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const MAX_STREAMS = 32;

/** How many streams of one kind each token follows at the same time. */
export class StreamSlots {
  readonly #taken = new Map<string, number>();

  /** False: there is none left. A slot is free again when the response is over. */
  take(kind: 'log' | 'mail', tokenId: string, response: ServerResponse): boolean {
    const key = `${kind} ${tokenId}`;
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= MAX_STREAMS) return false;
    this.#taken.set(key, taken + 1);
    response.once('close', () => this.#taken.set(key, (this.#taken.get(key) ?? 1) - 1));
    return true;
  }
}

/** Where a reader goes on: after the id of the last event that it has. EventSource says that in a header, a person in the URL. */
export function lastEventId({ headers }: IncomingMessage, query: URLSearchParams): string | undefined {
  const header = headers['last-event-id'];
  return (Array.isArray(header) ? header[0] : header) ?? query.get('after') ?? undefined;
}
