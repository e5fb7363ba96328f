// What those who follow mail are told: the end of a message, and who came or went. Run these inside a transaction.
import type { MailMessage, Origin } from '../protocol/index.ts';
import type { StoredDelivery } from './inboxRow.ts';
import type { LogOf } from './log.ts';
import type { StoredMailbox } from './mailbox.ts';
import type { Store } from './store.ts';

/** How a message ends. */
export type MailEnd = 'read' | 'refused' | 'expired';

/** Closes a message; whoever follows mail hears of it. */
export function closeMail(store: Store, delivery: StoredDelivery, state: MailEnd, now: string): void {
  store.inbox.close(delivery, state, now);
  tell(store, delivery, state, now);
}

/** Tells of a receipt that stands in an inbox. */
export function tell(
  store: Store,
  { message, mailboxKey }: StoredDelivery,
  state: string,
  now: string,
): void {
  const mailbox = store.mailboxes.findByKey(mailboxKey)?.name ?? null;
  tellReceipt(store, message, mailbox, state, now);
}

/** Tells of a receipt. */
export function tellReceipt(
  store: Store,
  { id, clientMessageId, from }: Pick<MailMessage, 'id' | 'clientMessageId' | 'from'>,
  mailbox: string | null,
  state: string,
  now: string,
): void {
  const told = { id, client_message_id: clientMessageId, from, mailbox, state };
  store.mailEvents.append('system', now, { subtype: 'receipt', ...told });
}

/** Tells that somebody came, went, or was renamed. */
export function tellOfMailbox(
  store: Store,
  { name, kind, sessionId }: StoredMailbox,
  subtype: string,
  now: string,
): void {
  const event = kind === 'session' ? 'session' : 'system';
  store.mailEvents.append(event, now, { subtype, mailbox: name, kind, sessionId });
}

/** Closes the message that a prompt of a session was made of, if it still is open. */
export function closeMailOf(
  store: Store,
  { sessionId }: LogOf,
  { messageId }: Origin,
  state: MailEnd,
  now: string,
): void {
  const mailbox = store.mailboxes.findBySession(sessionId);
  const delivery = mailbox && store.inbox.find(mailbox, messageId);
  if (delivery?.state === 'delivered') closeMail(store, delivery, state, now);
}
