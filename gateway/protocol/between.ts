// What linked gateways say to each other, besides calls on behalf of their clients. No client ever sees these.
import { z } from 'zod';
import { AgentId, ClientId } from './ids.ts';
import { Mailbox } from './mail.ts';
import { PeerPolicy } from './peer.ts';
import { Text } from './queue.ts';
import { Task, TaskId } from './task.ts';

/** A client of the gateway that calls, for as long as it is connected there. */
export const RemoteClient = z.object({
  id: z.string().regex(/^[a-z0-9]{1,16}$/),
  clientId: ClientId,
  name: z.string().max(80),
});
export type RemoteClient = z.infer<typeof RemoteClient>;

/** A message between gateways: JSON-RPC, with the client that it comes from or is for. */
export const Envelope = z.looseObject({
  id: z.string().max(64).optional(),
  method: z.string().max(256).optional(),
  params: z.unknown().optional(),
  client: z.union([RemoteClient, RemoteClient.shape.id]).optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** All that a gateway tells a peer of itself: when they are linked, with each heartbeat, and when it changes. */
export const News = z.object({
  allows: PeerPolicy.describe('What the receiver may do there'),
  sessions: z.array(z.unknown()).max(2000),
  complete: z.boolean().describe('No session was left out'),
  mailboxes: z.array(Mailbox.pick({ name: true, kind: true, topics: true, profile: true })).max(1000),
});
export type News = z.infer<typeof News>;

export const between = {
  'peer.news': News,
  'peer.hangup': z.object({ id: RemoteClient.shape.id }),
  'task.accept': z.object({
    taskId: TaskId,
    prompt: Text.min(1).max(100_000),
    path: z.string().max(4096).optional(),
    agent: AgentId.optional(),
  }),
  'task.stop': z.object({ taskId: TaskId }),
  'task.report': Task.pick({ taskId: true, state: true, sessionId: true, result: true, error: true }),
};
export type Between = typeof between;
