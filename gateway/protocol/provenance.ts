// Where mail comes from: told by the gateways that carried it, never by whoever wrote it.
import { z } from 'zod';
import { object } from './shape.ts';
import { MessageId } from './ids.ts';

/** Where a message comes from, as the gateways know it; a sender cannot set it. */
export const Provenance = object(() => ({
  via: z.enum(['rpc', 'http', 'mcp', 'socket', 'peer']),
  agent: z.string().optional().describe('The agent that wrote it, if one did'),
  session: z.string().optional().describe('The title of the session that it was written in'),
  peer: z.string().optional().describe('The gateway that it came from, as it is called here'),
  hops: z.int().nonnegative().describe('How many answers to answers led to it'),
}));
export type Provenance = z.infer<typeof Provenance>;

/** Why a prompt is there, when no person wrote it: it is mail, and never consent to anything. */
export const Origin = object(() => ({
  messageId: MessageId,
  from: z.string().describe('name, or name@peer'),
  provenance: Provenance,
}));
export type Origin = z.infer<typeof Origin>;
