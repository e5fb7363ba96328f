// The routes of mail: the calls of the contract for programs that would rather have plain HTTP, with its status codes.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { MAX_MAIL_BYTES, RPC, type ProblemName } from '../protocol/index.ts';
import { Caller } from './caller.ts';
import { parse } from './dispatch.ts';
import { readBody, type Exchange, type Routes } from './exchange.ts';
import { refuse, sendJson } from './respond.ts';
import { EventStream, lastEventId } from './sse.ts';

/** What a problem is in HTTP. Whatever else is wrong with a parameter is 400. */
const STATUS: Partial<Record<ProblemName, number>> = {
  'access.denied': 403,
  'gateway.stopping': 503,
  'mail.conflict': 409,
  'mail.full': 429,
  'mail.loop': 429,
  'mail.rate': 429,
  'mail.size': 413,
  'mail.state': 409,
  'mail.unknown': 404,
  'mailbox.unknown': 404,
  'storage.full': 507,
  'storage.damaged': 500,
  internal: 500,
};

const Answer = z.object({
  result: z.record(z.string(), z.unknown()).optional(),
  error: object(() => ({
    code: z.int(),
    message: z.string(),
    data: z.looseObject({ problem: z.string() }).optional(),
  })).optional(),
});

type Result = Readonly<Record<string, unknown>>;

/** Makes a call as whoever sent the request. Answers the result; undefined: the failure was answered already. */
async function call(
  { response, bearer }: Exchange,
  { dispatcher }: Routes,
  method: string,
  params: unknown,
  statusOf: (problem: string) => number | undefined = () => undefined,
): Promise<Result | undefined> {
  const caller = new Caller('http', bearer);
  const payload = { jsonrpc: '2.0', id: 0, method, params };
  const { result = {}, error } = Answer.parse(await dispatcher.answer(payload, caller));
  caller.close();
  if (error === undefined) return result;
  const { problem = error.code === RPC.internal ? 'internal' : 'invalid', ...data } = error.data ?? {};
  // A name that is not in the table is a bad parameter, too.
  const status = statusOf(problem) ?? STATUS[problem as ProblemName] ?? 400;
  sendJson(response, { error: problem, message: error.message, ...data }, status);
  return undefined;
}

/** The body as an object. undefined: it was refused. */
async function bodyOf({ request, response }: Exchange): Promise<Result | undefined> {
  const text = await readBody(request, MAX_MAIL_BYTES);
  if (typeof text !== 'string') {
    refuse(response, text);
    return undefined;
  }
  const read = parse(text);
  const body = 'payload' in read ? z.record(z.string(), z.unknown()).safeParse(read.payload).data : undefined;
  if (body === undefined)
    sendJson(response, { error: 'invalid', message: 'The body is a JSON object.' }, 400);
  return body;
}

/** POST /v1/send: 202 with what was accepted, 200 for what had arrived before. */
export async function postSend(exchange: Exchange, routes: Routes): Promise<void> {
  const body = await bodyOf(exchange);
  if (body === undefined) return;
  const key = exchange.request.headers['idempotency-key'];
  const params = key === undefined ? body : { ...body, client_message_id: key };
  const result = await call(exchange, routes, 'mail.send', params);
  if (result === undefined) return;
  const { client_message_id, broker_message_id, status } = result;
  if (result['duplicate'] === true)
    return sendJson(exchange.response, { client_message_id, broker_message_id, duplicate: true });
  sendJson(exchange.response, { client_message_id, status, broker_message_id }, 202);
}

/** The query as parameters: what is a number or a truth in the contract is written as one. */
function paramsOf(query: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...query].map(([name, value]) => {
      if (/^(?:limit|before)$/.test(name) && /^-?[0-9]{1,15}$/.test(value)) return [name, Number(value)];
      if (/^(?:unread|held)$/.test(name))
        return [name, ({ true: true, 1: true, '': true, false: false, 0: false } as Result)[value] ?? value];
      // A plus that was not escaped, before the hours of a time zone.
      return [name, name === 'since' ? value.replace(' ', '+') : value];
    }),
  );
}

/** A route that is one call with the query, and the body if it has one, as its parameters. */
const callOf =
  (method: string, from: 'query' | 'body', statusOf?: (problem: string) => number | undefined) =>
  async (exchange: Exchange, routes: Routes): Promise<void> => {
    const body = from === 'query' ? {} : await bodyOf(exchange);
    if (body === undefined) return;
    const params = { ...paramsOf(exchange.query), ...body };
    const result = await call(exchange, routes, method, params, statusOf);
    if (result !== undefined) sendJson(exchange.response, result);
  };

export const getInbox = callOf('mail.inbox', 'query');
export const postAck = callOf('mail.ack', 'body');
export const getOutbox = callOf('mail.outbox', 'query');
/** 409 also for an unknown id: whatever cannot be sent anew is a conflict. */
export const postRequeue = callOf('mail.requeue', 'body', (problem) =>
  problem === 'mail.unknown' ? 409 : undefined,
);
export const getProfile = callOf('profile.get', 'query');
export const postProfile = callOf('profile.set', 'body');
/** GET /v1/peers: linked gateways and mailboxes together, which older clients all call peers. */
export async function getPeers(exchange: Exchange, routes: Routes): Promise<void> {
  const linked = await call(exchange, routes, 'peers.list', {});
  const known = linked && (await call(exchange, routes, 'mailbox.list', {}));
  if (known !== undefined) sendJson(exchange.response, { ...linked, ...known });
}

/** GET /v1/version, with the member names that older clients read. */
export async function getVersion(exchange: Exchange, routes: Routes): Promise<void> {
  const info = await call(exchange, routes, 'gateway.info', {});
  if (info === undefined) return;
  sendJson(exchange.response, {
    daemon_version: info['version'],
    ipc_api: 'v1',
    ipc_features: ['send', 'inbox', 'outbox', 'events', 'peers', 'profile', 'requeue', 'idempotency-key'],
    schema_version: 1,
  });
}

/** GET /v1/health, with how much mail is on its way. */
export async function getHealth(exchange: Exchange, routes: Routes): Promise<void> {
  const health = await call(exchange, routes, 'health.check', {});
  if (health !== undefined) sendJson(exchange.response, { ...health, outbox: routes.streams.outbox() });
}

/** Strictly a number: "1e3", "-1" or "" would mean something else to whoever reads loosely. */
const EVENT_ID = /^(?:0|[1-9][0-9]{0,14})$/;

/** GET /v1/events: mail as it happens, resumed by the id of an event. */
export function getMailEvents(
  { request, response, query, bearer }: Exchange,
  { streams, slots }: Routes,
): void {
  const after = lastEventId(request, query);
  if (after !== undefined && !EVENT_ID.test(after)) {
    return refuse(response, { status: 400, reason: 'Last-Event-ID is the id of an event: a number.' });
  }
  if (!slots.take('mail', bearer.tokenId, response))
    return refuse(response, {
      status: 429,
      reason: 'This token follows as many streams as it may. Close one.',
    });
  streams.mail(after === undefined ? undefined : Number(after), () => new EventStream(response, 'comments'));
}
