// Programs that take their mail: each message goes to one of them, and comes back when that one says nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Params } from '../../gateway/protocol/index.ts';
import { box, MailDesk, TestClock } from '../support/mailDesk.ts';

test('two readers that race never get the same message, and what a reader leaves behind comes back', async () => {
  const clock = new TestClock();
  await using desk = await MailDesk.open({ clock });
  const mailbox = box('person');
  const receive = (more: Partial<Params<'mail.receive'>> = {}) =>
    desk.call('mail.receive', { mailbox, wait_s: 5, lease_s: 10, ...more });
  const waiting = Promise.all([receive(), receive()]);
  for (const message of ['one', 'two', 'three']) await desk.call('mail.send', { to: 'person', message });
  const taken = (await waiting).flatMap(({ messages }) => messages.map(({ content }) => content));
  assert.deepEqual(taken.toSorted(), ['one', 'two']);
  const third = await receive({ max: 10 });
  assert.deepEqual(
    third.messages.map(({ content }) => content),
    ['three'],
  );
  await desk.call('mail.ack', { mailbox, ids: third.messages.map(({ id }) => id) });
  assert.deepEqual((await receive({ wait_s: 0 })).messages, []);
  clock.pass(10_001);
  const again = (await receive({ max: 10 })).messages.map(({ content }) => content);
  assert.deepEqual(again, ['one', 'two']);
});

test('what a reader has is given to no other when a person lets in what came before it', async () => {
  await using desk = await MailDesk.open({ clock: new TestClock() });
  const mailbox = box('person');
  await desk.call('mailbox.update', { name: mailbox, policy: 'hold' });
  await desk.call('mail.send', { to: mailbox, message: 'held' });
  const [held] = (await desk.call('mail.inbox', { mailbox, held: true })).messages;
  assert.ok(held !== undefined);
  await desk.call('mailbox.update', { name: mailbox, policy: 'accept' });
  await desk.call('mail.send', { to: mailbox, message: 'taken' });
  const receive = async (): Promise<string[]> =>
    (await desk.call('mail.receive', { mailbox, max: 10 })).messages.map(({ content }) => content);
  assert.deepEqual(await receive(), ['taken']);
  await desk.call('mail.decide', { mailbox, id: held.id, decision: 'accept' });
  assert.deepEqual(await receive(), ['held']);
});

test('what a person lets in goes to a reader who has found nothing before', async () => {
  await using desk = await MailDesk.open({ clock: new TestClock() });
  const mailbox = box('person');
  await desk.call('mailbox.update', { name: mailbox, policy: 'hold' });
  await desk.call('mail.send', { to: mailbox, message: 'held' });
  const receive = async (): Promise<string[]> =>
    (await desk.call('mail.receive', { mailbox })).messages.map(({ content }) => content);
  assert.deepEqual(await receive(), []);
  const { messages } = await desk.call('mail.inbox', { mailbox, held: true });
  for (const { id } of messages) await desk.call('mail.decide', { mailbox, id, decision: 'accept' });
  assert.deepEqual(await receive(), ['held']);
});
