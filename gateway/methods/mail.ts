// mail.*: messages between mailboxes. Who writes is told by how it comes in, never by what it says.
import { paced } from '../core/mail.ts';
import {
  ClientMessageId,
  MAX_MAIL_BYTES,
  MessageId,
  PERSON,
  Problem,
  type mailMethods,
  type MailboxName,
} from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { deliveryOf } from '../store/inboxRow.ts';
import { acceptMail, requeueMail } from '../store/mail.ts';
import { newDelivered } from '../store/mailDelivery.ts';
import { tellOfMailbox } from '../store/mailReceipt.ts';
import { acknowledge, decideMail, whereToRead } from '../store/mailReading.ts';
import type { StoredMailbox } from '../store/mailbox.ts';
import type { Gateway } from './parts.ts';

/** What mail needs of the gateway. */
export type MailParts = Pick<Gateway, 'store' | 'mail' | 'clock' | 'bus'> & {
  readonly live: Pick<Gateway['live'], 'mustBeOpen'>;
};

type MailMethod = Extract<keyof typeof mailMethods, `mail.${string}`>;

export const mailHandlers = (gateway: MailParts): Handlers<MailMethod> => {
  const { store, live, clock } = gateway;
  const { delivery, readers, feed, tidying } = gateway.mail;
  /** When each agent has written lately. */
  const written = new Map<string, readonly number[]>();
  let receives = 0;

  const mustBeSlow = ({ identity, name, kind }: StoredMailbox): void => {
    if (kind !== 'session') return;
    const times = paced(written.get(identity) ?? [], Date.parse(clock.now()));
    if (times === undefined) {
      throw new Problem('mail.rate', `${name} has written 60 messages in a minute. Wait, then send again.`);
    }
    written.set(identity, times);
  };

  return {
    'mail.send': async ({ to, message: content, meta, ...params }, caller) => {
      live.mustBeOpen();
      store.mustHaveRoom();
      if (isNewcomer(gateway, caller, params.from)) await welcome(gateway, params.from);
      const sender = senderOf(gateway, caller, params.from);
      const bytes = mustBeSmall(content, meta);
      const letter = {
        id: newMessageId(clock),
        clientMessageId: params.client_message_id ?? ClientMessageId.parse(clock.newId()),
        to,
        content,
        meta,
        type: params.type,
        priority: params.priority,
        replyTo: params.reply_to_id ?? null,
        via: caller.via,
        bytes,
        expiresAt: params.ttl_s === undefined ? null : clock.later(params.ttl_s),
        mustFit: params.must_fit,
      };
      const delivered = newDelivered();
      let isCounted = false;
      // Counted once, even if the transaction has to be done twice.
      const mayWrite = (): void => {
        if (!isCounted) mustBeSlow(sender);
        isCounted = true;
      };
      const accepted = await store.synced(() =>
        acceptMail(store, sender, letter, mayWrite, delivered, clock.now()),
      );
      const answer = { client_message_id: letter.clientMessageId, broker_message_id: accepted.id };
      if (accepted.answer === 'duplicate') return { ...answer, status: 'done', duplicate: true };
      if (accepted.answer === 'same') return { ...answer, status: accepted.status };
      delivery.announce(delivered);
      if (accepted.routing !== undefined) delivery.wake(accepted.routing.lane, accepted.routing.peer);
      if (letter.expiresAt !== null) tidying.scheduleExpiry();
      return { ...answer, status: 'queued' };
    },

    'mail.inbox': ({ mailbox: name, since: after, from, topic, unread, held, before, limit }, caller) => {
      const mailbox = ownMailbox(gateway, caller, name);
      // Held mail is for its person alone: its agent sees only what was let in.
      const maySeeHeld = caller.sessionId === undefined;
      const states = (['delivered', 'held', 'read', 'refused', 'expired'] as const).filter((state) => {
        if (held === true) return state === 'held' && maySeeHeld;
        if (unread === true) return state === 'delivered';
        return maySeeHeld || state === 'delivered' || state === 'read';
      });
      // As times are written here: they are compared as text.
      const since = after === undefined ? undefined : new Date(after).toISOString();
      return store.inbox.list(mailbox, { since, from, topic, states, before, limit });
    },

    'mail.receive': async ({ mailbox: name, max, wait_s, lease_s }, caller) => {
      const mailbox = ownMailbox(gateway, caller, name);
      const call = `receive ${(receives += 1)}`;
      const messages = await readers.receive(
        mailbox.key,
        { max, leaseMs: lease_s * 1000 },
        wait_s * 1000,
        (giveUp) => caller.keep(call, giveUp),
      );
      caller.drop(call);
      return { messages: messages.map((message) => deliveryOf(message, mailbox.name)) };
    },

    'mail.ack': async ({ mailbox: name, ids }, caller) => {
      const own = ownMailbox(gateway, caller, name);
      const isNamed = name !== undefined || caller.sessionId !== undefined;
      const mail = Map.groupBy(ids, (id) => (isNamed ? own : whereToRead(store, own, id)));
      const acknowledged = await store.synced(() =>
        mail.entries().reduce((sum, [box, mine]) => sum + acknowledge(store, box, mine, clock.now()), 0),
      );
      for (const [{ key }, mine] of mail) {
        for (const id of mine) readers.closed(key, id);
        delivery.roomIn(key);
      }
      return { ok: true, acknowledged };
    },

    'mail.decide': async ({ mailbox: name, id, decision }) => {
      const mailbox = store.mailboxes.get(name);
      const delivered = newDelivered();
      await store.synced(() => decideMail(store, mailbox, id, decision, delivered, clock.now()));
      readers.rewind(mailbox.key);
      delivery.roomIn(mailbox.key);
      delivery.announce(delivered);
      return { ok: true };
    },

    'mail.outbox': ({ status, from, id, before, limit }) => {
      if (id !== undefined) return { messages: store.outbox.chain(id) };
      const sender = from === undefined ? undefined : store.mailboxes.get(from).identity;
      return store.outbox.list({ status, sender, before, limit });
    },

    'mail.requeue': async ({ id, new_client_message_id }) => {
      store.mustHaveRoom();
      const anew = {
        id: newMessageId(clock),
        clientMessageId: new_client_message_id ?? ClientMessageId.parse(clock.newId()),
      };
      const { lane, peer } = await store.synced(() => requeueMail(store, id, anew, clock.now()));
      delivery.wake(lane, peer);
      tidying.scheduleExpiry();
      return { id: anew.id, client_message_id: anew.clientMessageId, supersedes: id };
    },

    'mail.watch': ({ after }, caller) => {
      const push = caller.mustPush();
      const end = feed.follow(after, {
        take: ({ id, event, data }) =>
          push.send(
            `{"jsonrpc":"2.0","method":"mail.event","params":{"id":${id},"event":"${event}","data":${data}}}`,
          ),
        onDrain: (callback) => push.onDrain(callback),
      });
      caller.keep('mail.watch', end);
      return { last: store.mailEvents.last };
    },

    'mail.unwatch': (_params, caller) => {
      caller.drop('mail.watch');
      return { ok: true };
    },
  };
};

