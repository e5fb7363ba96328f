// holdfast bus: mailboxes for scripts, from making one to the last message in it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { MailboxName } from '../../gateway/protocol/index.ts';
import { startGateway } from '../support/gateway.ts';
import { waitFor } from '../support/waitFor.ts';
import { holdfast, holdfastJson, startHoldfast } from './holdfast.ts';

const Listed = z.object({
  mailboxes: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      unread: z.int().optional(),
      socket: z.string().optional(),
    }),
  ),
});
const Received = z.object({ messages: z.array(z.object({ from: z.string(), content: z.string() })) });

const listed = async (home: string) => Listed.parse(await holdfastJson(home, ['bus', 'list'])).mailboxes;
const received = async (home: string, ...args: string[]): Promise<string[]> => {
  const { messages } = Received.parse(await holdfastJson(home, ['bus', 'receive', ...args]));
  return messages.map(({ from, content }) => `${from}: ${content}`);
};

test('a mailbox is made, written to, read once, and destroyed', async () => {
  await using gateway = await startGateway();
  const { home } = gateway;
  const made = await holdfast(home, ['bus', 'create', 'jobs', '--topics', 'builds']);
  assert.equal(made.code, 0, made.err);
  assert.ok(existsSync(made.out.trim()), 'it says where the socket is');

  assert.equal((await holdfast(home, ['bus', 'send', 'jobs', 'one'])).code, 0);
  assert.equal((await holdfast(home, ['bus', 'send', '@builds'], { input: 'two\nlines\n' })).code, 0);
  assert.deepEqual(await received(home, 'jobs', '--wait', '20', '--max', '1'), ['person: one']);
  assert.deepEqual(await received(home, 'jobs', '--wait', '20'), ['person: two\nlines']);
  assert.deepEqual(await received(home, 'jobs'), [], 'what was received is not received again');
  assert.match((await holdfast(home, ['bus', 'receive', 'jobs'])).out, /No messages/);

  assert.match((await holdfast(home, ['bus', 'destroy', 'jobs'])).out, /jobs is gone/);
  assert.ok(!existsSync(made.out.trim()));
  assert.equal((await holdfast(home, ['bus', 'send', 'jobs', 'three'])).code, 1);
});

test('wrong usage is told as such', async () => {
  await using gateway = await startGateway();
  const { home } = gateway;
  const wrong = [
    ['bus', 'create', 'No Good'],
    ['bus', 'receive', 'jobs', '--wait', 'long'],
    ['bus', 'send', 'jobs', 'x', '--priority', 'urgent'],
    ['bus', 'send', 'jobs', ''],
  ];
  for (const args of wrong) assert.equal((await holdfast(home, args)).code, 2, args.join(' '));
});

test('a reader that waits gets the message that comes', async () => {
  await using gateway = await startGateway();
  const { home } = gateway;
  await holdfastJson(home, ['bus', 'create', 'bell']);
  await using reader = startHoldfast(home, ['bus', 'receive', 'bell', '--wait']);
  await holdfastJson(home, ['bus', 'send', 'bell', 'ring']);
  assert.match((await reader.over()).out, /ring/);
});

test('two readers race: each message is printed once, and none is lost when one is killed', async () => {
  await using gateway = await startGateway();
  const { home } = gateway;
  const client = await gateway.connect();
  const mailbox = MailboxName.parse('work');
  await client.call('mailbox.create', { name: mailbox });
  const COUNT = 40;
  for (let number = 0; number < COUNT; number += 1) {
    await client.call('mail.send', { to: 'work', message: `job ${number}` });
  }
  // One that is gone before it could acknowledge anything.
  const taker = await gateway.connect();
  const { messages: lost } = await taker.call('mail.receive', { mailbox, max: 5, wait_s: 20, lease_s: 1 });
  assert.equal(lost.length, 5);
  await taker[Symbol.asyncDispose]();

  const seen: string[] = [];
  const drain = async (): Promise<void> => {
    while (seen.length < COUNT) seen.push(...(await received(home, 'work', '--max', '4', '--wait', '3')));
  };
  await Promise.all([drain(), drain()]);
  assert.deepEqual(
    seen.toSorted(),
    Array.from({ length: COUNT }, (_, number) => `person: job ${number}`).toSorted(),
  );
});

test('a socket that a dead gateway has left is told from one that lives', async () => {
  await using gateway = await startGateway();
  const { home } = gateway;
  await holdfastJson(home, ['bus', 'create', 'here']);
  assert.deepEqual(
    (await listed(home)).map(({ name, state }) => `${name} ${state}`),
    ['here live', 'person live'],
  );
  await gateway.kill9();
  assert.deepEqual(
    (await listed(home)).map(({ name, state, unread }) => `${name} ${state} ${unread ?? '-'}`),
    ['here stale -', 'person stale -'],
  );
  assert.match((await holdfast(home, ['bus', 'list'])).out, /here +- +stale/);
  await gateway.start();
  await waitFor('the mailbox to be back', async () => (await listed(home))[0]?.state === 'live');
});
