// Mail between gateways: kept until the other is there, delivered once, its end told back; the sender is said by the receiver.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import { Handled, PeerName, type Delivery, type Outgoing } from '../../gateway/protocol/index.ts';
import { noteForeign } from '../../gateway/store/peerMail.ts';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways, type LocalClient } from '../support/linked.ts';
import { PATIENCE_MS, waitFor } from '../support/waitFor.ts';

/** What a mailbox has, once it is as much. */
async function inbox(client: LocalClient, mailbox: string, count: number): Promise<readonly Delivery[]> {
  let messages: readonly Delivery[] = [];
  await waitFor(`${count} messages in ${mailbox}`, async () => {
    ({ messages } = await client.call('mail.inbox', { mailbox, limit: 1000 }));
    return messages.length >= count;
  });
  assert.equal(messages.length, count);
  return messages;
}

/** The only message that was sent, once its receipts are in these states. */
async function receipts(client: LocalClient, ...states: string[]): Promise<Outgoing> {
  let sent: Outgoing | undefined;
  await waitFor(`the receipts ${states.join(', ')}`, async () => {
    [sent] = (await client.call('mail.outbox', {})).messages;
    return sent?.receipts.map(({ state }) => state).join() === states.join();
  });
  return sent as Outgoing;
}

it('mail goes both ways, and the sender hears of its arrival and of its reading', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await here.call('mail.send', { to: 'builder@box', message: 'build it' });
  const [message] = await inbox(there, 'builder', 1);
  assert.deepEqual(
    [message?.from, message?.content, message?.provenance.via, message?.provenance.peer],
    ['person@laptop', 'build it', 'peer', 'laptop'],
  );
  const arrived = await receipts(here, 'delivered');
  assert.deepEqual([arrived.status, arrived.receipts[0]?.mailbox], ['done', 'builder@box']);
  // However old, nobody has read it yet.
  const { store } = both.box;
  store.written(() => store.inbox.prune('2999-01-01', 10));
  assert.deepEqual(await inbox(there, 'builder', 1), [message]);
  await there.call('mail.ack', { mailbox: 'builder', ids: [message?.id ?? ''] });
  await receipts(here, 'read');
  await waitFor('nothing more to tell', () => store.inbox.untold('laptop', 10).length === 0);
  // The address that it came from is the way back.
  await there.call('mail.send', {
    to: message?.from ?? '',
    from: 'builder',
    message: 'done',
    reply_to_id: message?.id,
  });
  const [answer] = await inbox(here, 'person', 1);
  assert.deepEqual(
    [answer?.from, answer?.replyTo, answer?.threadId, answer?.provenance.hops],
    ['builder@box', message?.id, message?.threadId, 1],
  );
});

it('mail for a gateway that is away waits, and arrives once when it comes; receipts find their way back later', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await both.cut();
  await here.call('mail.send', { to: 'builder@box', message: 'one', client_message_id: 'a' });
  assert.equal((await here.call('mail.outbox', {})).messages[0]?.status, 'pending');
  both.link();
  const [message] = await inbox(there, 'builder', 1);
  await receipts(here, 'delivered');
  await both.cut();
  await there.call('mail.ack', { mailbox: 'builder', ids: [message?.id ?? ''] });
  both.link();
  await receipts(here, 'read');
});

it('a link that breaks again and again delivers each message once and in order', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  const sending = (async () => {
    for (let n = 0; n < 150; n += 1) await here.call('mail.send', { to: 'builder@box', message: `${n}` });
  })();
  for (let n = 0; n < 5; n += 1) {
    await inboxHolds(there, 15 * n);
    await both.cut();
    both.link();
  }
  await sending;
  const messages = await inbox(there, 'builder', 150);
  assert.deepEqual(
    messages.map(({ content }) => Number(content)).toReversed(),
    Array.from({ length: 150 }, (_, n) => n),
  );
});

const inboxHolds = (client: LocalClient, count: number): Promise<unknown> =>
  waitFor(`${count} messages`, async () => {
    const { messages } = await client.call('mail.inbox', { mailbox: 'builder', limit: 1000 });
    return messages.length >= count;
  });

