// Mail: messages between mailboxes. What is accepted is on disk, is delivered once, and is never consent to anything.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method, notification } from './contract.ts';
import { ClientMessageId, MessageId, PeerName, SessionId } from './ids.ts';
import { Provenance } from './provenance.ts';
import { Text } from './queue.ts';

// ---- ids ----

export const MailboxName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 of a-z 0-9 _ . -')
  .refine((name) => !name.includes('..'), 'must not contain two dots in a row')
  .brand<'MailboxName'>()
  .describe('A mailbox of this gateway. Lower case, because names are also the names of sockets');
export type MailboxName = z.infer<typeof MailboxName>;

/** The mailbox of whoever sits at this machine: what people write themselves comes from here. */
export const PERSON = MailboxName.parse('person');

const part = '[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?';
export const Address = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    new RegExp(`^(?:\\*|@?${part})(?:@${part})?$`),
    'must be name, @topic or *, each with @peer behind it for another gateway',
  )
  .brand<'Address'>()
  .describe('name, @topic (its subscribers) or * (everyone); name@peer waits until that gateway is linked');
export type Address = z.infer<typeof Address>;

// ---- shapes ----

/** now: before all that waits. next: in order. low: when nothing else is left. None of them stops a running turn. */
export const Priority = z.enum(['now', 'next', 'low']);
export type Priority = z.infer<typeof Priority>;

/** What happens to mail that arrives: it is let in, waits for a person, or is sent back. */
export const MailPolicy = z.enum(['accept', 'hold', 'refuse']);
export type MailPolicy = z.infer<typeof MailPolicy>;

/** What a sender is told of each recipient, in the order in which it can happen. */
export const Receipt = object(() => ({
  mailbox: z.string().describe('The recipient: name, or name@peer'),
  state: z.enum(['queued', 'delivered', 'read', 'expired', 'refused']),
  at: z.iso.datetime(),
  reason: z.string().optional(),
}));
export type Receipt = z.infer<typeof Receipt>;

/** Whether somebody is there; dnd: not to be disturbed. */
export const Presence = z.enum(['idle', 'working', 'dnd', 'offline']);

/** What a mailbox tells others about itself. */
export const Profile = object(() => ({
  summary: Text.max(500).default('').describe('What it is doing, in a sentence'),
  status: Presence.default('idle').describe(
    'dnd: only mail with the priority now is let through to the agent',
  ),
  visible: z.boolean().default(true).describe('false: not listed, and everyone (*) does not reach it'),
  avatar: Text.max(64).default(''),
  title: Text.max(100).default(''),
  bio: Text.max(2000).default(''),
  capabilities: z.array(Text.max(64)).max(32).default([]),
}));
export type Profile = z.infer<typeof Profile>;

export const Mailbox = object(() => ({
  name: MailboxName,
  peer: PeerName.optional().describe(
    'The gateway that it is at, when that is not this one: write to name@peer',
  ),
  kind: z.enum(['session', 'program', 'person']),
  sessionId: SessionId.optional().describe('The session whose mailbox it is'),
  policy: MailPolicy,
  topics: z.array(z.string()).describe('It gets what is sent to @topic'),
  profile: Profile,
  socket: z.string().optional().describe('Where programs with nothing but a socket can write to it'),
  unread: z.int().nonnegative(),
  held: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
}));
export type Mailbox = z.infer<typeof Mailbox>;

/** What to write to. A mailbox of a linked gateway often has a namesake here. */
export const addressOf = ({ name, peer }: Pick<Mailbox, 'name' | 'peer'>): string =>
  peer === undefined ? name : `${name}@${peer}`;

export const MailMessage = object(() => ({
  id: MessageId,
  clientMessageId: ClientMessageId,
  type: z.string().describe('message, or what its sender calls it'),
  from: z.string().describe('name, or name@peer'),
  to: z.string().describe('As the sender wrote it'),
  content: z.string(),
  timestamp: z.iso.datetime().describe('When it was accepted'),
  priority: Priority,
  replyTo: MessageId.nullable(),
  threadId: MessageId.describe('The first message of the thread'),
  meta: z.record(z.string(), z.unknown()),
  provenance: Provenance,
  damaged: z.literal(true).optional().describe('A disk has damaged it: its content is lost, and says so'),
}));
export type MailMessage = z.infer<typeof MailMessage>;

/** A message in an inbox. */
export const Delivery = object(() => ({
  ...MailMessage.shape,
  mailbox: MailboxName,
  state: z.enum(['held', 'delivered', 'read', 'refused', 'expired']),
  receivedAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable().describe('When it was acknowledged'),
}));
export type Delivery = z.infer<typeof Delivery>;