/** In the order of time: what is written together then stands together in the indexes, and costs a fraction to write. */
const newMessageId = (clock: Gateway['clock']): MessageId =>
  MessageId.parse(`${Date.parse(clock.now()).toString(36).padStart(9, '0')}-${clock.newId()}`);

/** Whose mail it is: an agent has one mailbox, everybody else reads what they name. Throws mailbox.unknown or access.denied. */
export function ownMailbox(
  { store }: MailParts,
  caller: Caller,
  name: MailboxName | undefined,
): StoredMailbox {
  if (caller.sessionId === undefined) return store.mailboxes.get(name ?? PERSON);
  const own = store.mailboxes.findBySession(caller.sessionId);
  if (own !== undefined && (name === undefined || name === own.name)) return own;
  throw new Problem('access.denied', 'An agent has the mailbox of its own session, and no other.');
}

/** With more mailboxes than this, somebody makes up names. */
const MOST_PROGRAMS = 256;

/** Whether somebody writes under a name that nobody has. */
function isNewcomer(
  { store }: MailParts,
  { sessionId }: Caller,
  from: MailboxName | undefined,
): from is MailboxName {
  if (from === undefined || sessionId !== undefined || store.mailboxes.find(from) !== undefined) return false;
  return store.mailboxes.list().filter(({ kind }) => kind === 'program').length < MOST_PROGRAMS;
}

/** Gives a program the mailbox that it writes from: there it will be answered. Its socket comes a moment later. */
async function welcome({ store, bus, clock }: MailParts, name: MailboxName): Promise<void> {
  await store.synced(() => {
    // Two of its messages may come at once.
    if (store.mailboxes.find(name) !== undefined) return;
    const now = clock.now();
    tellOfMailbox(store, store.mailboxes.insert(name, 'accept', [], now), 'mailbox.created', now);
  });
  void bus.sync();
}

/** Who writes. Nobody writes from a session but its own agent. Throws mailbox.unknown or access.denied. */
function senderOf(gateway: MailParts, caller: Caller, from: MailboxName | undefined): StoredMailbox {
  const sender = ownMailbox(gateway, caller, from);
  if (caller.sessionId !== undefined || sender.kind !== 'session') return sender;
  throw new Problem('access.denied', `Only the agent of its session writes from ${sender.name}.`);
}

/** The bytes of a message. Throws the problem mail.size. */
function mustBeSmall(content: string, meta: object): number {
  const bytes = Buffer.byteLength(content) + Buffer.byteLength(JSON.stringify(meta));
  if (bytes <= MAX_MAIL_BYTES) return bytes;
  throw new Problem('mail.size', `A message holds at most ${MAX_MAIL_BYTES} bytes, this one has ${bytes}.`, {
    bytes,
  });
}
