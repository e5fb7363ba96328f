// The HTTP side: routes behind the guard, and the upgrade to WebSocket.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { ClientId } from '../protocol/index.ts';
import { Caller } from './caller.ts';
import type { Dispatcher } from './dispatch.ts';
import { bodyRefusalOf, MAX_BODY, refusalOf, type Policy, type Refusal } from './guard.ts';
import type { WebSocketTransport } from './websocket.ts';

export interface Routes {
  readonly dispatcher: Dispatcher;
  readonly webSockets: WebSocketTransport;
  /** Whether new work is taken: /readyz. */
  readonly isReady: () => boolean;
}

type Route = (request: IncomingMessage, response: ServerResponse, routes: Routes) => Promise<void> | void;

/** Every route, as "METHOD /path". */
const ROUTES: Readonly<Record<string, Route>> = {
  'POST /rpc': postRpc,
  'GET /healthz': (_request, response) => sendText(response, 200, 'ok'),
  'GET /readyz': (_request, response, { isReady }) =>
    isReady() ? sendText(response, 200, 'ready') : sendText(response, 503, 'stopping'),
};

/** A server that is not listening yet. */
export function createHttpServer(routes: Routes, policy: Policy): Server {
  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 15_000,
    // Node looks at the two above only this often; by default a silent connection lives half a minute.
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
  });
  server.on('request', (request, response) => {
    const refusal = refusalOf(request, policy);
    if (refusal !== undefined) return refuse(response, refusal);
    const [path = ''] = (request.url ?? '').split('?', 1);
    const route = ROUTES[`${request.method} ${path}`];
    if (route === undefined) return refuse(response, { status: 404, reason: 'No such route.' });
    void Promise.resolve(route(request, response, routes)).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, policy) ?? upgradeRefusalOf(request);
    if (refusal === undefined) return routes.webSockets.upgrade(request, socket, head);
    socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  return server;
}

const upgradeRefusalOf = (request: IncomingMessage): Refusal | undefined =>
  request.method === 'GET' && request.url === '/rpc' ? undefined : { status: 404, reason: 'No such route.' };

/** JSON-RPC; and, for a body without a `jsonrpc` member, the plain dialect: {method, params} to {result} or {error}. */
async function postRpc(
  request: IncomingMessage,
  response: ServerResponse,
  { dispatcher }: Routes,
): Promise<void> {
  const refusal = bodyRefusalOf(request);
  if (refusal !== undefined) return refuse(response, refusal);
  const text = await readBody(request);
  if (text === undefined)
    return refuse(response, { status: 413, reason: `A body holds at most ${MAX_BODY} bytes.` });
  const caller = new Caller({ clientId: ClientId.parse(randomUUID()), name: 'a program' }, undefined);
  const plain = asPlain(text);
  const answer = await dispatcher.receive(plain ?? text, caller);
  caller.close();
  if (answer === undefined) return sendText(response, 204, '');
  sendJson(response, plain === undefined ? answer : fromPlain(answer));
}

/** The JSON-RPC request that a plain one stands for; undefined for anything else. */
function asPlain(text: string): string | undefined {
  // A cheap look first: whoever writes jsonrpc means JSON-RPC, and is parsed once only.
  if (text.includes('"jsonrpc"') || !text.trimStart().startsWith('{') || text.length > MAX_BODY)
    return undefined;
  try {
    const { method, params }: { method?: unknown; params?: unknown } = JSON.parse(text);
    return JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
  } catch {
    return undefined;
  }
}

function fromPlain(answer: string): string {
  const { result, error }: { result?: unknown; error?: unknown } = JSON.parse(answer);
  return JSON.stringify(error === undefined ? { result } : { error });
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is refused is not listened to further: the connection ends. */
function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  response.setHeader('Connection', 'close');
  sendText(response, status, reason);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(text);
}

function sendJson(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(json);
}
