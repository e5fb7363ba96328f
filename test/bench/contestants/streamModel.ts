// An OpenAI-compatible model on loopback that says what streamAgent.ts says: `stream <count> <per second> <bytes>`, each piece
// with the time at which it was made. For servers whose agent is a part of them.
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { microseconds } from '../statistics.ts';

/** Pieces that are written at once when they need not be paced. */
const AT_ONCE = 50;

interface Asked {
  readonly stream?: boolean;
  readonly tools?: readonly unknown[];
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** Its port is in the file that others make a socket of. */
export async function serveStreamModel(file: string): Promise<void> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on TCP, so the address is no path.
  writeFileSync(`${file}.new`, String((server.address() as AddressInfo).port));
  renameSync(`${file}.new`, file);
}

const FIXED = { id: 'm', created: 0, model: 'fake-model' };
const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

const chunk = (delta: object, finish: 'stop' | null = null): string =>
  `data: ${JSON.stringify({ ...FIXED, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readText(request);
  // Who asks is known: this is the API that they speak.
  const {
    stream = false,
    tools = [],
    messages,
  } = JSON.parse(body === '' ? '{"messages":[]}' : body) as Asked;
  if (!stream) {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'a title' }, finish_reason: 'stop' }];
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify({ ...FIXED, object: 'chat.completion', choices, usage: USAGE }));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const asked = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content ?? '');
  const [, count, perSecond, bytes] = /stream (\d+) (\d+) (\d+)/.exec(asked) ?? [];
  // A title is asked for without tools.
  if (tools.length === 0 || count === undefined)
    response.write(chunk({ role: 'assistant', content: 'a title' }));
  else await say(response, Number(count), Number(perSecond), 'x'.repeat(Number(bytes)));
  response.write(chunk({}, 'stop'));
  response.write(
    `data: ${JSON.stringify({ ...FIXED, object: 'chat.completion.chunk', choices: [], usage: USAGE })}\n\n`,
  );
  response.end('data: [DONE]\n\n');
}

async function say(
  response: ServerResponse,
  count: number,
  perSecond: number,
  filler: string,
): Promise<void> {
  const start = microseconds();
  for (let said = 0; said < count && !response.destroyed;) {
    const passed = (microseconds() - start) / 1e6;
    const due = Math.min(count, perSecond === 0 ? said + AT_ONCE : Math.floor(passed * perSecond) + 1);
    let news = '';
    for (; said < due; said += 1) news += chunk({ content: `t=${microseconds()} ${filler}` });
    if (news !== '' && !response.write(news)) await once(response, 'drain');
    if (perSecond > 0) await delay(1);
  }
}
