// Short answers over HTTP.
import type { ServerResponse } from 'node:http';

/** Why something is not taken, as HTTP says it. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** How long what is still being sent may take, after which the connection ends. */
const GRACE_MS = 1_000;

/**
 * What is refused is not listened to further: the connection ends. Ending it while something is still coming would
 * reset it, and the answer would be lost on its way; so that is swallowed for a moment.
 */
export function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  response.writeHead(status, {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(reason),
    'Cache-Control': 'no-store',
  });
  response.write(reason);
  const timer = setTimeout(() => response.end(), GRACE_MS);
  response.once('close', () => clearTimeout(timer));
  response.req.once('end', () => response.end());
  response.req.resume();
}

/** Answers with text and ends. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  send(response, status, type, text);
}

/** Answers with JSON and ends. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}
