// Mail that a disk has bent: the rest is there as ever, the bent message says so itself, and nobody gets it as a message.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Carrier } from '../../gateway/live/delivery.ts';
import { newFolder } from '../support/folders.ts';
import { box, MailDesk } from '../support/mailDesk.ts';
import { newSession, SESSION } from '../support/store.ts';
import { waitFor } from '../support/waitFor.ts';

/** Cuts the first character off the messages with these contents. */
function bend(folder: string, ...contents: readonly string[]): void {
  const database = new DatabaseSync(path.join(folder, 'holdfast.db'));
  const { changes } = database
    .prepare(
      `UPDATE outbox SET body = substr(body, 2) WHERE body ->> '$.content' IN (SELECT value FROM json_each(?))`,
    )
    .run(JSON.stringify(contents));
  database.close();
  assert.equal(changes, contents.length);
}

test('an inbox with a bent message shows the others, tells of it, and lets it be acknowledged', async () => {
  const folder = newFolder('bent');
  {
    await using desk = await MailDesk.open({ folder });
    for (const message of ['first', 'bent', 'last']) await desk.call('mail.send', { to: 'person', message });
  }
  bend(folder, 'bent');
  await using desk = await MailDesk.open({ folder });
  const { messages } = await desk.call('mail.inbox', {});
  assert.deepEqual(
    messages.map(({ content, from, damaged }) => [content, from, damaged]),
    [
      ['last', 'person', undefined],
      ['(A disk has damaged this message: it cannot be read any more.)', 'person', true],
      ['first', 'person', undefined],
    ],
  );
  assert.deepEqual((await desk.call('mail.inbox', { topic: 'news' })).messages, []);
  const received = await desk.call('mail.receive', { max: 3 });
  assert.deepEqual(
    received.messages.map(({ damaged = false }) => damaged),
    [false, true, false],
  );
  const { messages: sent } = await desk.call('mail.outbox', {});
  assert.deepEqual(
    sent.map(({ damaged = false }) => damaged),
    [false, true, false],
  );
  assert.equal(desk.store.mailThreads.list(10).length, 3);
  const ids = messages.map(({ id }) => id);
  assert.equal((await desk.call('mail.ack', { ids })).acknowledged, 3);
  assert.deepEqual(desk.bugs, []);
});

test('a message that was bent while it waited is given up, here and to a peer, and what is behind it arrives', async () => {
  const folder = newFolder('bent');
  {
    await using desk = await MailDesk.open({ folder });
    await desk.call('mailbox.create', { name: 'full' });
    // Its lane waits from here on: the mailbox holds as much of one sender as it may.
    for (let count = 0; count < 1_001; count += 1)
      await desk.call('mail.send', { to: 'full', message: count === 1_000 ? 'bent' : 'x' });
    for (const message of ['bent too', 'whole']) await desk.call('mail.send', { to: 'ci@away', message });
  }
  bend(folder, 'bent', 'bent too');
  await using desk = await MailDesk.open({ folder });
  await desk.settled(2);
  const carried: (string | undefined)[] = [];
  const carrier: Carrier = {
    deliver: (batch) => {
      carried.push(...batch.map(({ message }) => message?.content));
      return Promise.resolve(batch.map(() => ({ status: 'done', receipts: [] })));
    },
    receipts: () => Promise.resolve(),
  };
  desk.mail.delivery.link('away', carrier);
  await desk.settled();
  assert.deepEqual(carried, ['whole']);
  const { messages } = await desk.call('mail.outbox', { status: 'dead' });
  assert.equal(messages.length, 2);
  for (const { id, damaged, lastError, receipts } of messages) {
    assert.equal(damaged, true);
    assert.match(lastError ?? '', /disk has damaged it/);
    assert.deepEqual(
      receipts.map(({ state }) => state),
      ['refused'],
    );
    await assert.rejects(desk.call('mail.requeue', { id }), /is damaged: it cannot be sent anew/);
  }
  assert.deepEqual(desk.bugs, []);
});

test('no session gets what is left of a bent message: parked it is refused, held it cannot be let in', async () => {
  const folder = newFolder('bent');
  {
    await using desk = await MailDesk.open({ folder });
    const { sessionId } = await newSession(desk.store);
    const mailbox = desk.store.mailboxes.findBySession(sessionId);
    assert.ok(mailbox);
    desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'dnd' }));
    for (const message of ['bent', 'whole']) await desk.call('mail.send', { to: mailbox.name, message });
    await desk.call('mailbox.create', { name: 'careful', policy: 'hold' });
    await desk.call('mail.send', { to: 'careful', message: 'bent, held' });
    desk.store.written(() => desk.store.mailboxes.setProfile(mailbox, { status: 'idle' }));
  }
  bend(folder, 'bent', 'bent, held');
  await using desk = await MailDesk.open({ folder });
  await waitFor('the session to be woken', () => desk.woken.includes(SESSION));
  const { messages } = await desk.call('mail.inbox', { mailbox: box('demo-0001') });
  assert.deepEqual(
    messages.map(({ state, damaged }) => [state, damaged]),
    [
      ['read', undefined],
      ['refused', true],
    ],
  );
  assert.equal(desk.store.queue.list(desk.store.sessions.get(SESSION)).length, 1);
  const [held] = (await desk.call('mail.inbox', { mailbox: box('careful') })).messages;
  const decide = { mailbox: box('careful'), id: held?.id ?? '' };
  await assert.rejects(desk.call('mail.decide', { ...decide, decision: 'accept' }), /disk has damaged/);
  await desk.call('mail.decide', { ...decide, decision: 'refuse' });
  assert.deepEqual(desk.bugs, []);
});
