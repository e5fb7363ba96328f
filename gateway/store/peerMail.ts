// Mail between gateways: letters of a peer arrive once, and what became of ours is noted. Run these inside a transaction.
import { destinationOf, MAX_HOPS } from '../core/mail.ts';
import { mailPolicyFor, receiptFrom } from '../core/peerMail.ts';
import {
  MAX_MAIL_BYTES,
  type Handled,
  type Letter,
  type MailMessage,
  type MessageId,
  type PeerName,
  type PeerPolicy,
  type Receipt,
} from '../protocol/index.ts';
import { arrive, EXPIRED, noteReceipt, type Delivered } from './mailDelivery.ts';
import type { StoredMailbox } from './mailbox.ts';
import type { Store } from './store.ts';

/** A peer as one gets mail from it. */
export interface Correspondent {
  readonly key: number;
  readonly name: PeerName;
  readonly policy: PeerPolicy;
}

/** All that a peer may leave unread in one mailbox, however many senders it has. */
const PEER_QUOTA = { messages: 5_000, bytes: 64 * 1024 * 1024 };

/** Of one message, as many as one answer may tell of. */
const MOST_RECIPIENTS = 10_000;

/** The longest that any message may be on its way. */
const LONGEST_MS = 365 * 86_400_000;

/** Puts a letter where it belongs. Sent again it is where it was, and the answer is the same. */
export function receiveLetter(
  store: Store,
  peer: Correspondent,
  letter: Letter,
  delivered: Delivered,
  now: string,
): Handled {
  const { kind, ref } = destinationOf(letter.to);
  const sender = `peer:${peer.key}/${letter.sender}`;
  const one = kind === 'mailbox' ? store.mailboxes.find(ref) : undefined;
  const recipients =
    kind === 'mailbox'
      ? [one].filter((mailbox) => mailbox !== undefined)
      : store.mailboxes.listeners(kind === 'topic' ? ref : undefined);
  /** It may have come while there was time, room and leave, and the answer was lost: what has arrived stays arrived. */
  const isThere = (mailbox: StoredMailbox): boolean =>
    store.inbox.find(mailbox, letter.id)?.sender === sender;
  const dead = (state: 'refused' | 'expired', reason: string): Handled => {
    const had = recipients.filter(isThere);
    if (had.length > 0)
      return {
        status: 'done',
        receipts: had.map((mailbox) => receiptOf(store, mailbox, letter.id, 'arrived', now)),
      };
    return { status: 'dead', receipts: [{ mailbox: ref, state, at: now, reason }], reason };
  };
  const refused = (reason: string): Handled => dead('refused', reason);
  if (letter.leftMs !== null && letter.leftMs <= 0) return dead('expired', EXPIRED);
  const bytes = Buffer.byteLength(letter.content) + Buffer.byteLength(JSON.stringify(letter.meta));
  if (peer.policy.mail === 'refuse') return refused('refused: no mail is taken from this gateway');
  if (bytes > MAX_MAIL_BYTES) return refused('refused: it is too large');
  if (letter.hops > MAX_HOPS) return refused('refused: too many answers to answers');
  const message = messageOf(letter, peer);
  const expiresAt =
    letter.leftMs === null
      ? null
      : new Date(Date.parse(now) + Math.min(letter.leftMs, LONGEST_MS)).toISOString();
  const put = (mailbox: StoredMailbox): ReturnType<typeof arrive> =>
    isThere(mailbox) ? 'arrived' : tryPut(mailbox);
  const tryPut = (mailbox: StoredMailbox): ReturnType<typeof arrive> => {
    const load = store.inbox.unreadOfPeer(mailbox, peer.name);
    if (load.messages >= PEER_QUOTA.messages || load.bytes + bytes > PEER_QUOTA.bytes) return 'full';
    const policy = mailPolicyFor(mailbox, peer.policy);
    const arriving = { mailbox, message, policy, sender, bytes, expiresAt, outboxKey: null, peer: peer.name };
    return arrive(store, arriving, delivered, now);
  };
  if (kind !== 'mailbox') {
    const receipts = recipients.map((mailbox) => receiptOf(store, mailbox, message.id, put(mailbox), now));
    return { status: 'done', receipts: receipts.slice(0, MOST_RECIPIENTS) };
  }
  if (one === undefined) return refused('refused: there is no such mailbox');
  const outcome = put(one);
  if (outcome === 'full')
    return { status: 'pending', receipts: [], reason: 'full: the mailbox holds as much as it may' };
  if (outcome === 'refused') return refused('refused: the mailbox takes no mail');
  return { status: 'done', receipts: [receiptOf(store, one, message.id, outcome, now)] };
}

/** What the sender is told of one recipient. */
function receiptOf(
  store: Store,
  mailbox: StoredMailbox,
  id: MessageId,
  outcome: ReturnType<typeof arrive>,
  at: string,
): Receipt {
  const { name } = mailbox;
  if (outcome === 'full') return { mailbox: name, state: 'refused', at, reason: 'full' };
  const state = store.inbox.find(mailbox, id)?.state;
  if (outcome === 'refused') return { mailbox: name, state: 'refused', at, reason: 'refused by its policy' };
  return { mailbox: name, state: state === 'held' ? 'queued' : (state ?? 'delivered'), at };
}

/** Who it is from is for this gateway to say: no letter can come from here, or from another peer. */
const messageOf = (letter: Letter, { name }: Correspondent): MailMessage => {
  const { sender: _, from, leftMs: __, agent, session, hops, ...message } = letter;
  return {
    ...message,
    from: `${from}@${name}`,
    provenance: {
      via: 'peer',
      peer: name,
      hops,
      ...(agent === undefined ? {} : { agent }),
      ...(session === undefined ? {} : { session }),
    },
  };
};

/** What a peer says became of a message: only of one that was sent to it. */
export function noteForeign(
  store: Store,
  peer: PeerName,
  id: MessageId,
  receipt: Receipt,
  now: string,
): void {
  const sent = store.outbox.find(id);
  if (sent?.peer !== peer || sent.message === undefined) return;
  // Its answer was lost, and its time went by here.
  if (sent.status === 'dead' && receipt.state !== 'refused' && receipt.state !== 'expired')
    store.outbox.settle(sent, 'done');
  noteReceipt(store, sent, receiptFrom(sent.message.to, receipt), now, MOST_RECIPIENTS);
}

/** A peer was renamed: what waits for it still does, and it still hears what becomes of its mail. */
export function renamePeer(store: Store, before: PeerName, after: PeerName): void {
  store.outbox.renamePeer(before, after);
  store.inbox.renamePeer(before, after);
}
