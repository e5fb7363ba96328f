// What a linked gateway can say that means harm, or nothing: it is refused or skipped, and everything else goes on.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { it } from 'node:test';
import { readable } from '../../gateway/live/foreign.ts';
import { RemoteSessions } from '../../gateway/live/remoteSessions.ts';
import { between, methods, SessionId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways, type Linked } from '../support/linked.ts';
import { check } from '../support/property.ts';
import { waitFor } from '../support/waitFor.ts';

const NAMES = [
  ...Object.keys(methods),
  ...Object.keys(between),
  'session.events',
  'session.removed',
  'nothing',
];

/** JSON-RPC that is nearly right, and whatever else JSON can say. */
const message = fc.oneof(
  { weight: 4, arbitrary: envelope() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.oneof(fc.boolean(), fc.string()), fc.oneof(fc.string(), fc.integer())),
  },
);

function envelope(): fc.Arbitrary<unknown> {
  const client = fc.oneof(
    fc.constantFrom('c1', 'c2', ''),
    fc.record({ id: fc.constantFrom('c1', 'x', 'ß'), clientId: fc.string(), name: fc.string() }),
    fc.constant({ id: 'c9', clientId: 'c9', name: 'a guest' }),
  );
  const fields = fc.record(
    {
      sessionId: fc.oneof(fc.constantFrom('s', '../s', '__proto__'), fc.jsonValue({ maxDepth: 1 })),
      cursor: fc.constantFrom('00000000:1', 'x', '00000000:99999999999999'),
      events: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
      sessions: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
      taskId: fc.constantFrom('t', '..'),
      letters: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 2 }),
      allows: fc.jsonValue({ maxDepth: 1 }),
      peer: fc.constantFrom('laptop', 'box'),
    },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      jsonrpc: fc.constant('2.0'),
      id: fc.oneof(fc.string({ maxLength: 70 }), fc.integer()),
      method: fc.oneof(fc.constantFrom(...NAMES), fc.string()),
      params: fc.oneof(
        { weight: 3, arbitrary: fields },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
      ),
      result: fc.jsonValue({ maxDepth: 2 }),
      error: fc.jsonValue({ maxDepth: 2 }),
      client,
    },
    { requiredKeys: [] },
  );
}

/** What the box says is written by hand, past all that would keep it from saying it. */
function say(both: Linked, said: unknown): void {
  const [link] = both.box.links.all();
  link?.send(JSON.stringify(said));
}

it('nothing that a peer says is a bug here, or takes anything away', async (t) => {
  await using both = linkedGateways(EVERYTHING);
  both.laptop.permit({ see: true, prompt: true, answer: true, interrupt: true });
  const here = both.laptop.client();
  const { sessionId } = await here.call('session.create', {
    path: newFolder('work'),
    agent: 'demo',
    title: 'Mine',
  });
  await check(
    t,
    fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
      if (both.box.links.all().length === 0) both.link();
      for (const said of messages) say(both, said);
      // A session of ours is as it was, and calls are answered.
      const session = await here.call('session.get', { sessionId });
      assert.equal(session.title, 'Mine');
    }),
    400,
  );
  await both.cut();
  both.link();
  await here.call('session.list', { peer: 'box' });
  assert.deepEqual(both.laptop.bugs.map(String), []);
});

it('a task and a letter that are malformed are answered with an error, not taken', async () => {
  await using both = linkedGateways(EVERYTHING);
  const { calls } = both.laptop.peering.side(1);
  for (const [method, params] of [
    ['peer.task', { taskId: '../../etc', prompt: 'x' }],
    ['peer.task', { taskId: 't', prompt: '' }],
    ['peer.mail', { letters: [{ id: 'm' }] }],
    ['peer.task_stop', { taskId: 'not-given' }],
  ] as const)
    await assert.rejects(calls.call(method, params, { isRepeatable: true }), Error, method);
  assert.deepEqual(both.box.bugs.map(String), []);
  assert.deepEqual((await both.box.client().call('task.list', {})).tasks, []);
});

