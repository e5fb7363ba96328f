// What is bounded and told of before it is too much: calls that wait, and what waits in a lane.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Carrier } from '../../gateway/live/delivery.ts';
import {
  between,
  ClientMessageId,
  MessageId,
  PeerName,
  PeerPolicy,
  SessionId,
} from '../../gateway/protocol/index.ts';
import { newDelivered } from '../../gateway/store/mailDelivery.ts';
import { receiveLetter, renamePeer } from '../../gateway/store/peerMail.ts';
import { newFolder } from '../support/folders.ts';
import { box, MailDesk, TestClock } from '../support/mailDesk.ts';
import { newSession } from '../support/store.ts';
import { waitFor } from '../support/waitFor.ts';

test('so many calls wait for mail at a mailbox, and the next one is told so; none of them is disturbed', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const receive = { mailbox: box('person'), wait_s: 30 };
  const waiting = Array.from({ length: 256 }, () => desk.call('mail.receive', receive));
  const refused = await desk.ask('mail.receive', receive);
  assert.equal(refused.error?.data?.['problem'], 'mail.rate');
  await desk.call('mail.send', { to: 'person', message: 'for the first' });
  const [first, ...others] = waiting;
  assert.equal((await first)?.messages[0]?.content, 'for the first');
  clock.pass(30_000);
  for (const { messages } of await Promise.all(others)) assert.deepEqual(messages, []);
  await desk.call('mail.send', { to: 'person', message: 'for whoever comes' });
  assert.equal((await desk.call('mail.receive', receive)).messages.length, 1);
});

test('those who look after mail hear once when four fifths of what may wait in a lane do', async () => {
  await using desk = await MailDesk.open();
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@away', message: 'x' });
  const first = desk.store.outbox.get(id);
  assert.ok(first.message);
  // As many bytes as would take a while to write.
  const large = {
    ...first.message,
    id: MessageId.parse('large'),
    clientMessageId: ClientMessageId.parse('large'),
  };
  desk.store.written(() => desk.store.outbox.insert({ ...first, message: large, bytes: 53_687_000 }));
  const before = desk.store.mailEvents.last;
  for (let count = 0; count < 3; count += 1)
    await desk.call('mail.send', { to: 'x@away', message: 'x'.repeat(200) });
  const told = desk.store.mailEvents.read(before);
  assert.deepEqual(
    told.map(({ event }) => event),
    ['broker_status'],
  );
  const { ts, ...said } = JSON.parse(told[0]?.data ?? '{}') as Record<string, unknown>;
  assert.ok(typeof ts === 'string');
  assert.deepEqual(said, {
    subtype: 'pressure',
    from: 'person',
    to: 'x@away',
    messages: 3,
    bytes: 53_687_205,
    bound: { messages: 20_000, bytes: 64 * 1024 * 1024 },
  });
});

test('a message that is sent anew while its peer is linked goes there once', async () => {
  await using desk = await MailDesk.open();
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@away', message: 'x' });
  const carried: string[] = [];
  desk.mail.delivery.link('away', {
    deliver: (batch) => {
      carried.push(...batch.map((mail) => mail.id));
      return Promise.resolve(batch.map(() => ({ status: 'done', receipts: [] })));
    },
    receipts: () => Promise.resolve(),
  });
  const { id: anew } = await desk.call('mail.requeue', { id });
  await waitFor('the new one to arrive', () => desk.store.outbox.get(anew).status === 'done');
  assert.deepEqual(carried, [anew]);
  assert.equal(desk.store.outbox.get(id).status, 'aborted');
});

test('mail whose time goes by while a dead link has it is given up when it comes back', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { store } = desk;
  const { promise, reject } = Promise.withResolvers<never>();
  const unlink = desk.mail.delivery.link('away', {
    deliver: () => promise,
    receipts: () => Promise.resolve(),
  });
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@away', message: 'x', ttl_s: 1 });
  await waitFor('it to be on its way', () => store.outbox.get(id).status === 'inflight');
  clock.pass(60_000);
  unlink();
  reject(new Error('the link was cut'));
  await waitFor('it to wait again', () => store.outbox.get(id).status === 'pending');
  await waitFor('its end', () => {
    clock.pass(10);
    return store.outbox.get(id).status === 'dead';
  });
  assert.match(store.outbox.get(id).lastError ?? '', /expired/);
});

test('mail that waits for a session to have time comes when its disk has room again', async (t) => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { sessionId } = await newSession(desk.store);
  const mailbox = desk.store.mailboxes.findBySession(sessionId);
  assert.ok(mailbox);
  desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'dnd' }));
  await desk.call('mail.send', { to: mailbox.name, message: 'when you have time' });
  assert.equal(desk.store.inbox.parked(mailbox).length, 1);
  desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'idle' }));
  const full = t.mock.method(desk.store, 'synced', () => Promise.reject(new Error('no room')));
  desk.mail.delivery.mayHaveTime(sessionId);
  await waitFor('the failure to be told', () => desk.bugs.length > 0);
  await setImmediate();
  full.mock.restore();
  clock.pass(60_000);
  await waitFor('the session to be woken', () => desk.woken.includes(sessionId));
  assert.equal(desk.store.inbox.parked(mailbox).length, 0);
});

