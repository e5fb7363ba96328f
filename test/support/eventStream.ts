// An event stream over HTTP, read as it comes: what it has said so far can be waited for.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { PATIENCE_MS } from './waitFor.ts';

export class EventReader implements Disposable {
  readonly status: number;
  /** All that came, as text. */
  text = '';
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    // Cut with the test, or with the gateway.
    response.on('error', () => {});
  }

  static async open(socketPath: string, path: string, headers: object = {}): Promise<EventReader> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request({ socketPath, path, headers: { Host: 'localhost', ...headers } })
      .once('response', resolve)
      .once('error', reject)
      .end();
    return new EventReader(await promise);
  }

  /** Ids of the events so far: cursors. */
  get ids(): string[] {
    return [...this.text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);
  }

  /** Resolves when this stands in what came. */
  async until(words: RegExp): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      while (!words.test(this.text)) await once(this.#response, 'data', { signal });
    } catch (cause) {
      throw new Error(`waited in vain for ${words.source} after ${this.text.slice(-500)}`, { cause });
    }
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }
}
