// POST /rpc: JSON-RPC in a request, and the plain dialect; a call that streams answers with an event stream.
import type { IncomingMessage } from 'node:http';
import type { JSONRPCResponse } from 'json-rpc-2.0';
import { isRecord } from '../language.ts';
import { methods, RPC } from '../protocol/index.ts';
import { Caller } from './caller.ts';
import { parse } from './dispatch.ts';
import { readBody, type Exchange, type Routes } from './exchange.ts';
import { refuse, sendJson, sendText } from './respond.ts';
import { EventStream } from './sse.ts';

/** A call, or several at once, as one request. */
export async function postRpc({ request, response, bearer }: Exchange, routes: Routes): Promise<void> {
  const text = await readBody(request);
  if (typeof text !== 'string') return refuse(response, text);
  const read = parse(text);
  if ('refusal' in read) return sendJson(response, read.refusal);
  const { payload: given } = read;
  const plain = isPlain(given);
  const payload = plain ? { id: 0, ...given, jsonrpc: '2.0' } : given;
  // An agent's token is for its MCP tools; those of the stdio bridge come this way.
  const caller = new Caller(bearer.scope === 'agent' ? 'mcp' : 'rpc', bearer);
  // Whoever hangs up waits for nothing any more.
  response.once('close', () => caller.close());
  const answer = await routes.dispatcher.answer(payload, caller);
  caller.close();
  if (answer === null) return sendText(response, 204, '');
  if (!Array.isArray(answer) && isStreamed(request, payload, answer))
    return stream(answer, () => new EventStream(response), routes);
  if (!plain || Array.isArray(answer)) return sendJson(response, answer);
  const { jsonrpc: _, id, ...plainAnswer } = answer;
  sendJson(response, 'id' in given ? { ...plainAnswer, id } : plainAnswer);
}

/** The dialect without a `jsonrpc` member: {method, params} to {result} or {error}, with an id only if one was given. */
const isPlain = (payload: unknown): payload is object => isRecord(payload) && !('jsonrpc' in payload);

/** Whether the answer is an event stream: not when the client accepts JSON only, nor for an error unless it asks for a stream. */
function isStreamed({ headers }: IncomingMessage, payload: unknown, { error }: JSONRPCResponse): boolean {
  if (!isRecord(payload)) return false;
  const method = Object.entries(methods).find(([name]) => name === payload['method'])?.[1];
  if (method?.streams !== true) return false;
  // Most programs send */* without meaning anything by it, so it counts for neither.
  const types = (headers.accept ?? '')
    .split(',')
    .map((type) => type.replace(/;.*/s, '').trim().toLowerCase());
  if (types.includes('text/event-stream')) return true;
  return !types.includes('application/json') && error?.code !== RPC.invalidParams;
}

function stream(answer: JSONRPCResponse, open: () => EventStream, { streams }: Routes): void {
  // Every method that streams answers with an object, which `prompt` reads by a schema.
  if (answer.error === undefined) return streams.prompt(answer.result as object, open);
  const events = open();
  events.send(JSON.stringify({ type: 'error', ...answer.error }));
  events.end();
}