it('what a peer answers, or leaves unanswered, after a message was sent anew changes nothing', async () => {
  await using both = linkedGateways();
  await both.cut();
  const here = both.laptop.client();
  const { broker_message_id: id } = await here.call('mail.send', { to: 'builder@box', message: 'build it' });
  const { outbox } = both.laptop.store;
  const sent = outbox.get(id);
  both.laptop.store.written(() => outbox.leave(sent, 'inflight'));
  await here.call('mail.requeue', { id });
  both.laptop.store.written(() => {
    outbox.retryLater({ ...sent, status: 'inflight' }, '2026-01-01T00:00:00.000Z', 'the link was cut');
    outbox.settle(sent, 'done');
  });
  assert.equal(outbox.get(id).status, 'aborted');
  assert.deepEqual(outbox.waiting(sent.lane), { messages: 1, bytes: sent.bytes });
});

it('mail to a session is held for a person, unless the peer may prompt; nobody is refused silently', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  const name =
    (await there.call('mailbox.list', {})).mailboxes.find(({ kind }) => kind === 'session')?.name ?? '';
  await here.call('mail.send', { to: `${name}@box`, message: 'hello' });
  const [held] = await inbox(there, name, 1);
  assert.equal(held?.state, 'held');
  await receipts(here, 'queued');
  await there.call('mail.decide', { mailbox: name, id: held?.id ?? '', decision: 'refuse' });
  await receipts(here, 'refused');
  both.box.permit({ prompt: true });
  await here.call('mail.send', { to: `${name}@box`, message: 'hello again' });
  await receipts(here, 'read');
  both.box.permit({ mail: 'refuse' });
  await here.call('mail.send', { to: `${name}@box`, message: 'no' });
  const refused = await receipts(here, 'refused');
  assert.equal(refused.status, 'dead');
  await here.call('mail.send', { to: 'nobody@box', message: 'no' });
  await receipts(here, 'refused');
});

it('a topic and everyone of a peer are reached, and its mailboxes stand in the list with who is there', async () => {
  await using both = linkedGateways(EVERYTHING);
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'one', topics: ['build'] });
  await there.call('mailbox.create', { name: 'two', topics: ['build'] });
  await there.call('mailbox.create', { name: 'three' });
  await here.call('mail.send', { to: '@build@box', message: 'all of you' });
  const sent = await receipts(here, 'delivered', 'delivered');
  assert.deepEqual(sent.receipts.map(({ mailbox }) => mailbox).toSorted(), ['one@box', 'two@box']);
  await inbox(there, 'one', 1);
  await here.call('mail.send', { to: '*@box', message: 'everyone' });
  await inbox(there, 'three', 1);
  const listed = async (): Promise<string[]> =>
    (await here.call('mailbox.list', {})).mailboxes.flatMap(({ name, peer, profile }) =>
      peer === undefined || name === 'person' ? [] : [`${name}@${peer} ${profile.status}`],
    );
  await waitFor('the mailboxes of the peer', async () => (await listed()).length === 3);
  assert.deepEqual((await listed()).toSorted(), ['one@box idle', 'three@box idle', 'two@box idle']);
});

it('only the gateway that a message went to can tell what became of it, and no letter comes from elsewhere', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await here.call('mailbox.create', { name: 'mine' });
  const { broker_message_id: id } = await here.call('mail.send', { to: 'mine', message: 'for me alone' });
  const at = new Date().toISOString();
  const receipt = { mailbox: 'mine', state: 'refused', at };
  await both.box.peering
    .side(1)
    .calls.call('peer.receipts', { receipts: [{ id, receipt }] }, { isRepeatable: true });
  await receipts(here, 'delivered');
  await there.call('mail.send', { to: 'mine@laptop', message: 'from afar' });
  const messages = await inbox(here, 'mine', 2);
  assert.deepEqual(
    messages.map(({ from }) => from),
    ['person@box', 'person'],
  );
});

it('what was told of a message is not taken back by what comes late, and its recipient is one, whatever it is called', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  const { broker_message_id: id } = await here.call('mail.send', { to: 'builder@box', message: 'build it' });
  await inbox(there, 'builder', 1);
  await there.call('mailbox.update', { name: 'builder', rename: 'maker' });
  await there.call('mail.ack', { mailbox: 'maker', ids: [id] });
  await receipts(here, 'read');
  for (const [mailbox, state] of [
    ['builder', 'delivered'],
    ['maker', 'queued'],
    ['somebody-else', 'expired'],
  ] as const) {
    const receipt = { mailbox, state, at: new Date().toISOString() };
    const { calls } = both.box.peering.side(1);
    await calls.call('peer.receipts', { receipts: [{ id, receipt }] }, { isRepeatable: true });
  }
  const sent = await receipts(here, 'read');
  assert.equal(sent.receipts[0]?.mailbox, 'builder@box');
});

