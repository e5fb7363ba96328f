// The duplicate table, row by row, over HTTP and over JSON-RPC: what sending an id again means.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClientMessageId, MessageId, type OutboxStatus } from '../../gateway/protocol/index.ts';
import { box, MailDesk } from '../support/mailDesk.ts';
import { ask } from '../support/rawHttp.ts';

/** What a transport made of a send: the status code of HTTP, and the body. */
interface Sent {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
type Send = (params: Readonly<Record<string, unknown>>) => Promise<Sent>;

let desk: MailDesk;
before(async () => {
  desk = await MailDesk.open();
  await desk.listen();
  await desk.call('mailbox.create', { name: box('bob') });
  await desk.call('mailbox.create', { name: box('wall'), policy: 'refuse' });
  // A peer that takes everything and never answers.
  desk.mail.delivery.link('slow', {
    deliver: () => new Promise(() => {}),
    receipts: () => Promise.resolve(),
  });
});
after(() => desk[Symbol.asyncDispose]());

const overHttp: Send = async ({ client_message_id: id, ...params }) => {
  const headers = typeof id === 'string' ? { 'Idempotency-Key': id } : {};
  const { status, body } = await ask(desk.socket, {
    path: '/v1/send',
    headers,
    body: JSON.stringify(params),
  });
  return { status, body: JSON.parse(body) as Sent['body'] };
};

/** The same codes, from what JSON-RPC says. */
const overRpc: Send = async (params) => {
  const { result, error } = await desk.ask('mail.send', params);
  if (error === undefined) {
    const body = result as Sent['body'];
    return { status: body['duplicate'] === true ? 200 : 202, body };
  }
  assert.equal(error.data?.['problem'], 'mail.conflict');
  return { status: 409, body: error.data };
};

const WHERE: Readonly<Record<Exclude<OutboxStatus, 'aborted'>, string>> = {
  pending: 'bob@nowhere',
  inflight: '@slow',
  done: 'bob',
  dead: 'wall',
};

/** Sends a message and brings it into a state. */
async function bring(
  send: Send,
  id: string,
  status: OutboxStatus,
): Promise<Readonly<Record<string, unknown>>> {
  const where = WHERE[status === 'aborted' ? 'pending' : status];
  // What is in flight holds up its lane, so each has one of its own.
  const to = where.startsWith('@') ? `${id}${where}` : where;
  const message = { to, message: 'hello', client_message_id: id };
  const first = await send(message);
  assert.deepEqual([first.status, first.body['status']], [202, 'queued'], 'a new id is accepted');
  const brokerId = MessageId.parse(first.body['broker_message_id']);
  if (status === 'aborted') await desk.call('mail.requeue', { id: brokerId });
  for (;;) {
    const { messages } = await desk.call('mail.outbox', { id: brokerId });
    const found = messages.find((mail) => mail.id === brokerId);
    if (found?.status === status) return message;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const [transport, send] of Object.entries({ HTTP: overHttp, 'JSON-RPC': overRpc })) {
  describe(`sending an id again over ${transport}`, () => {
    let count = 0;
    const newId = (): string => `${transport.toLowerCase()}-${(count += 1)}`;

    const same = (status: 'pending' | 'inflight', said: string): void =>
      void test(`${status}, the same message: 202, ${said}, and no second row`, async () => {
        const message = await bring(send, newId(), status);
        const rows = desk.store.outbox.open();
        const again = await send(message);
        assert.deepEqual([again.status, again.body['status']], [202, said]);
        assert.deepEqual(desk.store.outbox.open(), rows);
      });

    const conflict = (
      status: OutboxStatus,
      what: string,
      change: object,
      conflictName: string,
      reason: RegExp,
    ): void =>
      void test(`${status}, ${what}: 409 ${conflictName}`, async () => {
        const message = await bring(send, newId(), status);
        const { status: code, body } = await send({ ...message, ...change });
        assert.equal(code, 409);
        assert.equal(body['error'], 'idempotency_key_reused');
        assert.equal(body['conflict'], conflictName);
        assert.match(String(body['daemon_fingerprint_prefix']), /^[0-9a-f]{16}$/);
        assert.match(String(body['broker_message_id']), /^[a-z0-9]{9}-id-\d+$/);
        assert.match(String(body['reason']), reason);
      });

    const other = { message: 'something else' };
    const used = /used before for another message/;
    same('pending', 'queued');
    conflict('pending', 'another message', other, 'outbox_pending_fingerprint_mismatch', used);
    same('inflight', 'inflight');
    conflict('inflight', 'another message', other, 'outbox_inflight_fingerprint_mismatch', used);
    void test('done, the same message: 200, the id that it has had since, and it does not arrive again', async () => {
      const message = await bring(send, newId(), 'done');
      const [before] = (await desk.call('mail.inbox', { mailbox: box('bob'), limit: 1 })).messages;
      const { status, body } = await send(message);
      assert.equal(status, 200);
      assert.equal(body['duplicate'], true);
      assert.equal(body['broker_message_id'], before?.id);
      assert.equal(body['client_message_id'], message['client_message_id']);
      const [newest] = (await desk.call('mail.inbox', { mailbox: box('bob'), limit: 1 })).messages;
      assert.equal(newest?.id, before?.id);
    });
    conflict('done', 'another message', other, 'outbox_done_fingerprint_mismatch', used);
    conflict(
      'dead',
      'the same message',
      {},
      'outbox_dead_fingerprint_match',
      /^refused: the mailbox takes no mail$/,
    );
    conflict('dead', 'another message', other, 'outbox_dead_fingerprint_mismatch', used);
    conflict('aborted', 'the same message', {}, 'outbox_aborted_fingerprint_match', /given up and sent anew/);
    conflict('aborted', 'another message', other, 'outbox_aborted_fingerprint_mismatch', used);

    void test('without an id one is minted, each time another', async () => {
      const [one, two] = [await send({ to: 'bob', message: 'x' }), await send({ to: 'bob', message: 'x' })];
      assert.deepEqual([one.status, two.status], [202, 202]);
      assert.notEqual(one.body['client_message_id'], two.body['client_message_id']);
    });
    conflict(
      'pending',
      'another destination',
      { to: 'bob@elsewhere' },
      'outbox_pending_fingerprint_mismatch',
      used,
    );
    conflict('pending', 'another priority', { priority: 'now' }, 'outbox_pending_fingerprint_mismatch', used);
    void test('the order of the members of meta does not matter', async () => {
      const message = await bring(send, newId(), 'pending');
      const id = newId();
      const first = await send({
        ...message,
        client_message_id: id,
        meta: { a: 1, b: { c: [1.0, 'é'], d: null } },
      });
      assert.equal(first.status, 202);
      const again = await send({
        ...message,
        client_message_id: id,
        meta: { b: { d: null, c: [1, '\u00e9'] }, a: 1 },
      });
      assert.deepEqual([again.status, again.body['status']], [202, 'queued']);
      assert.equal(again.body['broker_message_id'], first.body['broker_message_id']);
    });
  });
}

test('the header is stronger than the body', async () => {
  const body = JSON.stringify({ to: 'bob', message: 'x', client_message_id: 'from-body' });
  const reply = await ask(desk.socket, {
    path: '/v1/send',
    headers: { 'Idempotency-Key': 'from-header' },
    body,
  });
  assert.equal((JSON.parse(reply.body) as Sent['body'])['client_message_id'], 'from-header');
});

test('what is refused uses no id up', async () => {
  const message = { message: 'x', client_message_id: ClientMessageId.parse('unused') };
  const refused: [string, object][] = [
    ['mailbox.unknown', { ...message, to: 'nobody' }],
    ['mail.size', { ...message, to: 'bob', message: 'x'.repeat(256 * 1024 + 1) }],
    ['access.denied', { ...message, to: 'bob' }],
  ];
  for (const [problem, params] of refused) {
    const bearer = problem === 'access.denied' ? ({ tokenId: 't', scope: 'read' } as const) : undefined;
    assert.equal((await desk.ask('mail.send', params, bearer)).error?.data?.['problem'], problem);
  }
  assert.equal((await desk.call('mail.send', { ...message, to: 'bob' })).status, 'queued');
});

test('each sender has ids of its own', async () => {
  const message = { to: 'bob', message: 'mine', client_message_id: ClientMessageId.parse('shared') };
  await desk.call('mailbox.create', { name: box('ci') });
  const [one, two] = [
    await desk.call('mail.send', message),
    await desk.call('mail.send', { ...message, from: box('ci') }),
  ];
  assert.notEqual(one.broker_message_id, two.broker_message_id);
});
