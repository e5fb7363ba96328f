// Plain WebSocket on a Unix socket, both ends: what the bare contestants are made of, and how every client dials.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { WebSocket, WebSocketServer, type RawData } from 'ws';

const options = { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 };

export async function serveWebSockets(
  socket: string,
  onClient: (client: WebSocket, request: IncomingMessage) => void,
): Promise<void> {
  const server = createServer();
  new WebSocketServer({ server, ...options }).on('connection', onClient);
  server.listen(socket);
  await once(server, 'listening');
}

export async function dial(socket: string, path: string): Promise<WebSocket> {
  const client = new WebSocket(`ws+unix:${socket}:${path}`, { headers: { Host: 'localhost' }, ...options });
  await once(client, 'open');
  // Servers are ended with their clients still there.
  client.on('error', () => client.terminate());
  return client;
}

/** With the default binaryType and no fragments, ws hands over one Buffer. */
export const bytesOf = (data: RawData): Buffer => data as Buffer;

/** JSON-RPC by hand over an open socket: as little client as there can be. */
export class RawCaller {
  readonly #write: (text: string) => void;
  readonly #waiting = new Map<number, (message: Answer) => void>();
  #lastId = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  call(method: string, params: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#write(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(JSON.stringify(error))),
      );
    });
  }

  receive(text: string): void {
    // Both ends of a benchmark are ours.
    const message = JSON.parse(text) as Answer;
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}
