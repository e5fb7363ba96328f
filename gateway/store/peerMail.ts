// Mail between gateways: letters of a peer arrive once, and what became of ours is noted. Run these inside a transaction.
import { destinationOf, fits, MAX_HOPS, timeAfter } from '../core/mail.ts';
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
import { arrive, EXPIRED, noteReceipt, refusalBy, type Delivered, type Outcome } from './mailDelivery.ts';
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
  const recipients = recipientsOf(store, letter.to);
  /** It may have come while there was time, room and leave, and the answer was lost: what has arrived stays arrived. */
  const isThere = (mailbox: StoredMailbox): boolean =>
    store.inbox.find(mailbox, letter.id)?.sender === sender;
  const receipt = (mailbox: StoredMailbox, outcome: Outcome): Receipt =>
    outcome === 'arrived' ? arrivalOf(store, mailbox, letter.id, now) : refusalBy(mailbox, outcome, now);
  const done = (receipts: Receipt[]): Handled => ({ status: 'done', receipts });
  const dead = (state: 'refused' | 'expired', reason: string): Handled => {
    const had = recipients.filter(isThere);
    if (had.length > 0) return done(had.map((mailbox) => receipt(mailbox, 'arrived')));
    return { status: 'dead', receipts: [{ mailbox: ref, state, at: now, reason }], reason };
  };
  const { leftMs } = letter;
  if (leftMs !== null && leftMs <= 0) return dead('expired', EXPIRED);
  const bytes = Buffer.byteLength(letter.content) + Buffer.byteLength(JSON.stringify(letter.meta));
  const objection = objectionTo(letter, bytes, peer.policy);
  if (objection !== undefined) return dead('refused', objection);
  const message = messageOf(letter, peer);
  const expiresAt = leftMs === null ? null : timeAfter(now, Math.min(leftMs, LONGEST_MS));
  const put = (mailbox: StoredMailbox): Outcome => {
    if (isThere(mailbox)) return 'arrived';
    if (!fits(store.inbox.unreadOfPeer(mailbox, peer.name), bytes, PEER_QUOTA)) return 'full';
    const policy = mailPolicyFor(mailbox, peer.policy);
    const arriving = { mailbox, message, policy, sender, bytes, expiresAt, outboxKey: null, peer: peer.name };
    return arrive(store, arriving, delivered, now);
  };
  const outcomes = recipients.map((mailbox) => ({ mailbox, outcome: put(mailbox) }));
  if (kind === 'mailbox') {
    const outcome = outcomes[0]?.outcome;
    if (outcome === undefined) return dead('refused', 'refused: there is no such mailbox');
    if (outcome === 'refused') return dead('refused', 'refused: the mailbox takes no mail');
    if (outcome === 'full')
      return { status: 'pending', receipts: [], reason: 'full: the mailbox holds as much as it may' };
  }
  return done(outcomes.slice(0, MOST_RECIPIENTS).map(({ mailbox, outcome }) => receipt(mailbox, outcome)));
}

function recipientsOf(store: Store, to: string): StoredMailbox[] {
  const { kind, ref } = destinationOf(to);
  if (kind !== 'mailbox') return store.mailboxes.listeners(kind === 'topic' ? ref : undefined);
  const mailbox = store.mailboxes.find(ref);
  return mailbox === undefined ? [] : [mailbox];
}

/** Why nobody here may get it; undefined: somebody may. */
function objectionTo({ hops }: Letter, bytes: number, { mail }: PeerPolicy): string | undefined {
  if (mail === 'refuse') return 'refused: no mail is taken from this gateway';
  if (bytes > MAX_MAIL_BYTES) return 'refused: it is too large';
  return hops > MAX_HOPS ? 'refused: too many answers to answers' : undefined;
}

/** What the sender is told of a recipient that has it. */
function arrivalOf(store: Store, mailbox: StoredMailbox, id: MessageId, at: string): Receipt {
  const { state = 'delivered' } = store.inbox.find(mailbox, id) ?? {};
  return { mailbox: mailbox.name, state: state === 'held' ? 'queued' : state, at };
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
