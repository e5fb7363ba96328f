// POST /mcp: the tools of an agent over HTTP. Each request has a server of its own, so nothing can cross between two.
import type { IncomingMessage } from 'node:http';
import { Caller } from './caller.ts';
import { parse } from './dispatch.ts';
import { readBody, type Exchange, type Routes } from './exchange.ts';
import { callInside } from './inside.ts';
import type { CallMail } from './mcpServer.ts';
import { refuse } from './respond.ts';

/** What MCP says in headers. The rest of a request has been judged by the guard, and is not passed on. */
const HEADERS = ['content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];

/** A message of MCP, by the agent's own token. */
export async function postMcp({ request, response, bearer }: Exchange, routes: Routes): Promise<void> {
  if (request.headers['mcp-session-id'] !== undefined) {
    return refuse(response, { status: 404, reason: 'There are no MCP sessions here: a token is enough.' });
  }
  const body = await readBody(request);
  if (typeof body !== 'string') return refuse(response, body);
  const read = parse(body);
  if ('refusal' in read) return refuse(response, { status: 400, reason: read.refusal.error.message });
  // Most gateways never need it: it takes a tenth of a second and 20 MB.
  const { createMcpHandler, mcpServerOf } = await import('./mcpServer.ts');
  const caller = new Caller('mcp', bearer);
  const call: CallMail = (method, params) => callInside(routes.dispatcher, caller, method, params);
  const handler = createMcpHandler(() => mcpServerOf(call), { responseMode: 'json', maxSubscriptions: 0 });
  const answer = await handler.fetch(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: [
        ['accept', 'application/json, text/event-stream'],
        ...HEADERS.flatMap((name): [string, string][] => {
          const value = request.headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      ],
    }),
    { parsedBody: read.payload },
  );
  // It is finite: no tool reports progress, and nothing can be subscribed to.
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? 'text/plain';
  const alone = takesStream(request) ? undefined : /^event: message\ndata: (.*)\n+$/.exec(text)?.[1];
  response.writeHead(answer.status, {
    'Content-Type': alone === undefined ? type : 'application/json',
    'Cache-Control': 'no-store',
  });
  response.end(alone ?? text);
}

/** The earlier revision answers with an event stream. Whoever does not name one is answered with what is in it. */
const takesStream = ({ headers }: IncomingMessage): boolean =>
  /\btext\/event-stream\b/i.test(headers.accept ?? '');

/** Older clients ask whether there is a stream, and say goodbye to a session. */
export function onlyPostMcp({ response }: Exchange): void {
  response.setHeader('Allow', 'POST');
  refuse(response, { status: 405, reason: 'Only POST is served here.' });
}
