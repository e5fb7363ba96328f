// The content of a message is kept once, for as long as anybody may want to read it; what an earlier version kept is read on.
import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MessageId, type MailMessage } from '../../gateway/protocol/index.ts';
import { MIGRATIONS } from '../../gateway/store/schema.ts';
import { newFolder } from '../support/folders.ts';
import { box, MailDesk, TestClock } from '../support/mailDesk.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = '2025-12-31T23:00:00.000Z';
/** The last version that kept content in every inbox. */
const TWICE = 11;

test('what many have got is kept once', async () => {
  await using desk = await MailDesk.open();
  for (const name of ['a', 'b', 'c']) await desk.call('mailbox.create', { name, topics: ['news'] });
  const text = 'all the news '.repeat(100);
  await desk.call('mail.send', { to: '@news', message: text });
  await desk.call('mail.send', { to: 'a', message: text });
  await desk.settled();
  const { messages } = await desk.call('mail.inbox', { mailbox: box('c') });
  assert.deepEqual(
    messages.map(({ content }) => content),
    [text],
  );
  await desk[Symbol.asyncDispose]();
  using raw = new DatabaseSync(path.join(desk.folder, 'holdfast.db'));
  const count = (sql: string): unknown => raw.prepare(sql).get()?.['n'];
  assert.equal(count('SELECT count(*) AS n FROM inbox'), 4);
  assert.equal(count('SELECT count(body) AS n FROM inbox'), 0);
  assert.equal(count('SELECT count(body) AS n FROM outbox'), 2);
});

test('content stays as long as one of its readers has not read it, and a month longer', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  for (const name of ['quick', 'slow']) await desk.call('mailbox.create', { name, topics: ['news'] });
  const sent = { to: '@news', message: 'news', client_message_id: 'news-1' };
  const { broker_message_id: id } = await desk.call('mail.send', sent);
  await desk.settled();
  await desk.call('mail.ack', { mailbox: box('quick'), ids: [id] });
  const contents = async (name: string): Promise<string[]> =>
    (await desk.call('mail.inbox', { mailbox: box(name) })).messages.map(({ content }) => content);

  clock.pass(40 * DAY_MS);
  assert.deepEqual(await contents('slow'), ['news']);
  await desk.call('mail.ack', { mailbox: box('slow'), ids: [id] });
  clock.pass(40 * DAY_MS);
  assert.deepEqual(await contents('slow'), []);
  assert.deepEqual(await contents('quick'), []);
  assert.equal((await desk.call('mail.send', sent)).duplicate, true);
});

test('mail of an earlier version, with its content in every inbox, is read, found and acknowledged as before', async () => {
  const folder = newFolder('mail');
  const file = path.join(folder, 'old.db');
  const raw = new DatabaseSync(file);
  for (const step of MIGRATIONS.slice(0, TWICE)) raw.exec(step);
  raw.exec(`PRAGMA user_version = ${TWICE}`);
  raw.exec(
    `INSERT INTO mailbox (key, name, kind, identity, created_at) VALUES (7, 'old', 'program', 'old', '${NOW}')`,
  );
  const letter = (id: string, answer: Partial<MailMessage> = {}): string =>
    JSON.stringify({
      id,
      clientMessageId: `c-${id}`,
      type: 'message',
      from: 'person',
      to: 'old',
      content: `words of ${id}`,
      timestamp: NOW,
      priority: 'next',
      replyTo: null,
      threadId: id,
      meta: {},
      provenance: { via: 'rpc', hops: 0 },
      ...answer,
    });
  const first = MessageId.parse('m1');
  const bodies = [letter('m1'), letter('m2', { replyTo: first, threadId: first }), letter('m3')];
  for (const [index, body] of bodies.entries()) {
    const key = index + 1;
    raw
      .prepare(
        `INSERT INTO outbox (key, message_id, sender, client_message_id, fingerprint, status, rank, lane, mailbox_key, body,
           bytes, created_at) VALUES (?, ?, 'person', ?, 'f', 'done', 1, '#7 < person', 7, ?, 11, ?)`,
      )
      .run(key, `m${key}`, `c-m${key}`, body, `2025-12-31T23:00:0${key}.000Z`);
    raw
      .prepare(
        `INSERT INTO inbox (key, mailbox_key, message_id, sender, client_message_id, state, rank, body, bytes, outbox_key,
           received_at) VALUES (?, 7, ?, 'person', ?, ?, 1, ?, 11, ?, '${NOW}')`,
      )
      .run(7 * 2 ** 32 + key, `m${key}`, `c-m${key}`, key === 3 ? 'read' : 'delivered', body, key);
  }
  raw.close();
  writeFileSync(path.join(folder, 'holdfast.db'), readFileSync(file));

  await using desk = await MailDesk.open({ folder });
  const { messages } = await desk.call('mail.receive', { mailbox: box('old'), max: 10 });
  assert.deepEqual(
    messages.map(({ id, content }) => [id, content]),
    [
      ['m1', 'words of m1'],
      ['m2', 'words of m2'],
    ],
  );
  await desk.call('mail.ack', { mailbox: box('old'), ids: [first] });
  const [last] = desk.store.mailEvents.read(desk.store.mailEvents.last - 1);
  assert.deepEqual(
    { ...(JSON.parse(last?.data ?? '{}') as object), ts: '' },
    {
      ts: '',
      subtype: 'receipt',
      id: 'm1',
      client_message_id: 'c-m1',
      from: 'person',
      mailbox: 'old',
      state: 'read',
    },
  );
  const { messages: fromPerson } = await desk.call('mail.inbox', { mailbox: box('old'), from: 'person' });
  assert.deepEqual(
    fromPerson.map(({ id, state }) => [id, state]),
    [
      ['m3', 'read'],
      ['m2', 'delivered'],
      ['m1', 'read'],
    ],
  );
  assert.deepEqual(
    desk.store.mailThreads
      .get(first, 10)
      .messages.map(({ id, deliveries }) => [id, deliveries.map(({ state }) => state)]),
    [
      ['m1', ['read']],
      ['m2', ['delivered']],
    ],
  );
  assert.deepEqual(
    desk.store.mailThreads.list(10).map(({ threadId, messages: count }) => [threadId, count]),
    [
      ['m3', 1],
      ['m1', 2],
    ],
  );
});
