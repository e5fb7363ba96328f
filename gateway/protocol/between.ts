// What linked gateways say to each other, besides calls on behalf of their clients. No client ever sees these.
import { z } from 'zod';
import { object } from './shape.ts';
import { AgentId, ClientId, MessageId } from './ids.ts';
import { Address, Mailbox, MailboxName, MailMessage, Receipt } from './mail.ts';
import { PeerPolicy } from './peer.ts';
import { Text } from './queue.ts';
import { Task, TaskId } from './task.ts';

/** A client of the gateway that calls, for as long as it is connected there. */
export const RemoteClient = object(() => ({
  id: z.string().regex(/^[a-z0-9]{1,16}$/),
  clientId: ClientId,
  name: z.string().max(80),
}));
export type RemoteClient = z.infer<typeof RemoteClient>;

/** A message between gateways: JSON-RPC, with the client that it comes from or is for. */
export const Envelope = object(() => ({
  id: z.string().max(64).optional(),
  method: z.string().max(256).optional(),
  params: z.unknown().optional(),
  client: z.union([RemoteClient, RemoteClient.shape.id]).optional(),
})).loose();
export type Envelope = z.infer<typeof Envelope>;

/** A mailbox that a peer may know of. */
export const SeenMailbox = object(() => {
  const { name, kind, sessionId, topics, profile, createdAt } = Mailbox.shape;
  return { name, kind, sessionId, topics, profile, createdAt };
});
export type SeenMailbox = z.infer<typeof SeenMailbox>;

/**
 * All that a gateway tells a peer of itself: when they are linked, with each heartbeat, and when it changes. Sessions and
 * mailboxes are read one by one: those of a kind that only a newer gateway knows are left out.
 */
export const News = object(() => ({
  allows: PeerPolicy.describe('What the receiver may do there'),
  sessions: z.array(z.unknown()).max(2000),
  complete: z.boolean().describe('No session was left out'),
  mailboxes: z.array(z.unknown()).max(1000).optional().describe('Absent: as told before'),
}));
export type News = z.infer<typeof News>;

/** A message on its way to mailboxes of the receiver. */
export const Letter = object(() => ({
  ...MailMessage.pick({
    ...{ id: true, clientMessageId: true, content: true, priority: true, replyTo: true, threadId: true },
    ...{ meta: true },
  }).shape,
  // What no quota counts is short.
  type: MailMessage.shape.type.max(64),
  timestamp: MailMessage.shape.timestamp.max(64),
  sender: z
    .string()
    .regex(/^[!-~]{1,160}$/)
    .describe('Who it is, whatever it is called: what its ids belong to'),
  from: MailboxName.describe('What it is called there'),
  to: Address,
  leftMs: z.number().nullable().describe('How long it may still be on its way'),
  agent: z.string().max(200).optional(),
  session: z.string().max(500).optional(),
  hops: z.int().nonnegative(),
}));
export type Letter = z.infer<typeof Letter>;

/** What became of a letter. pending: not now, send it again later. */
export const Handled = object(() => ({
  status: z.enum(['done', 'dead', 'pending']),
  receipts: z.array(Receipt).max(10_000),
  reason: z.string().max(500).optional(),
}));
export type Handled = z.infer<typeof Handled>;

/** What one says to the other, by name, with its parameters. */
export const between = {
  'peer.news': News,
  'peer.hangup': object(() => ({ id: RemoteClient.shape.id })),
  'peer.mail': object(() => ({ letters: z.array(Letter).max(64) })),
  'peer.receipts': object(() => ({
    receipts: z.array(z.object({ id: MessageId, receipt: Receipt })).max(64),
  })),
  'peer.task': object(() => ({
    taskId: TaskId,
    prompt: Text.min(1).max(100_000),
    path: z.string().max(4096).optional(),
    agent: AgentId.optional(),
  })),
  'peer.task_stop': object(() => ({ taskId: TaskId })),
  'peer.task_report': object(() => {
    const { taskId, state, sessionId, result, error } = Task.shape;
    return { taskId, state, sessionId, result, error };
  }),
};
export type Between = typeof between;
