// HTTP as bytes on a Unix socket: what a well-behaved client library would never send.
import { connect } from 'node:net';
import { request } from 'node:http';
import { within } from './waitFor.ts';

export interface Reply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are and reads until the other side ends, or until a whole reply is there. */
export async function sendRaw(socketPath: string, ...pieces: readonly (string | Buffer)[]): Promise<Reply> {
  const socket = connect(socketPath);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const reply = parse(received);
    if (reply?.isWhole === true) resolve(reply);
  });
  socket.on('error', (error) => (received === '' ? reject(error) : undefined));
  socket.on('close', () => {
    const reply = parse(received);
    if (reply === undefined) reject(new Error(`closed after ${JSON.stringify(received)}`));
    else resolve(reply);
  });
  for (const piece of pieces) socket.write(piece);
  try {
    return await within('a reply', promise);
  } finally {
    socket.destroy();
  }
}

function parse(text: string): (Reply & { isWhole: boolean }) | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  return { status, head, body, isWhole: length !== undefined && body.length >= Number(length) };
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request as a program would send it. */
export async function ask(socketPath: string, asked: Ask = {}): Promise<Reply> {
  const { method = 'POST', path = '/rpc', headers = {}, body = '' } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const sent = request(
    {
      socketPath,
      method,
      path,
      headers: { Host: 'localhost', 'Content-Type': 'application/json', ...headers },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const head = Object.entries(response.headers)
          .map(([name, value]) => `${name}: ${String(value)}`)
          .join('\r\n');
        resolve({ status: response.statusCode ?? 0, head, body: text });
      });
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return within('a reply', promise, 15_000);
}
