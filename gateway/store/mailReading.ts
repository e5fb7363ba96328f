// Mail is read by its reader, or let in by a person. Run these inside a transaction.
import { Problem, type MessageId } from '../protocol/index.ts';
import { removePrompt } from './conversation.ts';
import type { StoredMailbox } from './mailbox.ts';
import { intoQueue, isWelcome, type Delivered } from './mailDelivery.ts';
import { closeMail, tell, tellReceipt } from './mailReceipt.ts';
import type { Store } from './store.ts';

/**
 * Says that messages were read. A prompt that was made of one, and still waits, is taken out: its agent has read it.
 * Throws the problem mail.unknown; then none was acknowledged.
 */
export function acknowledge(
  store: Store,
  mailbox: StoredMailbox,
  ids: readonly MessageId[],
  now: string,
): number {
  let count = 0;
  for (const id of new Set(ids)) {
    const read = store.inbox.read(mailbox, id, now);
    if (read === undefined) {
      mustHaveArrived(store, mailbox, id);
      continue;
    }
    tellReceipt(store, { id, ...read }, mailbox.name, 'read', now);
    count += 1;
    const { promptId } = read;
    if (promptId === null || mailbox.sessionId === undefined) continue;
    const session = store.sessions.mustLocate(mailbox.sessionId);
    if (store.queue.get(session, promptId).state === 'queued')
      removePrompt(store, mailbox.sessionId, promptId, now);
  }
  return count;
}

/** Where a message is, for somebody who names no mailbox: in their own, else in the only one where it has arrived. */
export function whereToRead(store: Store, own: StoredMailbox, id: MessageId): StoredMailbox {
  if (store.inbox.find(own, id) !== undefined) return own;
  const [key, another] = store.inbox.whereIs(id);
  return (key !== undefined && another === undefined && store.mailboxes.findByKey(key)) || own;
}

function mustHaveArrived(store: Store, mailbox: StoredMailbox, id: MessageId): void {
  const delivery = store.inbox.find(mailbox, id);
  if (delivery !== undefined && delivery.state !== 'held') return;
  throw new Problem(
    'mail.unknown',
    `${mailbox.name} has no message ${id} that can be read. mail.inbox lists what it has.`,
    { id },
  );
}

/** A person's answer to held mail. Throws mail.unknown or mail.state. */
export function decideMail(
  store: Store,
  mailbox: StoredMailbox,
  id: MessageId,
  decision: 'accept' | 'refuse',
  delivered: Delivered,
  now: string,
): void {
  const delivery = store.inbox.find(mailbox, id);
  if (delivery === undefined)
    throw new Problem('mail.unknown', `${mailbox.name} has no message ${id}.`, { id });
  if (delivery.state !== 'held') {
    throw new Problem('mail.state', `Message ${id} is ${delivery.state}: nobody has to decide about it.`, {
      id,
      state: delivery.state,
    });
  }
  if (decision === 'accept' && delivery.message.damaged === true) {
    throw new Problem('mail.state', `A disk has damaged message ${id}: refuse it, and ask for it again.`, {
      id,
      state: delivery.state,
    });
  }
  if (decision === 'refuse') return closeMail(store, delivery, 'refused', now);
  const isParked = mailbox.kind === 'session' && !isWelcome(store, mailbox, delivery.message);
  store.inbox.letIn(delivery, isParked);
  tell(store, delivery, 'delivered', now);
  delivered.mailboxes.add(mailbox.key);
  if (mailbox.kind === 'session' && !isParked) intoQueue(store, mailbox, delivery, delivered, now);
}