test('after a start, sessions are asked whether they have time that have mail waiting for it, and no others', async () => {
  const folder = newFolder('parked');
  {
    await using desk = await MailDesk.open({ folder });
    const { sessionId } = await newSession(desk.store);
    await newSession(desk.store, SessionId.parse('without-mail'));
    const mailbox = desk.store.mailboxes.findBySession(sessionId);
    assert.ok(mailbox);
    desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'dnd' }));
    await desk.call('mail.send', { to: mailbox.name, message: 'when you have time' });
    desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'idle' }));
    // The gateway dies before it has looked.
    assert.deepEqual(desk.store.inbox.sessionsWithParked(), [sessionId]);
  }
  await using desk = await MailDesk.open({ folder });
  await waitFor('the session to be woken', () => desk.woken.length > 0);
  assert.deepEqual(desk.store.inbox.sessionsWithParked(), []);
});

test('mail that cannot be given up on a full disk is looked at again later, not over and over', async (t) => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@away', message: 'x', ttl_s: 1 });
  const full = t.mock.method(desk.store, 'written', () => {
    throw new Error('no room');
  });
  for (let count = 0; count < 100; count += 1) clock.pass(100);
  assert.equal(full.mock.callCount(), 1);
  full.mock.restore();
  clock.pass(60_000);
  assert.equal(desk.store.outbox.get(id).status, 'dead');
});

test('a mailbox that has given its name away hears of what its successor tells a topic', async () => {
  await using desk = await MailDesk.open();
  await desk.call('mailbox.create', { name: box('ci'), topics: [box('builds')] });
  await desk.call('mailbox.update', { name: box('ci'), rename: box('old-ci') });
  await desk.call('mailbox.create', { name: box('ci'), topics: [box('builds')] });
  await desk.call('mail.send', { to: '@builds', from: box('ci'), message: 'broken' });
  await desk.settled();
  const { messages } = await desk.call('mail.inbox', { mailbox: box('old-ci') });
  assert.deepEqual(
    messages.map(({ content }) => content),
    ['broken'],
  );
  assert.deepEqual((await desk.call('mail.inbox', { mailbox: box('ci') })).messages, []);
});

test('mail for a peer that was given another name goes to that peer, and not to who has its old name', async () => {
  await using desk = await MailDesk.open();
  const { store } = desk;
  const { delivery } = desk.mail;
  const { broker_message_id: old } = await desk.call('mail.send', { to: 'x@a', message: 'for b' });
  store.written(() => store.outbox.renamePeer('a', 'b'));
  delivery.renamePeer('a', 'b');
  const { broker_message_id: anew } = await desk.call('mail.send', { to: 'x@a', message: 'for a' });
  const carried: string[] = [];
  const carrierOf = (peer: string): Carrier => ({
    deliver: (batch) => {
      carried.push(...batch.map(({ id }) => `${peer} ${id}`));
      return Promise.resolve(batch.map(() => ({ status: 'done', receipts: [] })));
    },
    receipts: () => Promise.resolve(),
  });
  delivery.link('a', carrierOf('a'));
  await waitFor('the new one to arrive', () => store.outbox.get(anew).status === 'done');
  delivery.link('b', carrierOf('b'));
  await waitFor('the old one to arrive', () => store.outbox.get(old).status === 'done');
  assert.deepEqual(carried, [`a ${anew}`, `b ${old}`]);
});

test('a mailbox at a peer that stays full is asked ever more seldom, with one letter, and when mail was read there', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { delivery } = desk.mail;
  for (let n = 0; n < 100; n += 1) await desk.call('mail.send', { to: 'x@a', message: `${n}` });
  const asked: number[] = [];
  let room = 0;
  let onAsked = (): void => {};
  delivery.link('a', {
    deliver: (batch) => {
      asked.push(batch.length);
      onAsked();
      return Promise.resolve(
        batch.map(() => ({ status: (room -= 1) >= 0 ? 'done' : 'pending', receipts: [] })),
      );
    },
    receipts: () => Promise.resolve(),
  });
  await waitFor('the first answer', () => desk.store.outbox.open().pending === 100 && asked.length === 1);
  // Ten minutes.
  for (let step = 0; step < 120; step += 1) {
    clock.pass(5_000);
    await setImmediate();
    await waitFor('the answer', () => desk.store.outbox.open().inflight === 0);
  }
  assert.ok(asked.length < 60, `asked ${asked.length} times`);
  assert.deepEqual([...new Set(asked.slice(1))], [1]);
  room = 70;
  delivery.roomAt('a');
  await waitFor('what there was room for', () => desk.store.outbox.open().pending === 30);
  // While it is being asked: the answer is from before.
  room = 0;
  const askedAgain = (count: number, ms: number): Promise<unknown> => {
    const before = asked.length;
    return waitFor('the next question', () => {
      if (asked.length >= before + count) return true;
      clock.pass(ms);
      return false;
    });
  };
  await askedAgain(10, 60_000);
  onAsked = () => delivery.roomAt('a');
  await askedAgain(1, 60_000);
  room = 30;
  const at = clock.ms;
  await askedAgain(1, 10);
  assert.ok(clock.ms - at < 10_000, `it waited ${clock.ms - at} ms`);
  await waitFor('the rest', () => desk.store.outbox.open().pending === 0);
});