it('a peer can tell of so many recipients of one message, and no more', async () => {
  await using both = linkedGateways();
  const here = both.laptop.client();
  await here.call('mail.send', { to: '@nobody@box', message: 'is anybody there?' });
  const sent = await receipts(here);
  const { store } = both.laptop;
  const at = new Date().toISOString();
  const say = (mailbox: string, state: 'delivered' | 'read'): void =>
    noteForeign(store, PeerName.parse('box'), sent.id, { mailbox, state, at }, at);
  await store.synced(() => {
    const { key } = store.outbox.get(sent.id);
    for (let n = 0; n < 9_995; n += 1)
      store.outbox.addReceipt({ key }, { mailbox: `${n}@box`, state: 'delivered', at });
    for (let n = 0; n < 10; n += 1) say(`m${n}`, 'delivered');
    say('m1', 'read');
    say('x'.repeat(10_000), 'read');
  });
  const [after] = (await here.call('mail.outbox', {})).messages;
  assert.equal(after?.receipts.length, 10_000);
  assert.equal(after?.receipts.find(({ mailbox }) => mailbox === 'm1@box')?.state, 'read');
});

it('however many have written however much to a gateway that is away, all of it goes over one link', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await both.cut();
  const senders = Array.from({ length: 18 }, (_, n) => `ci-${n}`);
  for (const name of senders) await here.call('mailbox.create', { name });
  const message = 'x'.repeat(250_000);
  const sent = senders.flatMap((from) =>
    Array.from({ length: 8 }, () => here.call('mail.send', { to: 'builder@box', from, message })),
  );
  await Promise.all(sent);
  both.link();
  const [link] = both.laptop.links.all();
  let reason: string | undefined;
  void link?.closed.then((why) => (reason = why));
  await waitFor(
    'all of it',
    async () => {
      if (reason !== undefined) return true;
      const { mailboxes } = await there.call('mailbox.list', {});
      return mailboxes.find(({ name }) => String(name) === 'builder')?.unread === 144;
    },
    2 * PATIENCE_MS,
  );
  assert.equal(reason, undefined);
});

it('what comes behind a letter that has no room waits with it', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await both.cut();
  // 171 kB less than all that one sender may leave unread.
  const sizes = [...Array.from({ length: 63 }, () => 262_000), 100_000, 200_000, 1];
  for (const size of sizes) await here.call('mail.send', { to: 'builder@box', message: 'x'.repeat(size) });
  both.link();
  await waitFor('the answer that there is no room', async () => {
    const { messages } = await here.call('mail.outbox', { status: 'pending' });
    return messages.length > 0 && messages.every(({ lastError }) => lastError?.startsWith('full') === true);
  });
  const full = await inbox(there, 'builder', 64);
  await there.call('mail.ack', { mailbox: 'builder', ids: full.map(({ id }) => id) });
  const all = await inbox(there, 'builder', 66);
  assert.deepEqual(all.map(({ content }) => content.length).toReversed(), sizes);
});

