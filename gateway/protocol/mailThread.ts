// Threads: mail as people read it, all mailboxes of this gateway together.
import { z } from 'zod';
import { object } from './shape.ts';
import { method } from './contract.ts';
import { MessageId, SessionId } from './ids.ts';
import { Delivery, MailMessage, MailboxName, Outgoing } from './mail.ts';

// ---- shapes ----

export const MailThread = object(() => ({
  threadId: MessageId,
  subject: z.string().describe('The first line of the first message'),
  participants: z
    .array(z.string())
    .describe('Senders and recipients, in the order of their first appearance'),
  lastFrom: z.string(),
  lastAt: z.iso.datetime(),
  messages: z.int().positive(),
  unread: z.int().nonnegative().describe('What the person has not read'),
  held: z.int().nonnegative().describe('What waits for a person to let it in'),
  waiting: z.int().nonnegative().describe('What has not left yet'),
  dead: z.int().nonnegative().describe('What was given up'),
}));
export type MailThread = z.infer<typeof MailThread>;

/** A message with all that is known here of its way: from the outbox, if it was sent here, and from inboxes. */
export const ThreadMessage = object(() => ({
  ...MailMessage.shape,
  outgoing: Outgoing.pick({ status: true, lastError: true, expiresAt: true, receipts: true }).nullable(),
  deliveries: z.array(
    Delivery.pick({ mailbox: true, state: true, receivedAt: true, readAt: true }).extend({
      mailbox: MailboxName,
      sessionId: SessionId.optional().describe('The session whose mailbox it is'),
    }),
  ),
}));
export type ThreadMessage = z.infer<typeof ThreadMessage>;

// ---- methods ----

export const mailThreadMethods = {
  'mail.threads': method('The threads of all mailboxes here, the last written first', () => ({
    access: 'read',
    params: z.strictObject({ limit: z.int().min(1).max(200).default(50) }),
    result: z.object({ threads: z.array(MailThread) }),
  })),
  'mail.thread': method('One thread, oldest message first; of a long one the newest', () => ({
    access: 'read',
    params: z.strictObject({ threadId: MessageId, limit: z.int().min(1).max(500).default(200) }),
    result: z.object({ thread: MailThread, messages: z.array(ThreadMessage) }),
    problems: ['mail.unknown'],
  })),
};
