// Mail from the command line: sending, reading and acknowledging, and the outbox with what can be sent anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Delivery, Outgoing } from '../../gateway/protocol/index.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { holdfast, holdfastJson } from './holdfast.ts';

const gateway = await sharedGateway();

const run = (...args: string[]) => holdfast(gateway.home, args);
const json = (...args: string[]) => holdfastJson(gateway.home, args);
const Sent = z.object({ broker_message_id: z.string() });
const Outbox = z.object({ messages: z.array(Outgoing) });

test('a message is sent, read and acknowledged', async () => {
  assert.equal((await run('mailbox', 'create', 'bob')).code, 0);
  const { broker_message_id: id } = Sent.parse(
    await json('mail', 'send', 'bob', 'the build \u001b[31mbroke'),
  );
  const { messages } = z
    .object({ messages: z.array(Delivery) })
    .parse(await json('mail', 'inbox', '--mailbox', 'bob'));
  assert.deepEqual(
    messages.map((message) => [message.id, message.from]),
    [[id, 'person']],
  );
  const shown = await run('mail', 'inbox', '--mailbox', 'bob', '--unread');
  assert.match(shown.out, /delivered +person +now +the build ␛\[31mbroke/);
  assert.match((await run('mail', 'ack', '--mailbox', 'bob', id)).out, /^1 acknowledged\.$/m);
  assert.match((await run('mail', 'inbox', '--mailbox', 'bob', '--unread')).out, /^No messages\.$/m);
  const unknown = await run('mail', 'ack', '--mailbox', 'bob', 'nothing');
  assert.deepEqual(
    [unknown.code, unknown.err],
    [1, 'bob has no message nothing that can be read. mail.inbox lists what it has.\n'],
  );
  assert.equal((await run('mail', 'ack', '--mailbox', 'bob', 'not an id')).code, 2);
});

test('the outbox is listed by what became of it, and what did not arrive is sent anew', async () => {
  assert.equal((await run('mailbox', 'create', 'wall', '--policy', 'refuse')).code, 0);
  const { broker_message_id: dead } = Sent.parse(await json('mail', 'send', 'wall', 'hello'));
  const { broker_message_id: waiting } = Sent.parse(await json('mail', 'send', 'bob@far', 'hello'));
  const ids = async (...flags: string[]) =>
    Outbox.parse(await json('outbox', 'list', ...flags)).messages.map(({ id }) => id);
  assert.deepEqual(await ids('--failed'), [dead]);
  assert.deepEqual(await ids('--pending'), [waiting]);
  assert.deepEqual(await ids('--inflight'), []);
  assert.ok((await ids('--done')).length > 0);
  assert.match(
    (await run('outbox', 'list', '--failed')).out,
    /dead +person +wall .*refused: the mailbox takes no mail/,
  );
  const anew = z
    .object({ id: z.string(), client_message_id: z.literal('second-try') })
    .parse(await json('outbox', 'requeue', waiting, '--new-client-id', 'second-try'));
  assert.deepEqual(await ids('--aborted'), [waiting]);
  assert.deepEqual(await ids('--pending'), [anew.id]);
  const again = await run('outbox', 'requeue', waiting);
  assert.equal(again.code, 1);
  assert.match(again.err, /is aborted: it cannot be sent anew/);
  assert.equal((await run('outbox', 'list', '--failed', '--done')).code, 2);
});
