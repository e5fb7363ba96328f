// Threads: what people read is outbox and inboxes together, whoever wrote it and wherever it stands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailboxName, MessageId, type MailThread } from '../../gateway/protocol/index.ts';
import type { TestClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { MailDesk } from '../support/mailDesk.ts';
import { waitFor } from '../support/waitFor.ts';

const box = (name: string) => MailboxName.parse(name);

const threadsWhen = (client: TestClient, what: string, fit: (threads: MailThread[]) => boolean) =>
  waitFor(what, async () => {
    const { threads } = await client.call('mail.threads', {});
    return fit(threads) ? threads : undefined;
  });

test('a question and its answer are one thread, with what became of each', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  await client.call('mailbox.create', { name: 'builder' });
  const question = await client.call('mail.send', { to: 'builder', message: 'Is it green?\nOn main.' });
  const id = question.broker_message_id;
  await threadsWhen(client, 'the question to arrive', ([thread]) => thread?.waiting === 0);
  await client.call('mail.ack', { mailbox: box('builder'), ids: [id] });
  await client.call('mail.send', { to: 'person', from: box('builder'), message: 'Red.', reply_to_id: id });

  const [thread] = await threadsWhen(client, 'the answer to arrive', ([first]) => first?.unread === 1);
  assert.ok(thread);
  assert.deepEqual(
    { ...thread, lastAt: '' },
    {
      threadId: id,
      subject: 'Is it green?',
      participants: ['person', 'builder'],
      lastFrom: 'builder',
      lastAt: '',
      messages: 2,
      unread: 1,
      held: 0,
      waiting: 0,
      dead: 0,
    },
  );
  const { messages } = await client.call('mail.thread', { threadId: id });
  assert.deepEqual(
    messages.map(({ content, outgoing, deliveries }) => [
      content,
      outgoing?.receipts.map(({ state }) => state),
      deliveries.map(({ mailbox, state }) => `${mailbox} ${state}`),
    ]),
    [
      ['Is it green?\nOn main.', ['read'], ['builder read']],
      ['Red.', ['delivered'], ['person delivered']],
    ],
  );
});

test('a message that is sent anew stays in its thread', async () => {
  await using desk = await MailDesk.open();
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@away', message: 'Is it green?' });
  const anew = await desk.call('mail.requeue', { id });
  const threads = desk.store.mailThreads.list(10);
  assert.deepEqual(
    threads.map(({ threadId, messages, waiting }) => [threadId, messages, waiting]),
    [[id, 2, 1]],
  );
  const { messages } = desk.store.mailThreads.get(id, 10);
  assert.deepEqual(
    messages.map((message) => message.id),
    [id, anew.id],
  );
});

test('held mail names the session that it is held for; what waits and what was given up is counted', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const { mailboxes } = await client.call('mailbox.list', {});
  const name = mailboxes.find((mailbox) => mailbox.sessionId === sessionId)?.name;
  assert.ok(name);
  await client.call('mailbox.update', { name, policy: 'hold' });
  await client.call('mail.send', { to: name, message: 'Approve the migration' });
  await client.call('mail.send', { to: 'far@away', message: 'Hello over there' });
  await client.call('mail.send', { to: 'late@away', message: 'Too late', ttl_s: 0.01 });

  const threads = await threadsWhen(
    client,
    'all to stand where they will',
    (all) => all.some(({ held }) => held === 1) && all.some(({ dead }) => dead === 1),
  );
  assert.deepEqual(
    threads
      .map(({ subject, held, waiting, dead }) => ({ subject, held, waiting, dead }))
      .toSorted((a, b) => a.subject.localeCompare(b.subject)),
    [
      { subject: 'Approve the migration', held: 1, waiting: 0, dead: 0 },
      { subject: 'Hello over there', held: 0, waiting: 1, dead: 0 },
      { subject: 'Too late', held: 0, waiting: 0, dead: 1 },
    ],
  );
  const held = threads.find((thread) => thread.held === 1);
  assert.ok(held);
  const { messages } = await client.call('mail.thread', { threadId: held.threadId });
  assert.deepEqual(
    messages[0]?.deliveries.map((delivery) => [delivery.state, delivery.sessionId]),
    [['held', sessionId]],
  );
});

test('a long thread gives its newest messages, and an unknown one says what to do', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  await client.call('mailbox.create', { name: 'builder' });
  const first = await client.call('mail.send', { to: 'builder', message: 'Number 0' });
  let last = first.broker_message_id;
  for (let n = 1; n <= 6; n += 1) {
    const sent = await client.call('mail.send', { to: 'builder', message: `Number ${n}`, reply_to_id: last });
    last = sent.broker_message_id;
  }
  const { thread, messages } = await client.call('mail.thread', {
    threadId: first.broker_message_id,
    limit: 2,
  });
  assert.equal(thread.messages, 7);
  assert.deepEqual(
    messages.map(({ content }) => content),
    ['Number 5', 'Number 6'],
  );
  await assert.rejects(client.call('mail.thread', { threadId: MessageId.parse('nothing') }), {
    problem: 'mail.unknown',
    message: /mail.threads lists/,
  });
});
