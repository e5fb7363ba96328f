// /v1/events: what happens with mail, numbered across restarts, resumed where a reader stopped, bounded for each token.
import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MailboxName, type ParamsIn } from '../../gateway/protocol/index.ts';
import type { MailEventText } from '../../gateway/store/mailEvent.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { box, MailDesk } from '../support/mailDesk.ts';
import { ask } from '../support/rawHttp.ts';
import { waitFor, within } from '../support/waitFor.ts';

interface SeenEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stream that is read until the test has seen enough. */
class Stream {
  readonly response: IncomingMessage;
  text = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (piece: string) => (this.text += piece));
    response.on('error', () => undefined);
  }

  get events(): SeenEvent[] {
    return [...this.text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: ([^\n]*)\n\n/gm)].map(
      ([, id, event, data]) => ({
        id: Number(id),
        event: String(event),
        data: JSON.parse(String(data)) as SeenEvent['data'],
      }),
    );
  }

  async until(what: string, fits: (event: SeenEvent) => boolean): Promise<SeenEvent> {
    return waitFor(what, () => this.events.find(fits));
  }
}

async function open(socketPath: string, lastEventId?: string): Promise<Stream> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = {
    Host: 'localhost',
    ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
  };
  request({ socketPath, path: '/v1/events', headers, agent: false }, resolve).on('error', reject).end();
  return new Stream(await within('a stream', promise));
}

const send = (client: TestClient, message: string, more: Partial<ParamsIn<'mail.send'>> = {}) =>
  client.call('mail.send', { to: 'bob', message, ...more });

test('a reader that comes back gets what it has missed, once, also after a restart', async () => {
  await using gateway = await startGateway();
  let client = await gateway.connect();
  await client.call('mailbox.create', { name: box('bob') });
  const first = await open(gateway.socket);
  assert.equal(first.response.headers['content-type'], 'text/event-stream; charset=utf-8');
  const { broker_message_id: id } = await send(client, 'one\r\n\r\nevent: peer_join\r\ndata: {}\u2028');
  const seen = await first.until('the message', ({ event }) => event === 'message');
  assert.deepEqual(
    [seen.data['id'], seen.data['content'], seen.data['from'], seen.data['mailbox']],
    [id, 'one\r\n\r\nevent: peer_join\r\ndata: {}\u2028', 'person', 'bob'],
  );
  assert.match(first.text, /^: connected\n\n/);
  first.response.destroy();
  await client.call('mail.ack', { mailbox: box('bob'), ids: [id] });
  await gateway.kill9();
  await gateway.start();
  client = await gateway.connect();
  const { broker_message_id: next } = await send(client, 'two');
  const again = await open(gateway.socket, String(seen.id));
  await again.until(
    'the message after the restart',
    ({ data }) => data['id'] === next && data['content'] === 'two',
  );
  const missed = again.events.map(({ event, data }) => [event, data['subtype'] ?? data['state'], data['id']]);
  assert.deepEqual(missed.slice(0, 2), [
    ['system', 'receipt', id],
    ['message', 'delivered', next],
  ]);
  const ids = again.events.map((event) => event.id);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  assert.ok(ids.every((one) => one > seen.id));
  again.response.destroy();
});

test('Last-Event-ID is a number and nothing else; one from before the bound, or from elsewhere, gets a gap', async () => {
  await using desk = await MailDesk.open();
  await desk.listen();
  for (const bad of ['1e3', '-1', '0x1', ' 7 7', 'a', '9007199254740993123', '01']) {
    const { status } = await ask(desk.socket, {
      method: 'GET',
      path: '/v1/events',
      headers: { 'Last-Event-ID': bad },
    });
    assert.equal(status, 400, bad);
  }
  desk.store.mailEvents.bounds.maxEvents = 3;
  for (let count = 0; count < 10; count += 1)
    await desk.call('mail.send', { to: 'person', message: `${count}` });
  await desk.settled();
  desk.store.written(() => desk.store.mailEvents.prune('2000-01-01'));
  const stream = await open(desk.socket, '2');
  await stream.until('the last', ({ data }) => data['content'] === '9');
  assert.deepEqual(
    stream.events.map(({ id, event, data }) => [id, event, data['subtype'] ?? data['content'], data['from']]),
    [
      [7, 'system', 'gap', 3],
      [8, 'message', '7', 'person'],
      [9, 'message', '8', 'person'],
      [10, 'message', '9', 'person'],
    ],
  );
  stream.response.destroy();
  const ahead = await open(desk.socket, '5000');
  const gap = await ahead.until('the gap', ({ event }) => event === 'system');
  assert.deepEqual([gap.id, gap.data['subtype']], [7, 'gap']);
  await ahead.until('the rest', ({ id }) => id === 10);
  ahead.response.destroy();
});

