// Short answers over HTTP.
import type { ServerResponse } from 'node:http';
import type { Refusal } from './guard.ts';

/** What is refused is not listened to further: the connection ends. */
export function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  response.setHeader('Connection', 'close');
  sendText(response, status, reason);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}
