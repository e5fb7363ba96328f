// Mail is accepted: for good, once for each id, and again only when a person sends it anew. Run these inside a transaction.
import {
  destinationOf,
  fits,
  isPressing,
  judgeId,
  MAX_HOPS,
  mayRequeue,
  QUOTA,
  timeAfter,
  WAITING,
  type Load,
} from '../core/mail.ts';
import { Problem, type ClientMessageId, type MailMessage, type MessageId } from '../protocol/index.ts';
import { fingerprintOf } from './letter.ts';
import type { StoredMailbox } from './mailbox.ts';
import { arrive, isDamaged, type Delivered } from './mailDelivery.ts';
import type { Routing } from './outboxRow.ts';
import type { Store } from './store.ts';

/** A message as its sender gave it. What only the gateway can say is added here. */
export interface Letter extends Pick<
  MailMessage,
  'id' | 'clientMessageId' | 'type' | 'to' | 'content' | 'priority' | 'replyTo' | 'meta'
> {
  readonly via: MailMessage['provenance']['via'];
  readonly bytes: number;
  readonly expiresAt: string | null;
  readonly mustFit: boolean;
}

/** routing: where it waits; undefined when it has arrived already. */
export type Acceptance =
  | { readonly answer: 'new'; readonly id: MessageId; readonly routing: Routing | undefined }
  | { readonly answer: 'same'; readonly id: MessageId; readonly status: 'queued' | 'inflight' }
  | { readonly answer: 'duplicate'; readonly id: MessageId };

/**
 * Accepts a message for good, or finds that it was. `mayWrite` is asked only for a new one, so that sending again costs
 * nothing. Throws the problems of mail.send; then nothing was written and the id is not used up.
 */
export function acceptMail(
  store: Store,
  sender: StoredMailbox,
  letter: Letter,
  mayWrite: () => void,
  delivered: Delivered,
  now: string,
): Acceptance {
  const fingerprint = fingerprintOf(letter);
  const known = store.outbox.known(sender.identity, letter.clientMessageId);
  const judged = judgeId(known && { ...known, isSame: known.fingerprint === fingerprint });
  if (judged.verdict === 'conflict') {
    throw new Problem('mail.conflict', judged.reason, {
      error: 'idempotency_key_reused',
      conflict: judged.conflict,
      daemon_fingerprint_prefix: fingerprint.slice(0, 16),
      broker_message_id: known?.id ?? null,
      reason: judged.reason,
    });
  }
  if (known !== undefined && judged.verdict === 'same')
    return { answer: 'same', id: known.id, status: judged.status };
  if (known !== undefined) return { answer: 'duplicate', id: known.id };
  const routing = routeOf(store, sender, letter);
  mayWrite();
  const message = messageOf(store, sender, letter, now);
  mustHaveRoom(store, routing, sender, letter);
  const { bytes, expiresAt } = letter;
  const mail = {
    message,
    sender: sender.identity,
    fingerprint,
    bytes,
    expiresAt,
    supersedes: null,
    ...routing,
  };
  const mailbox = routing.mailboxKey === null ? undefined : store.mailboxes.findByKey(routing.mailboxKey);
  const waiting = store.outbox.waiting(routing.lane);
  // Nobody is before it, and it is let in: it arrives with the same commit.
  if (mailbox !== undefined && waiting.messages === 0 && isWanted(store, mailbox, mail)) {
    const outboxKey = store.outbox.insert(mail, 'done');
    arrive(store, { ...mail, mailbox, policy: mailbox.policy, outboxKey, peer: null }, delivered, now);
    return { answer: 'new', id: letter.id, routing: undefined };
  }
  store.outbox.insert(mail);
  if (isPressing(waiting, bytes)) {
    const told = { from: sender.name, to: letter.to, ...store.outbox.waiting(routing.lane) };
    store.mailEvents.append('broker_status', now, { subtype: 'pressure', ...told, bound: WAITING });
  }
  return { answer: 'new', id: letter.id, routing };
}

const isWanted = (
  store: Store,
  mailbox: StoredMailbox,
  { sender, bytes }: { sender: string; bytes: number },
): boolean => mailbox.policy !== 'refuse' && fits(store.inbox.unread(mailbox, sender), bytes, QUOTA);

/** Throws the problem mailbox.unknown. What goes to a peer is always taken, and waits until that is linked. */
function routeOf(store: Store, { identity }: StoredMailbox, { to, replyTo }: Letter): Routing {
  const { kind, ref, peer } = destinationOf(to);
  if (peer !== undefined) {
    const known = replyTo === null ? undefined : peerOf(store, replyTo, to);
    return { lane: `${to} < ${identity}`, mailboxKey: null, peer: known ?? peer };
  }
  if (kind !== 'mailbox') return { lane: `${to} < ${identity}`, mailboxKey: null, peer: null };
  const { key } = store.mailboxes.get(ref);
  return { lane: `#${key} < ${identity}`, mailboxKey: key, peer: null };
}