test('a token follows at most 32 streams, and one that ends makes room', async () => {
  await using desk = await MailDesk.open();
  await desk.listen();
  const streams = await Promise.all(Array.from({ length: 32 }, () => open(desk.socket)));
  assert.ok(streams.every(({ response }) => response.statusCode === 200));
  const refused = await open(desk.socket);
  assert.equal(refused.response.statusCode, 429);
  streams[0]?.response.destroy();
  await waitFor('room', async () => {
    const one = await open(desk.socket);
    one.response.destroy();
    return one.response.statusCode === 200;
  });
  for (const { response } of streams) response.destroy();
});

test('a reader that does not read holds a bounded part in memory, and gets all of it when it does', async () => {
  await using desk = await MailDesk.open();
  await desk.listen();
  const stream = await open(desk.socket);
  stream.response.pause();
  const text = 'x'.repeat(200_000);
  const bob = MailboxName.parse('person');
  for (let count = 0; count < 40; count += 1) {
    const { broker_message_id } = await desk.call('mail.send', { to: 'person', message: `${count} ${text}` });
    await desk.settled();
    await desk.call('mail.ack', { mailbox: bob, ids: [broker_message_id] });
  }
  const other = await open(desk.socket, '0');
  await other.until('all of it, beside the slow one', ({ data }) =>
    String(data['content']).startsWith('39 '),
  );
  assert.ok(!stream.text.includes('39 xxx'), 'the slow one has not read it');
  stream.response.resume();
  await stream.until('the last one', ({ data }) => String(data['content']).startsWith('39 '));
  assert.equal(stream.events.filter(({ event }) => event === 'message').length, 40);
  stream.response.destroy();
  other.response.destroy();
});

test('the same events over JSON-RPC', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  await client.call('mailbox.create', { name: box('bob') });
  const seen: unknown[] = [];
  client.link.on('mail.event', ({ event, data }) => seen.push([event, data['content'] ?? data['subtype']]));
  const { last } = await client.call('mail.watch', {});
  assert.ok(last >= 1);
  await send(client, 'one');
  await waitFor('the message', () => seen.length > 0);
  assert.deepEqual(seen, [['message', 'one']]);
  await client.call('mail.unwatch', {});
});

test('a reader for whom events leave while it reads slowly is told of the gap', async () => {
  await using desk = await MailDesk.open();
  const seen: Pick<MailEventText, 'id' | 'data'>[] = [];
  let goOn = (): void => undefined;
  desk.mail.feed.follow(undefined, {
    take: (event) => seen.push(event) !== 1,
    onDrain: (callback) => (goOn = callback),
  });
  const send = () => desk.call('mail.send', { to: 'person', message: 'x' });
  await send();
  await waitFor('the first event', () => seen.length === 1);
  desk.store.mailEvents.bounds.maxEvents = 3;
  for (let count = 0; count < 10; count += 1) await send();
  desk.store.written(() => desk.store.mailEvents.prune('2000-01-01'));
  const { first, last } = desk.store.mailEvents;
  goOn();
  await waitFor('the last event', () => seen.at(-1)?.id === last);
  const { ts: _, ...gap } = JSON.parse(seen[1]?.data ?? '{}') as Record<string, unknown>;
  assert.deepEqual(gap, { subtype: 'gap', from: (seen[0]?.id ?? 0) + 1, to: first - 1 });
});

test('a message that a disk has bent stops nobody who follows mail', async () => {
  const folder = newFolder('bent');
  {
    await using desk = await MailDesk.open({ folder });
    await desk.call('mail.send', { to: 'person', message: 'bent' });
    await desk.call('mail.send', { to: 'person', message: 'whole' });
  }
  const database = new DatabaseSync(path.join(folder, 'holdfast.db'));
  database.exec(`UPDATE outbox SET body = substr(body, 2) WHERE body ->> '$.content' = 'bent'`);
  database.close();
  await using desk = await MailDesk.open({ folder });
  const seen: string[] = [];
  desk.mail.feed.follow(0, { take: ({ data }) => seen.push(data) > 0, onDrain: () => undefined });
  await waitFor('the whole one', () => seen.some((data) => data.includes('"content":"whole"')));
  assert.match(seen[0] ?? '', /"damaged":true/);
});