it('letters that are sent again, expired, too large, in a loop or too many are refused or wait, and cost no more', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  await there.call('mailbox.create', { name: 'builder' });
  const letter = (id: number, more: object = {}): object => ({
    ...{ id: `m-${id}`, clientMessageId: `c-${id}`, type: 'message', content: 'x', priority: 'next' },
    ...{ timestamp: new Date().toISOString(), replyTo: null, threadId: `m-${id}`, meta: {} },
    ...{ sender: 'mallory', from: 'mallory', to: 'builder', leftMs: null, hops: 0 },
    ...more,
  });
  const { calls } = both.laptop.peering.side(1);
  const send = async (letters: object[]): Promise<Handled[]> =>
    z.array(Handled).parse(await calls.call('peer.mail', { letters }, { isRepeatable: true }));
  const statuses = async (...letters: object[]): Promise<string[]> =>
    (await send(letters)).map(({ status, reason }) => `${status} ${reason ?? ''}`.trim());

  assert.deepEqual(await statuses(letter(0), letter(0)), ['done', 'done']);
  assert.deepEqual(await statuses(letter(0, { content: 'another' })), ['done']);
  assert.deepEqual(
    (await inbox(there, 'builder', 1)).map(({ content }) => content),
    ['x'],
  );
  const odd = [
    letter(1, { leftMs: 0 }),
    letter(2, { leftMs: -1 }),
    letter(3, { content: 'x'.repeat(256 * 1024 + 1) }),
    letter(4, { hops: 9 }),
    letter(5, { to: 'nobody' }),
  ];
  const said = await send(odd);
  assert.deepEqual(
    said.map(({ status, receipts: [receipt] }) => `${status} ${receipt?.state}`),
    ['dead expired', 'dead expired', 'dead refused', 'dead refused', 'dead refused'],
  );
  await inbox(there, 'builder', 1);
  // What has arrived has, however late it is sent again, and whatever may come by then.
  assert.deepEqual(await statuses(letter(0, { leftMs: 0 })), ['done']);
  both.box.permit({ mail: 'refuse' });
  assert.deepEqual(await statuses(letter(0)), ['done']);
  both.box.permit({ mail: 'accept' });
  // 1,000 unread from one sender; those of another still come, up to what the whole peer may leave.
  let count = 1;
  while (count < 1_000) {
    const some = Array.from({ length: Math.min(64, 1_000 - count) }, (_, index) =>
      letter(10 + count + index),
    );
    assert.deepEqual([...new Set(await statuses(...some))], ['done']);
    count += some.length;
  }
  const [full] = await statuses(letter(5_000));
  assert.match(full ?? '', /^pending full/);
  assert.deepEqual(await statuses(letter(0)), ['done']);
  assert.deepEqual(await statuses(letter(5_001, { sender: 'oscar', from: 'oscar' })), ['done']);
  const { messages: some } = await there.call('mail.inbox', { mailbox: 'builder', limit: 7 });
  await there.call('mail.ack', { mailbox: 'builder', ids: some.map(({ id }) => id) });
  const { inbox: kept, mailboxes } = both.box.store;
  const counted = kept.unreadOfPeer(mailboxes.get('builder'), 'laptop');
  kept.forget();
  assert.deepEqual(counted, kept.unreadOfPeer(mailboxes.get('builder'), 'laptop'));
  assert.equal(counted.messages, 994);
  assert.deepEqual(both.box.bugs.map(String), []);
});

it('mail whose time is over here before the answer came is not given up for good when it has arrived there', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await both.cut();
  const { broker_message_id: id } = await here.call('mail.send', {
    to: 'builder@box',
    message: 'build it',
    ttl_s: 1,
  });
  await waitFor('its time to be over', async () => {
    const [sent] = (await here.call('mail.outbox', { id })).messages;
    return sent?.status === 'dead';
  });
  const { store } = both.laptop;
  // As if it had arrived, and the answer had been lost with the link.
  const { message, sender } = store.outbox.get(id);
  assert.ok(message);
  const letter = { ...message, sender, to: 'builder', leftMs: 1000, hops: 0 };
  both.link();
  const { calls } = both.laptop.peering.side(1);
  await calls.call('peer.mail', { letters: [letter] }, { isRepeatable: true });
  await inbox(there, 'builder', 1);
  const sent = await receipts(here, 'delivered');
  assert.deepEqual([sent.status, sent.lastError], ['done', null]);
});

it('what became of mail in a mailbox that is gone is told to its sender, also after a restart of the link', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder' });
  await here.call('mail.send', { to: 'builder@box', message: 'build it' });
  const [message] = await inbox(there, 'builder', 1);
  await receipts(here, 'delivered');
  await both.cut();
  await there.call('mail.ack', { mailbox: 'builder', ids: [message?.id ?? ''] });
  await there.call('mailbox.destroy', { name: 'builder' });
  both.link();
  await receipts(here, 'read');
  await waitFor('nothing to be left to tell', () => both.box.store.inbox.untold('laptop', 1).length === 0);
});

it('mail from a peer that a person has not let in in time expires', async () => {
  await using both = linkedGateways();
  const [here, there] = [both.laptop.client(), both.box.client()];
  await there.call('mailbox.create', { name: 'builder', policy: 'hold' });
  await here.call('mail.send', { to: 'builder@box', message: 'build it', ttl_s: 1 });
  await receipts(here, 'expired');
});
