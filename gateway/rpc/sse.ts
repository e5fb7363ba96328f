// Server-sent events: the same events for whoever has nothing but HTTP.
import type { ServerResponse } from 'node:http';

const HIGH_WATER = 1024 * 1024;
const PING_MS = 30_000;

/** An answer that goes on. Ids are the cursor of each event, so `Last-Event-ID` resumes. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #ping: NodeJS.Timeout;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#write('{"type":"ping"}');
    this.#ping = setInterval(() => this.#write('{"type":"ping"}'), PING_MS);
    this.#ping.unref();
    response.once('close', () => clearInterval(this.#ping));
  }

  /** One event as JSON text, which never holds a line break. False: no more before `onDrain` calls back. */
  send(json: string, id?: string): boolean {
    this.#write(json, id);
    return this.#response.writableLength < HIGH_WATER;
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  /** The client is gone, or the stream has ended. */
  onClose(callback: () => void): void {
    this.#response.once('close', callback);
  }

  end(): void {
    this.#write('[DONE]');
    this.#response.end();
  }

  #write(data: string, id?: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
  }
}
