// Mail arrives, once: from the outbox into inboxes, and from there into the queue of a session. Inside a transaction.
import {
  backOffMs,
  becomesPromptNow,
  destinationOf,
  fits,
  isOver,
  QUOTA,
  rankOf,
  timeAfter,
} from '../core/mail.ts';
import { promptOf } from '../core/mailPrompt.ts';
import {
  ClientId,
  PromptId,
  type MailMessage,
  type MailPolicy,
  type Origin,
  type Receipt,
  type SessionId,
} from '../protocol/index.ts';
import { admitPrompt } from './conversation.ts';
import type { StoredDelivery } from './inboxRow.ts';
import type { StoredMailbox } from './mailbox.ts';
import { closeMail } from './mailReceipt.ts';
import type { StoredOutgoing } from './outboxRow.ts';
import type { Store } from './store.ts';

/** What a delivery leads to outside of the store. */
export interface Delivered {
  readonly mailboxes: Set<number>;
  readonly sessions: Set<SessionId>;
}

/** Nothing yet: deliveries add to it. */
export const newDelivered = (): Delivered => ({ mailboxes: new Set(), sessions: new Set() });

/** Why a message that was too late is given up, as its sender reads it. */
export const EXPIRED = 'expired: its time was over before it arrived';

/** Delivers from a lane of this gateway. `full`: its first message has to wait for room. */
export function deliverLane(
  store: Store,
  lane: string,
  { limit, chance }: { limit: number; chance: () => number },
  delivered: Delivered,
  now: string,
): { count: number; waitMs?: number } {
  const batch = store.outbox.next(lane, limit);
  for (const [count, mail] of batch.entries()) {
    if (deliver(store, mail, delivered, now) === 'full') {
      const waitMs = backOffMs(mail.attempts, chance());
      store.outbox.retryLater(
        mail,
        timeAfter(now, waitMs),
        'full: the mailbox holds as much from this sender as it may',
      );
      return { count, waitMs };
    }
  }
  return { count: batch.length };
}

function deliver(store: Store, mail: StoredOutgoing, delivered: Delivered, now: string): 'settled' | 'full' {
  const { message, mailboxKey, sender, bytes, expiresAt } = mail;
  if (isDamaged(mail)) {
    giveUpDamaged(store, mail, now);
    return 'settled';
  }
  if (message === undefined || isOver(expiresAt, now)) {
    giveUp(store, mail, 'expired', EXPIRED, now);
    return 'settled';
  }
  const put = (mailbox: StoredMailbox): Outcome => {
    const arriving = { sender, bytes, expiresAt, outboxKey: mail.key, peer: null };
    return arrive(store, { mailbox, message, policy: mailbox.policy, ...arriving }, delivered, now);
  };
  if (mailboxKey === null) {
    const { kind, ref } = destinationOf(message.to);
    for (const mailbox of store.mailboxes.listeners(kind === 'topic' ? ref : undefined)) {
      // A mailbox that was made anew under the same name counts as the same sender, but as another reader.
      if (mailbox.identity === sender && mailbox.name === message.from) continue;
      const outcome = put(mailbox);
      if (outcome !== 'arrived') store.outbox.addReceipt(mail, refusalBy(mailbox, outcome, now));
    }
    store.outbox.leave(mail, 'done');
    return 'settled';
  }
  const mailbox = store.mailboxes.findByKey(mailboxKey);
  if (mailbox === undefined) {
    giveUp(store, mail, 'refused', 'refused: the mailbox was removed', now);
    return 'settled';
  }
  switch (put(mailbox)) {
    case 'full':
      return 'full';
    case 'refused':
      giveUp(store, mail, 'refused', 'refused: the mailbox takes no mail', now);
      return 'settled';
    case 'arrived':
      store.outbox.leave(mail, 'done');
      return 'settled';
  }
}

/** What is told of one of several recipients that did not get it. */
export const refusalBy = (
  { name }: StoredMailbox,
  outcome: Exclude<Outcome, 'arrived'>,
  at: string,
): Receipt => ({
  mailbox: name,
  state: 'refused',
  at,
  reason: outcome === 'full' ? 'full' : 'refused by its policy',
});

/** A disk has damaged it while it waited. */
export const isDamaged = ({ message }: Pick<StoredOutgoing, 'message'>): boolean => message?.damaged === true;

/** Gives up a damaged message. Its text is now a sentence about the damage, which nobody must take for the sender's words. */
export const giveUpDamaged = (store: Store, mail: StoredOutgoing, now: string): void =>
  giveUp(store, mail, 'refused', 'damaged: a disk has damaged it while it waited. Write it again', now);

/** It will not arrive: its sender is told why, and a person may send it anew. */
export function giveUp(
  store: Store,
  mail: StoredOutgoing,
  state: 'expired' | 'refused',
  reason: string,
  now: string,
): void {
  store.outbox.leave(mail, 'dead', reason);
  noteReceipt(store, mail, { mailbox: mail.message?.to ?? '', state, at: now, reason }, now);
}

