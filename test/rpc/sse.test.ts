// Server-sent events: a prompt followed to its end, a log followed from anywhere, with nothing but HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { EventStream } from '../../gateway/rpc/sse.ts';
import { newFolder } from '../support/folders.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor, within } from '../support/waitFor.ts';

const gateway = await sharedGateway();
const client = await gateway.connect();

interface Told {
  readonly id: string | undefined;
  readonly data: string;
}

type Said = { readonly type: string } & Readonly<Record<string, unknown>>;

async function open(
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const sent = request({
    socketPath: gateway.socket,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: { Host: 'localhost', ...json, ...headers },
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve).once('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** Reads until the stream ends, or until `enough` says so. */
async function read(
  response: IncomingMessage,
  enough: (told: Told) => boolean = () => false,
): Promise<Told[]> {
  const told: Told[] = [];
  let rest = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const parts = (rest + chunk.toString('utf8')).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const event = { id: /^id: (.*)$/m.exec(part)?.[1], data: /^data: (.*)$/m.exec(part)?.[1] ?? '' };
      told.push(event);
      if (enough(event)) return told;
    }
  }
  return told;
}

// The gateway's own events, by its own contract.
const events = (told: readonly Told[]): Said[] =>
  told.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Said);

const contentOf = (all: readonly Said[], type: string): string[] =>
  all.filter((event) => event.type === type).map(({ content }) => String(content));

const send = (sessionId: string, message: string): object => ({
  method: 'session.send',
  params: { sessionId, message },
});

test('a prompt is answered by a stream: a ping, its own turn, each message whole at its end, done', async () => {
  const sessionId = await client.newSession();
  const response = await open('/rpc', send(sessionId, 'slow 20 2'));
  assert.match(response.headers['content-type'] ?? '', /^text\/event-stream/);
  const told = await read(response);
  assert.equal(told.at(-1)?.data, '[DONE]');
  const all = events(told);
  assert.deepEqual([all[0]?.type, all[1]?.type, all.at(-1)?.type], ['ping', 'prompt', 'result']);
  assert.deepEqual(all.at(-1)?.['usage'], { used: 'slow 20 2'.length, size: 100_000 });
  assert.equal(contentOf(all, 'partial').join(''), slowText(20));
  assert.deepEqual(contentOf(all, 'text'), [slowText(20)]);
  // What comes whole has the id of its last piece.
  const ids = told.slice(1, -1).map(({ id }) => id?.split(':')[1]);
  const seqs = all.slice(1).map(({ seq }) => Number(seq));
  assert.deepEqual(ids.map(Number), seqs);
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
});

test('the stream of a prompt that waits begins with its place, and neither tells anything of the other', async () => {
  const sessionId = await client.newSession();
  const before = await open('/rpc', send(sessionId, 'slow 10 20'));
  const told = events(await read(await open('/rpc', send(sessionId, 'echo mine'))));
  assert.deepEqual([told[1]?.type, told[1]?.['position']], ['queued', 1]);
  assert.deepEqual(contentOf(told, 'partial'), ['mine']);
  assert.ok(events(await read(before)).every(({ type }) => type !== 'queued'));
  assert.equal(told.filter(({ type }) => type === 'result').length, 1);
});

