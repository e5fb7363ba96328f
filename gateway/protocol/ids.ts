// The ids that cross the wire: ASCII, bounded, and never part of a path.
import { z } from 'zod';

/**
 * Ids are compared and stored as keys, so they are plain ASCII: two different ill-formed strings become the same
 * SQLite TEXT. They start with a letter or digit and never contain a slash or two dots.
 */
const id = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9_:-]|\.(?!\.)){0,127}$/,
    'must be 1 to 128 ASCII letters, digits or _ : . -',
  );

export const SessionId = id.brand<'SessionId'>().describe('A session, as the gateway names it');
export type SessionId = z.infer<typeof SessionId>;

export const PromptId = id.brand<'PromptId'>().describe('A prompt; also its idempotency key');
export type PromptId = z.infer<typeof PromptId>;

export const PermissionId = id.brand<'PermissionId'>().describe('A question of an agent');
export type PermissionId = z.infer<typeof PermissionId>;

export const ClientId = id
  .brand<'ClientId'>()
  .describe('A connected program: a window, the command line, a script');
export type ClientId = z.infer<typeof ClientId>;

export const AgentId = id
  .brand<'AgentId'>()
  .describe('A key of the agents catalogue: demo, claude, opencode ...');
export type AgentId = z.infer<typeof AgentId>;

/** How far a client has read: `logId:seq`. A cursor of another log is answered with `gap: true` and a snapshot. */
export const Cursor = z
  .string()
  .regex(/^[0-9a-z]{8,32}:(?:0|[1-9][0-9]{0,14})$/, 'must be logId:seq')
  .brand<'Cursor'>();
export type Cursor = z.infer<typeof Cursor>;

export const PeerName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 of a-z 0-9 _ . -')
  .brand<'PeerName'>()
  .describe('What the other gateway is called here');
export type PeerName = z.infer<typeof PeerName>;

/** Ids of mail come from other programs and gateways: the same alphabet, and nothing around it. */
const key = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,126}[A-Za-z0-9])?$/,
    'must be 1 to 128 ASCII letters, digits or _ . : -',
  );

export const MessageId = key.brand<'MessageId'>().describe('A message, as its gateway names it');
export type MessageId = z.infer<typeof MessageId>;

export const ClientMessageId = key
  .brand<'ClientMessageId'>()
  .describe('The idempotency key of a message, given by its sender: never free again');
export type ClientMessageId = z.infer<typeof ClientMessageId>;