/** What became of a recipient without an inbox here: told once, and never taken back. */
export function noteReceipt(
  store: Store,
  { key, id, clientMessageId, message }: StoredOutgoing,
  receipt: Receipt,
  now: string,
  most?: number,
): void {
  if (!store.outbox.addReceipt({ key }, receipt, most)) return;
  const { mailbox, state, reason } = receipt;
  const told = { id, client_message_id: clientMessageId, from: message?.from, mailbox, state, reason };
  store.mailEvents.append('system', now, { subtype: 'receipt', ...told });
}

export interface Arriving {
  readonly mailbox: StoredMailbox;
  readonly message: MailMessage;
  /** Of the mailbox, or stricter. */
  readonly policy: MailPolicy;
  readonly sender: string;
  readonly bytes: number;
  readonly expiresAt: string | null;
  readonly outboxKey: number | null;
  readonly peer: string | null;
}

/** What becomes of a message at an inbox. */
export type Outcome = 'arrived' | 'full' | 'refused';

/** Puts a message into an inbox and, for a session, into its queue. Arriving twice is arriving once. */
export function arrive(
  store: Store,
  { mailbox, message, policy, ...arriving }: Arriving,
  delivered: Delivered,
  now: string,
): Outcome {
  if (policy === 'refuse') return 'refused';
  if (!fits(store.inbox.unread(mailbox, arriving.sender), arriving.bytes, QUOTA)) return 'full';
  const state = policy === 'hold' ? 'held' : 'delivered';
  const { clientMessageId } = message;
  // Parked mail goes first, also when this message comes at the very moment in which the session has time.
  const isParked =
    mailbox.kind === 'session' &&
    state === 'delivered' &&
    (!isWelcome(store, mailbox, message) || store.inbox.isBehindParked(mailbox, rankOf(message.priority)));
  const key = store.inbox.insert({ ...arriving, mailbox, message, clientMessageId, state, isParked }, now);
  if (key === undefined) return 'arrived';
  store.mailEvents.arrived(key, now);
  delivered.mailboxes.add(mailbox.key);
  if (mailbox.kind === 'session' && state === 'delivered' && !isParked) {
    intoQueue(store, mailbox, { key, message }, delivered, now);
  }
  return 'arrived';
}

// ---- into a session ----

/** Whether a session has time for a message now. */
export function isWelcome(
  store: Store,
  { sessionKey, profile }: StoredMailbox,
  { priority }: MailMessage,
): boolean {
  const isQueueEmpty = sessionKey !== undefined && store.queue.isEmpty({ key: sessionKey });
  return becomesPromptNow(priority, { isDisturbable: profile.status !== 'dnd', isQueueEmpty });
}

/** Makes a prompt of a message. Wake its session when all is committed. */
export function intoQueue(
  store: Store,
  { name, sessionId }: StoredMailbox,
  { key, message }: Pick<StoredDelivery, 'key' | 'message'>,
  delivered: Delivered,
  now: string,
): void {
  if (sessionId === undefined) return;
  const { id: messageId, from, provenance } = message;
  const origin: Origin = { messageId, from, provenance };
  // The id of the prompt is made from the row. Should somebody have used it for a prompt of his own, mail must not get stuck.
  let promptId = PromptId.parse(`mail-${store.log.logId}-${key}`);
  while (store.queue.has(promptId)) promptId = PromptId.parse(`${promptId}x`);
  store.inbox.becamePrompt(key, promptId);
  admitPrompt(
    store,
    {
      sessionId,
      promptId,
      message: promptOf(message, name),
      from: { clientId: ClientId.parse('mail'), name: `mail from ${from}` },
      origin,
      createdAt: now,
      expiresAt: null,
      steer: message.priority === 'now',
    },
    now,
  );
  delivered.sessions.add(sessionId);
}

/** Lets parked mail become prompts, as far as the session has time for it now. */
export function unpark(store: Store, mailbox: StoredMailbox, delivered: Delivered, now: string): void {
  for (const delivery of store.inbox.parked(mailbox)) {
    if (delivery.message.damaged === true) {
      closeMail(store, delivery, 'refused', now);
      continue;
    }
    if (!isWelcome(store, mailbox, delivery.message)) return;
    intoQueue(store, mailbox, delivery, delivered, now);
  }
}

// ---- time ----

/** Gives up what has waited too long; answers how much that was. */
export function expireMail(store: Store, limit: number, now: string): number {
  const waiting = store.outbox.expired(now, limit);
  for (const mail of waiting) giveUp(store, mail, 'expired', EXPIRED, now);
  for (const delivery of store.inbox.expired(now)) closeMail(store, delivery, 'expired', now);
  return waiting.length;
}