/** How a message stands: pending waits, inflight is on its way, dead was given up, aborted was sent anew. */
export const OutboxStatus = z.enum(['pending', 'inflight', 'done', 'dead', 'aborted']);
export type OutboxStatus = z.infer<typeof OutboxStatus>;

/** A message in the outbox, with what became of it. */
export const Outgoing = object(() => ({
  ...MailMessage.shape,
  status: OutboxStatus,
  attempts: z.int().nonnegative().describe('How often it was tried without success'),
  nextAttemptAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
  supersededBy: MessageId.nullable().describe('What requeue made of it'),
  supersedes: MessageId.nullable(),
  receipts: z.array(Receipt),
}));
export type Outgoing = z.infer<typeof Outgoing>;

/** What `/v1/events` and `mail.event` carry. The id counts up and lasts across restarts. */
export const MailEventKind = z.enum([
  'message',
  'peer_join',
  'peer_leave',
  'broker_status',
  'session',
  'system',
]);
export type MailEventKind = z.infer<typeof MailEventKind>;

/** How much a message may hold, in bytes of UTF-8: its text and its meta, or the whole body over HTTP. */
export const MAX_MAIL_BYTES = 256 * 1024;

/** Two different ill-formed texts would be stored, and compared, as the same one. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member));
}

const page = {
  limit: z.int().min(1).max(1000).default(100).describe('How many at most'),
  before: z.int().positive().optional().describe('Give the `next` of the page before'),
};
const next = z.int().optional().describe('Give this as before; absent: all is said');

// ---- methods (names as over HTTP, where POST /v1/send and its like do the same) ----

export const mailMethods = {
  'mail.send': method(
    'Accepts a message for good; the same client_message_id is accepted once, ever',
    () => ({
      access: 'mail',
      params: z.strictObject({
        to: Address,
        message: Text.min(1).describe('The text'),
        from: MailboxName.optional().describe(
          'Absent: an agent writes from its session, everybody else as the person. A new name gets a mailbox',
        ),
        type: Text.min(1).max(64).default('message'),
        priority: Priority.default('next'),
        meta: z
          .record(Text.max(128), z.unknown())
          .refine(isWellFormed, 'must be well-formed Unicode')
          .default({}),
        reply_to_id: MessageId.optional(),
        ttl_s: z
          .number()
          .positive()
          .max(365 * 86_400)
          .optional()
          .describe('Seconds after which it is given up if it has not arrived'),
        client_message_id: ClientMessageId.optional().describe('Idempotency key; minted when absent'),
        must_fit: z
          .boolean()
          .default(false)
          .describe('mail.full at once if the mailbox has no room, instead of waiting for it in the outbox'),
      }),
      result: z.object({
        client_message_id: ClientMessageId,
        status: z.enum(['queued', 'inflight', 'done']).describe('queued: it is on disk here'),
        broker_message_id: MessageId,
        duplicate: z.boolean().optional().describe('It was sent before, and has arrived'),
      }),
      problems: [
        'mailbox.unknown',
        'mail.conflict',
        'mail.size',
        'mail.full',
        'mail.rate',
        'mail.loop',
        'access.denied',
        'storage.full',
        'storage.damaged',
      ],
    }),
  ),
  'mail.inbox': method('What has arrived, newest first. Looking changes nothing: mail.ack does', () => ({
    access: 'mail.read',
    params: z.strictObject({
      mailbox: MailboxName.optional().describe("Absent: the caller's own"),
      since: z.iso.datetime({ offset: true }).optional(),
      from: Text.optional(),
      topic: Text.optional(),
      unread: z.boolean().optional(),
      held: z.boolean().optional().describe('Only what waits for a person; an agent never sees it'),
      ...page,
    }),
    result: z.object({ messages: z.array(Delivery), next }),
    problems: ['mailbox.unknown'],
  })),
  'mail.receive': method(
    'Takes waiting messages for itself, oldest first, and waits for one if there is none',
    () => ({
      access: 'mail',
      params: z.strictObject({
        mailbox: MailboxName.optional().describe("Absent: the caller's own"),
        max: z.int().min(1).max(100).default(1).describe('How many at most'),
        wait_s: z.number().min(0).max(60).default(0).describe('Seconds to wait when there is none'),
        lease_s: z
          .number()
          .min(1)
          .max(3600)
          .default(60)
          .describe('Without mail.ack by then, they can be received again'),
      }),
      result: z.object({ messages: z.array(Delivery) }),
      problems: ['mailbox.unknown', 'mail.rate'],
    }),
  ),
  'mail.ack': method('Says that messages were read; their senders are told', () => ({
    access: 'mail',
    params: z.strictObject({
      mailbox: MailboxName.optional().describe(
        "Absent: the caller's own; for a person, of what is not there, the only one where it has arrived",
      ),
      ids: z.array(MessageId).min(1).max(1000),
    }),
    result: z.object({ ok: z.literal(true), acknowledged: z.int().nonnegative() }),
    problems: ['mailbox.unknown', 'mail.unknown'],
  })),
  'mail.decide': method("A person's answer to held mail: let it in, or send it back", () => ({
    params: z.strictObject({
      mailbox: MailboxName,
      id: MessageId,
      decision: z
        .enum(['accept', 'refuse'])
        .describe('accept: its reader gets it now. refuse: its sender is told'),
    }),
    result: ok,
    problems: ['mailbox.unknown', 'mail.unknown', 'mail.state'],
  })),
  'mail.outbox': method('What was sent, newest first, with what became of it', () => ({
    access: 'read',
    params: z.strictObject({
      status: OutboxStatus.optional(),
      from: MailboxName.optional(),
      id: MessageId.optional().describe('Only this one and the chain of requeues that it belongs to'),
      ...page,
    }),
    result: z.object({ messages: z.array(Outgoing), next }),
    problems: ['mailbox.unknown'],
  })),
  'mail.requeue': method(
    'Gives up a message that has not arrived and sends it anew, to where it was going',
    () => ({
      params: z.strictObject({
        id: MessageId,
        new_client_message_id: ClientMessageId.optional().describe('Minted when absent'),
      }),
      result: z.object({ id: MessageId, client_message_id: ClientMessageId, supersedes: MessageId }),
      problems: ['mail.unknown', 'mail.state', 'mail.conflict'],
    }),
  ),
  'mail.watch': method('Follows mail: mail.event from after an id on, what was missed first', () => ({
    access: 'read',
    params: z.strictObject({ after: z.int().nonnegative().optional() }),
    result: z.object({ last: z.int().nonnegative().describe('The newest event there is') }),
  })),
  'mail.unwatch': method('Ends mail.watch', () => ({
    access: 'read',
    params: z.strictObject({}),
    result: ok,
  })),
  'mailbox.create': method('Makes a mailbox for a program, with a socket of its own', () => ({
    params: z.strictObject({
      name: MailboxName,
      policy: MailPolicy.default('accept'),
      topics: z.array(MailboxName).max(64).default([]).describe('It gets what is sent to @topic'),
    }),
    result: Mailbox,
    problems: ['mailbox.exists'],
  })),
  'mailbox.list': method('The mailboxes of this gateway and of linked ones, with who is there', () => ({
    access: 'mail.read',
    params: z.strictObject({}),
    result: z.object({ mailboxes: z.array(Mailbox) }),
  })),
  'mailbox.update': method('Changes a mailbox: its name, what it lets in, its topics', () => ({
    params: z.strictObject({
      name: MailboxName,
      rename: MailboxName.optional(),
      policy: MailPolicy.optional(),
      topics: z.array(MailboxName).max(64).optional().describe('All of them: those before are replaced'),
    }),
    result: Mailbox,
    problems: ['mailbox.unknown', 'mailbox.exists', 'mailbox.state'],
  })),
  'mailbox.destroy': method("Removes a program's mailbox with what is in it", () => ({
    params: z.strictObject({ name: MailboxName }),
    result: ok,
    problems: ['mailbox.unknown', 'mailbox.state'],
  })),
  'profile.get': method('What a mailbox tells of itself', () => ({
    access: 'mail.read',
    params: z.strictObject({ mailbox: MailboxName.optional().describe("Absent: the caller's own") }),
    result: Profile.extend({ mailbox: MailboxName }),
    problems: ['mailbox.unknown'],
  })),
  'profile.set': method('Changes what a mailbox tells of itself; absent members stay', () => ({
    access: 'mail',
    params: z.strictObject({
      mailbox: MailboxName.optional().describe("Absent: the caller's own"),
      // Without the defaults: what is not given stays as it is.
      summary: Profile.shape.summary.unwrap().optional(),
      status: Presence.optional(),
      visible: z.boolean().optional(),
      avatar: Profile.shape.avatar.unwrap().optional(),
      title: Profile.shape.title.unwrap().optional(),
      bio: Profile.shape.bio.unwrap().optional(),
      capabilities: Profile.shape.capabilities.unwrap().optional(),
    }),
    result: z.object({ ok: z.literal(true), applied: z.array(z.string()) }),
    problems: ['mailbox.unknown'],
  })),
};

// ---- notifications ----

export const mailNotifications = {
  'mail.event': notification(
    'Mail arrived, changed, or somebody came or went; the same as GET /v1/events',
    () =>
      z.object({
        id: z.int().nonnegative(),
        event: MailEventKind,
        data: z.looseObject({ ts: z.iso.datetime() }),
      }),
  ),
};