test('whoever accepts only JSON gets the plain answer', async () => {
  const sessionId = await client.newSession();
  for (const accept of ['application/json', 'Application/JSON; q=1', 'application/json, text/plain, */*']) {
    const response = await open('/rpc', send(sessionId, 'echo hi'), { Accept: accept });
    let body = '';
    for await (const chunk of response as AsyncIterable<Buffer>) body += chunk.toString('utf8');
    assert.match(body, /^\{"result":\{.*"state":"(?:running|queued)"/, accept);
  }
  for (const accept of ['*/*', 'text/event-stream, application/json']) {
    const response = await open('/rpc', send(sessionId, 'echo hi'), { Accept: accept });
    assert.match(response.headers['content-type'] ?? '', /^text\/event-stream/, accept);
    response.destroy();
  }
});

test('whoever sends the same prompt again after its end is told once more what it led to', async () => {
  const sessionId = await client.newSession();
  const again = (): Promise<Told[]> =>
    open('/rpc', {
      method: 'session.send',
      params: { sessionId, promptId: 'lost', message: 'echo found' },
    }).then((response) => read(response));
  await again();
  await client.ask(sessionId, 'echo something else');
  const told = await again();
  assert.deepEqual(
    [told.at(-1)?.data, contentOf(events(told), 'text'), events(told).at(-1)?.type],
    ['[DONE]', ['found'], 'result'],
  );
});

test('a prompt for nobody is a stream with the error and the end', async () => {
  const told = await read(await open('/rpc', send('nobody', 'hello')));
  assert.equal(events(told)[1]?.['code'], -32001);
  assert.equal(told.at(-1)?.data, '[DONE]');
});

test('a prompt that is none is answered in JSON, and as a stream only to whoever names one', async () => {
  const sessionId = await client.newSession();
  const bad = { method: 'session.send', params: { sessionId } };
  const response = await open('/rpc', bad, { Accept: '*/*' });
  let body = '';
  for await (const chunk of response as AsyncIterable<Buffer>) body += chunk.toString('utf8');
  assert.match(body, /^\{"error":\{"code":-32602,/);
  const told = await read(await open('/rpc', bad, { Accept: 'text/event-stream' }));
  assert.equal(events(told)[1]?.['code'], -32602);
});

test('a log that is left and taken up again has every event once', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 60 5' });
  const path = `/v1/sessions/${sessionId}/events`;
  const first = await open(path);
  const head = await read(first, ({ data }) => data.includes('"s20 "'));
  first.destroy();
  const second = await open(path, undefined, { 'Last-Event-ID': head.at(-1)?.id ?? '' });
  const rest = await read(second, ({ data }) => data.includes('"type":"result"'));
  await seen.end(promptId);
  const all = [...events(head), ...events(rest)];
  const seqs = all.flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(seqs).size, seqs.length);
  let text = '';
  for (const { type, offset, content } of all) {
    if (type === 'partial' || type === 'text') text = text.slice(0, Number(offset ?? 0)) + String(content);
  }
  assert.equal(text, slowText(60));
});

test('a cursor of another log is told as a gap; what is no cursor or no session is refused', async () => {
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'echo hi');
  const path = `/v1/sessions/${sessionId}/events`;
  const stream = await open(`${path}?after=0123456789abcdef:3`);
  const [, gap] = events(await read(stream, ({ data }) => data.includes('gap')));
  assert.equal(gap?.type, 'gap');
  const wrong = [
    [`${path}?after=7`, 400],
    [`${path}?after=1e3`, 400],
    [`${path}?after=`, 400],
    [`${path}?after=0123456789abcdef:-1`, 400],
    ['/v1/sessions/no/events', 404],
    ['/v1/sessions/..%2fx/events', 404],
  ] as const;
  for (const [target, status] of wrong) {
    const response = await open(target);
    assert.equal(response.statusCode, status, target);
    response.resume();
  }
  for (const last of ['7', '-1', '1e3', '', ' 7', '9007199254740993', '0123456789abcdef:1e3']) {
    const response = await open(path, undefined, { 'Last-Event-ID': last });
    assert.equal(response.statusCode, 400, last);
    response.resume();
  }
});

test('whatever an agent says is one event, also where it looks like another', async () => {
  const sessionId = await client.newSession();
  const evil = 'a\r\rb\n\nevent: permission\ndata: {}\n\nid: 1\u2028\u2029\u0000end';
  const told = await read(await open('/rpc', send(sessionId, `echo ${evil}`)));
  assert.deepEqual(contentOf(events(told), 'text'), [evil]);
  assert.ok(told.every(({ data }) => data === '[DONE]' || data.startsWith('{')));
});

test('a destroyed session ends the streams that follow it', async () => {
  const sessionId = await client.newSession();
  const response = await open(`/v1/sessions/${sessionId}/events`);
  await once(response, 'readable');
  const prompt = await open('/rpc', send(sessionId, 'silent'));
  await waitFor('the turn', async () => {
    const { status } = await client.call('session.get', { sessionId });
    return status === 'busy';
  });
  await client.call('session.destroy', { sessionId });
  assert.equal((await read(response)).at(-1)?.data, '[DONE]');
  const told = await read(prompt);
  assert.deepEqual([events(told).at(-1)?.type, told.at(-1)?.data], ['interrupted', '[DONE]']);
  // Not what an id is told that never was one.
  const gone = events(await read(await open('/rpc', send(sessionId, 'hello'))));
  assert.deepEqual(gone[1]?.['data'], { sessionId, problem: 'session.destroyed' });
});

test('a reader that falls behind, reads on and falls behind again is served; one that reads nothing is cut', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const opened = Promise.withResolvers<EventStream>();
  const server = createServer((_request, response) => opened.resolve(new EventStream(response)));
  t.after(() => server.close().closeAllConnections());
  const socketPath = path.join(newFolder('sse'), 's');
  await once(server.listen(socketPath), 'listening');
  const got = Promise.withResolvers<IncomingMessage>();
  request({ socketPath }, got.resolve).on('error', got.reject).end();
  const [stream, reader] = await Promise.all([opened.promise, got.promise]);
  reader.on('error', () => {});
  let isCut = false;
  stream.onClose(() => (isCut = true));
  const sendMuch = () => stream.send(JSON.stringify('x'.repeat(8_000_000)));
  const readOn = async (): Promise<void> => {
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    stream.onDrain(resolve);
    reader.resume();
    await within('all to be read', drained);
    reader.pause();
  };

  assert.equal(sendMuch(), false);
  t.mock.timers.tick(15_000);
  await readOn();
  assert.equal(sendMuch(), false);
  t.mock.timers.tick(15_000);
  await readOn();
  assert.equal(isCut, false);

  assert.equal(sendMuch(), false);
  t.mock.timers.tick(30_000);
  await waitFor('the end', () => isCut);
});

test('a client that has hung up before it is answered is followed by nobody', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => asked.resolve(response));
  t.after(() => server.close().closeAllConnections());
  const socketPath = path.join(newFolder('sse'), 's');
  await once(server.listen(socketPath), 'listening');
  const sent = request({ socketPath }).on('error', () => {});
  sent.end();
  const response = await asked.promise;
  const closed = once(response, 'close');
  sent.destroy();
  await closed;
  const stream = new EventStream(response);
  let isOver = false;
  stream.onClose(() => (isOver = true));
  assert.equal(isOver, true);
  stream.send('{}');
  stream.end();
});

test('/metrics speaks of sessions, prompts and events', async () => {
  const response = await open('/metrics');
  assert.match(response.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4;/);
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString('utf8');
  const names = [
    'holdfast_sessions{',
    'holdfast_prompts_queued',
    'holdfast_events_total',
    'holdfast_mail_oldest_seconds',
    'process_resident',
  ];
  for (const name of names) assert.ok(text.includes(name), name);
});