it('whatever a peer makes long takes no room here: what no message counts, a time, the result of a task', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const { calls } = both.laptop.peering.side(1);
  const long = '1'.repeat(100_000);
  const timestamp = new Date().toISOString();
  const letter = {
    ...{ id: 'm', clientMessageId: 'c', type: 'message', content: 'x', priority: 'next', timestamp },
    ...{
      replyTo: null,
      threadId: 'm',
      meta: {},
      sender: 's',
      from: 's',
      to: 'person',
      leftMs: 1e300,
      hops: 0,
    },
  };
  const send = (more: object): Promise<unknown> =>
    calls.call('peer.mail', { letters: [{ ...letter, ...more }] }, { isRepeatable: true });
  await assert.rejects(send({ type: long }), Error);
  await assert.rejects(send({ timestamp: `2026-01-01T00:00:00.${long}Z` }), Error);
  await send({});
  await there.call('mail.send', { to: 'person@laptop', message: 'x' });
  const sent = await waitFor('its arrival', async () => {
    const [message] = (await there.call('mail.outbox', { status: 'done' })).messages;
    return message;
  });
  const receipt = { mailbox: 'person', state: 'read', at: `2026-01-01T00:00:00.${long}Z` };
  await calls.call('peer.receipts', { receipts: [{ id: sent.id, receipt }] }, { isRepeatable: true });
  assert.ok(JSON.stringify(await there.call('mail.outbox', {})).length < 10_000);
  assert.equal((await there.call('mail.inbox', {})).messages.length, 1);

  both.laptop.permit({ prompt: true });
  both.laptop.peering.answer('peer.task', ({ taskId }) => ({
    ...{ taskId, state: 'completed', sessionId: null },
    ...{ result: long.repeat(5), error: long },
  }));
  await there.call('task.delegate', { peer: 'laptop', prompt: 'hello' });
  const task = await waitFor('its end', async () => {
    const [one] = (await there.call('task.list', {})).tasks;
    return one?.state === 'completed' && one;
  });
  assert.deepEqual([task.result?.length, task.error?.length], [100_000, 2_000]);
  assert.deepEqual(both.box.bugs.map(String), []);
});

it('a mailbox of a kind that only a newer gateway knows is left out, and the rest of its news is taken', async () => {
  await using both = linkedGateways();
  const there = both.box.client();
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const { peering } = both.laptop;
  await waitFor('its mailbox', () => peering.mailboxes().some((mailbox) => mailbox.sessionId === sessionId));
  const [mailbox] = peering.mailboxes();
  const [session] = peering.sessions.of(1);
  const told = {
    allows: { see: true, mail: 'accept', prompt: false, interrupt: false, answer: false, dance: true },
    sessions: [
      { ...session, title: 'Newer' },
      { sessionId: 'x', status: 'dancing' },
    ],
    complete: true,
    mailboxes: [
      { ...mailbox, name: 'known' },
      { ...mailbox, name: 'choir', kind: 'choir' },
    ],
  };
  say(both, { jsonrpc: '2.0', method: 'peer.news', params: told });
  await waitFor('its sessions', () => peering.sessions.of(1)[0]?.title === 'Newer');
  assert.deepEqual(
    peering.mailboxes().map(({ name }) => String(name)),
    ['known'],
  );
});

it('a peer that tells of a task in a way that nobody understands makes that task fail, and no more', async () => {
  await using both = linkedGateways(EVERYTHING);
  both.box.peering.answer('peer.task', () => ({ state: 'wonderful' }));
  const here = both.laptop.client();
  await here.call('task.delegate', { peer: 'box', prompt: 'hello' });
  const [task] = await waitFor('its end', async () => {
    const { tasks } = await here.call('task.list', {});
    return tasks[0]?.state === 'failed' && tasks;
  });
  assert.match(task?.error ?? '', /cannot be read/);
});

it('a peer that tells of sessions without end fills a bounded part of our memory', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const session = await there.call('session.get', { sessionId });
  const sessions = new RemoteSessions(() => false);
  sessions.put(1, { ...session, model: 'x'.repeat(100_000) });
  for (let count = 0; count < 10_100; count += 1)
    sessions.put(1, { ...session, sessionId: SessionId.parse(`s-${count}`) });
  sessions.put(1, { ...session, sessionId: SessionId.parse('s-0'), title: 'Still told of' });
  sessions.put(2, session);
  assert.equal(sessions.of(1).length, 10_000);
  assert.equal(sessions.of(1)[0]?.title, 'Still told of');
  assert.deepEqual(sessions.of(2), [session]);
});

it('a session that one peer has told of cannot be taken over by another', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const session = await there.call('session.get', { sessionId });
  const sessions = new RemoteSessions(() => false);
  sessions.put(1, session);
  sessions.put(2, { ...session, title: 'Mine now' });
  assert.deepEqual([sessions.of(1), sessions.of(2)], [[session], []]);
  sessions.remove(1, sessionId);
  sessions.put(2, session);
  assert.deepEqual(sessions.of(2), [session], 'it is free when the first has it no more');
});

it('an event that is not what its type promises is told as a gap, and one of a newer type as it is', () => {
  const head = { seq: 3, ts: '2026-01-01T00:00:00.000Z', sessionId: SessionId.parse('s') };
  const said = { ...head, type: 'text', messageId: 'm1', content: 'hi' };
  const newer = { ...head, type: 'hologram', depth: 3 };
  assert.deepEqual([said, newer].map(readable), [said, newer]);
  const bent = { ...said, content: { html: '<b>' } };
  assert.deepEqual(readable(bent), { ...head, type: 'gap', from: 3, to: 3 });
});
