// The HTTP side: routes behind the guard, and the upgrade to WebSocket.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Cursor, Problem, type Method, type ProblemName } from '../protocol/index.ts';
import { postRpc } from './httpRpc.ts';
import { mayCall, OWNER, type Bearer } from './bearer.ts';
import type { Exchange, Routes } from './exchange.ts';
import { admit, type Policy } from './guard.ts';
import {
  getHealth,
  getInbox,
  getMailEvents,
  getOutbox,
  getPeers,
  getProfile,
  getVersion,
  postAck,
  postProfile,
  postRequeue,
  postSend,
} from './mailHttp.ts';
import { onlyPostMcp, postMcp } from './mcp.ts';
import { refuse, sendText, type Refusal } from './respond.ts';
import { EventStream, lastEventId } from './sse.ts';

/** The version of Prometheus' text form, which its newer releases insist on. */
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

type Route = (exchange: Exchange, routes: Routes) => Promise<void> | void;

/** What a token must allow. any: every token may come here, and what it may do is decided for each call. */
type RouteAccess = Method['access'] | 'any';

/** Every route: method, pattern of the path, what a token must allow, what it does. */
const ROUTES: readonly (readonly [method: string, path: RegExp, access: RouteAccess, route: Route])[] = [
  ['POST', /^\/rpc$/, 'any', postRpc],
  ['POST', /^\/mcp$/, 'mail', postMcp],
  ['GET', /^\/mcp$/, 'mail', onlyPostMcp],
  ['DELETE', /^\/mcp$/, 'mail', onlyPostMcp],
  ['GET', /^\/v1\/sessions\/([^/]+)\/events$/, 'read', getEvents],
  ['POST', /^\/v1\/send$/, 'mail', postSend],
  ['GET', /^\/v1\/inbox$/, 'mail.read', getInbox],
  ['POST', /^\/v1\/inbox\/ack$/, 'mail', postAck],
  ['GET', /^\/v1\/outbox$/, 'read', getOutbox],
  ['POST', /^\/v1\/outbox\/requeue$/, 'operator', postRequeue],
  ['GET', /^\/v1\/events$/, 'read', getMailEvents],
  ['GET', /^\/v1\/peers$/, 'read', getPeers],
  ['GET', /^\/v1\/profile$/, 'mail.read', getProfile],
  ['POST', /^\/v1\/profile$/, 'mail', postProfile],
  ['GET', /^\/v1\/version$/, 'read', getVersion],
  ['GET', /^\/v1\/health$/, 'read', getHealth],
  ['GET', /^\/healthz$/, 'any', ({ response }) => sendText(response, 200, 'ok')],
  [
    'GET',
    /^\/readyz$/,
    'any',
    ({ response }, { isReady }) =>
      isReady() ? sendText(response, 200, 'ready') : sendText(response, 503, 'stopping'),
  ],
  [
    'GET',
    /^\/metrics$/,
    'read',
    async ({ response }, { metrics }) => sendText(response, 200, await metrics(), PROMETHEUS),
  ],
];

/** A server that is not listening yet. */
export function createHttpServer(routes: Routes, policyNow: () => Policy): Server {
  const server = createServer({
    headersTimeout: 5_000,
    requestTimeout: 9_000,
    // Node looks at the two above only this often; by default a silent connection lives half a minute.
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
  });
  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const policy = policyNow();
    const bearer = admit(request, policy);
    if ('status' in bearer) return refuse(response, bearer);
    // Who asks before sending a body is told to go on only now.
    if (request.headers.expect !== undefined) response.writeContinue();
    response.once(
      'close',
      policy.opened(bearer, () => response.destroy()),
    );
    void route(request, response, bearer, routes).catch((error: unknown) => failed(error, response, routes));
  };
  server.on('request', receive);
  server.on('checkContinue', receive);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const policy = policyNow();
    const bearer = upgradeRefusalOf(request) ?? admit(request, policy);
    if ('status' in bearer) return socket.end(refusalLine(`${bearer.status} Refused`));
    if ((request.headers['sec-websocket-version'] ?? '13') !== '13')
      return socket.end(refusalLine('426 Upgrade Required', OUR_WEBSOCKET));
    socket.once(
      'close',
      policy.opened(bearer, () => socket.destroy()),
    );
    return routes.webSockets.upgrade(request, socket, head, bearer);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(refusalLine('400 Bad Request'));
  });
  server.on('clientError', (error, socket) => {
    const status = 'code' in error ? BROKEN[String(error.code)] : undefined;
    if (socket.writable) socket.end(refusalLine(status ?? '400 Bad Request'));
  });
  return server;
}

/** What was sent is no request that could be answered; whatever else is wrong with it is 400. */
const BROKEN: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const OUR_WEBSOCKET = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

/** To a socket that has no response to write to. */
const refusalLine = (status: string, headers = ''): string =>
  `HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}Content-Length: 0\r\n\r\n`;

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  bearer: Bearer,
  routes: Routes,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  // Node leaves the body out by itself.
  const wanted = request.method === 'HEAD' ? 'GET' : request.method;
  for (const [method, pattern, access, run] of ROUTES) {
    const match = method === wanted ? pattern.exec(path) : null;
    if (match === null) continue;
    if (access !== 'any' && !mayCall(bearer, access))
      return refuse(response, { status: 403, reason: 'This token does not allow this.' });
    return run(
      { request, response, bearer, query: new URLSearchParams(query), caught: match.slice(1) },
      routes,
    );
  }
  const methods = ROUTES.flatMap(([method, pattern]) => (pattern.test(path) ? [method] : []));
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  if (allowed === '') return refuse(response, { status: 404, reason: 'No such route.' });
  response.setHeader('Allow', allowed);
  refuse(response, { status: 405, reason: `This route takes ${allowed}.` });
}

/** What a route does not answer by itself is a bug; that somebody has hung up meanwhile is none. */
function failed(error: unknown, response: ServerResponse, { logBug }: Routes): void {
  if (response.destroyed) return;
  const errorId = randomUUID();
  const { method = '', url = '' } = response.req;
  logBug(error, errorId, `${method} ${url.split('?', 1)[0]}`);
  if (response.headersSent) response.destroy();
  else refuse(response, { status: 500, reason: `A bug in Holdfast. Its log says more under ${errorId}.` });
}

const upgradeRefusalOf = (request: IncomingMessage): Refusal | undefined =>
  request.method === 'GET' && request.url === '/rpc' ? undefined : { status: 404, reason: 'No such route.' };

async function getEvents(
  { request, response, bearer, query, caught: [sessionId = ''] }: Exchange,
  { streams, slots }: Routes,
): Promise<void> {
  const cursor = lastEventId(request, query);
  const peer = query.get('peer') ?? undefined;
  if (cursor !== undefined && !Cursor.safeParse(cursor).success)
    return refuse(response, {
      status: 400,
      reason: `${JSON.stringify(cursor)} is no cursor: it is logId:seq.`,
    });
  // The socket is its user's own, who may follow all.
  if (bearer.tokenId !== OWNER.tokenId && !slots.take('log', bearer.tokenId, response))
    return refuse(response, { status: 429, reason: 'This token follows as many logs as it may. Close one.' });
  try {
    await streams.log({ sessionId, peer, cursor }, () => new EventStream(response));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    refuse(response, { status: STATUS[error.problem] ?? 404, reason: error.message });
  }
}

/** HTTP statuses of the problems that a log can have; all others are 404. */
const STATUS: Partial<Record<ProblemName, number>> = { 'peer.offline': 503, 'peer.forbidden': 403 };