/** A letter of a peer to the person. */
const letterOf = (clock: TestClock, id: string, sender: string) =>
  between['peer.mail'].shape.letters.element.parse({
    ...{ id, clientMessageId: id, type: 'message', content: 'x', priority: 'next' },
    ...{ timestamp: clock.now(), replyTo: null, threadId: id, meta: {} },
    ...{ sender, from: 's', to: 'person', leftMs: null, hops: 0 },
  });

/** A letter of a peer, with the id m, arrives in the mailbox of the person. */
async function arriveFrom(name: string, { store }: MailDesk, clock: TestClock): Promise<void> {
  const peer = { key: 1, name: PeerName.parse(name), policy: PeerPolicy.parse({}) };
  await store.synced(() =>
    receiveLetter(store, peer, letterOf(clock, 'm', 's'), newDelivered(), clock.now()),
  );
}

test('a peer leaves so much unread in a mailbox, however many senders it has, and what is more waits there', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { store } = desk;
  const peer = { key: 1, name: PeerName.parse('box'), policy: PeerPolicy.parse({}) };
  const states = await store.synced(() =>
    Array.from({ length: 5_001 }, (_, count) => {
      const letter = letterOf(clock, `m${count}`, `s${count % 10}`);
      return receiveLetter(store, peer, letter, newDelivered(), clock.now()).status;
    }),
  );
  assert.deepEqual([states.indexOf('pending'), new Set(states.slice(0, 5_000))], [5_000, new Set(['done'])]);
});

test('an answer goes to who wrote, whatever that machine is called by now and whoever has its old name', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { store } = desk;
  await arriveFrom('box', desk, clock);
  store.written(() => renamePeer(store, PeerName.parse('box'), PeerName.parse('crate')));
  const sendTo = async (reply_to_id: string | undefined): Promise<[string, string | null]> => {
    const answer = reply_to_id === undefined ? {} : { reply_to_id };
    const sent = await desk.call('mail.send', { to: 's@box', message: 'hello', ...answer });
    return [sent.broker_message_id, store.outbox.get(sent.broker_message_id).peer];
  };
  assert.equal((await sendTo(undefined))[1], 'box');
  const [first, peer] = await sendTo('m');
  assert.equal(peer, 'crate');
  // And what is written after that, in the same thread.
  assert.equal((await sendTo(first))[1], 'crate');
});

test('a peer that could not write down what became of its mail is told again', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const { store } = desk;
  await arriveFrom('a', desk, clock);
  let times = 0;
  const deliver = (): Promise<[]> => Promise.resolve([]);
  const receipts = (): Promise<void> =>
    (times += 1) === 1 ? Promise.reject(new Error('full')) : Promise.resolve();
  desk.mail.delivery.link('a', { deliver, receipts });
  await waitFor('the first time', () => times === 1);
  await waitFor('the second time', () => {
    clock.pass(1_000);
    return times === 2;
  });
  await waitFor('that it is told', () => store.inbox.untold('a', 1).length === 0);
});

test('mail that comes when a session has time again does not overtake what has waited for that', async () => {
  await using desk = await MailDesk.open();
  const { store } = desk;
  const { sessionId } = await newSession(store);
  const mailbox = store.mailboxes.findBySession(sessionId);
  assert.ok(mailbox);
  store.written(() => store.mailboxes.setProfile(mailbox, { status: 'dnd' }));
  await desk.call('mail.send', { to: mailbox.name, message: 'first' });
  store.written(() => store.mailboxes.setProfile(mailbox, { status: 'idle' }));
  await desk.call('mail.send', { to: mailbox.name, message: 'second' });
  await desk.call('mail.send', { to: mailbox.name, message: 'urgent', priority: 'now' });
  desk.mail.delivery.mayHaveTime(sessionId);
  await waitFor('all to be prompts', () => store.inbox.parked(mailbox).length === 0);
  const prompts = store.queue
    .list(store.sessions.get(sessionId))
    .map(({ message }) => JSON.stringify(message));
  assert.deepEqual(
    prompts.map((text) => /> (\w+)/.exec(text)?.[1]),
    ['urgent', 'first', 'second'],
  );
});