/** What the peer of an address is called by now, as the message tells that is answered: it came from there, or went there. */
function peerOf(store: Store, answered: MessageId, address: string): string | undefined {
  const sent = store.outbox.find(answered);
  const wentThere = sent?.message?.to === address ? sent.peer : null;
  return wentThere ?? store.inbox.peerOf(answered, address);
}

function messageOf(store: Store, sender: StoredMailbox, letter: Letter, now: string): MailMessage {
  const answered = letter.replyTo === null ? undefined : findMessage(store, letter.replyTo);
  const session = sender.sessionId === undefined ? undefined : store.sessions.get(sender.sessionId);
  // What an agent writes while it works on a message is an answer to that, whatever it says it is.
  const heard = session === undefined ? undefined : store.queue.running(session)?.origin;
  const hops = Math.max(-1, answered?.provenance.hops ?? -1, heard?.provenance.hops ?? -1) + 1;
  if (hops > MAX_HOPS) {
    throw new Problem(
      'mail.loop',
      `This would be answer number ${hops} in a row. A person has to write first.`,
      { hops },
    );
  }
  const { via, bytes: _, expiresAt: __, mustFit: ___, ...said } = letter;
  return {
    ...said,
    from: sender.name,
    timestamp: now,
    threadId: answered?.threadId ?? letter.replyTo ?? letter.id,
    provenance: {
      via,
      ...(session === undefined ? {} : { agent: session.session.agent, session: session.session.title }),
      hops,
    },
  };
}

const findMessage = (store: Store, id: MessageId): MailMessage | undefined =>
  store.inbox.findMessage(id) ?? store.outbox.find(id)?.message;

const NOTHING: Load = { messages: 0, bytes: 0 };

const sum = (a: Load, b: Load): Load => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes });

function mustHaveRoom(
  store: Store,
  { lane, mailboxKey, peer }: Routing,
  sender: StoredMailbox,
  letter: Letter,
): void {
  // Names at gateways that are away are as many as an agent can think of: what it may leave waiting is counted together.
  if (sender.kind === 'session' && peer !== null) {
    if (fits(store.outbox.waitingOf(sender.identity), letter.bytes, QUOTA)) return;
    throw new Problem('mail.full', `${sender.name} has as much mail waiting for peers as it may.`, {
      to: letter.to,
    });
  }
  const waiting = store.outbox.waiting(lane);
  const unread = (): Load =>
    mailboxKey === null ? NOTHING : store.inbox.unread({ key: mailboxKey }, sender.identity);
  const isFull = letter.mustFit && !fits(sum(waiting, unread()), letter.bytes, QUOTA);
  if (isFull || !fits(waiting, letter.bytes, WAITING)) {
    throw new Problem(
      'mail.full',
      `${letter.to} holds as much from ${sender.name} as it may. Send again when some of it was read.`,
      { to: letter.to },
    );
  }
}

/** Gives up a message and sends it anew, to where it was going. Throws mail.unknown, mail.state or mail.conflict. */
export function requeueMail(
  store: Store,
  id: MessageId,
  anew: { readonly id: MessageId; readonly clientMessageId: ClientMessageId },
  now: string,
): Routing {
  const old = store.outbox.get(id);
  if (!mayRequeue(old.status) || old.message === undefined || isDamaged(old)) {
    throw new Problem(
      'mail.state',
      `Message ${id} is ${isDamaged(old) ? 'damaged' : old.status}: it cannot be sent anew. Write a new one.`,
      {
        id,
        status: old.status,
      },
    );
  }
  const known = store.outbox.known(old.sender, anew.clientMessageId);
  if (known !== undefined) {
    throw new Problem('mail.conflict', `The id ${anew.clientMessageId} was used before. Choose another.`, {
      broker_message_id: known.id,
    });
  }
  const { timestamp } = old.message;
  const life = old.expiresAt === null ? null : Date.parse(old.expiresAt) - Date.parse(timestamp);
  store.outbox.supersede(old, anew.id);
  store.outbox.insert({
    ...old,
    message: { ...old.message, ...anew, timestamp: now },
    expiresAt: life === null ? null : timeAfter(now, life),
    supersedes: id,
  });
  store.mailEvents.append('system', now, { subtype: 'requeued', id, superseded_by: anew.id });
  return old;
}
