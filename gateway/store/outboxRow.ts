// A row of the outbox, as it is read.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { ClientMessageId, MessageId, OutboxStatus, type MailMessage } from '../protocol/index.ts';
import type { Row } from './database.ts';
import { messageIn } from './letter.ts';

export const OutboxRow = object(() => ({
  key: z.int(),
  message_id: MessageId,
  sender: z.string(),
  client_message_id: ClientMessageId,
  fingerprint: z.string(),
  status: OutboxStatus,
  lane: z.string(),
  mailbox_key: z.int().nullable(),
  peer: z.string().nullable(),
  body: z.string().nullable(),
  bytes: z.int(),
  attempts: z.int(),
  next_attempt_at: z.string().nullable(),
  expires_at: z.string().nullable(),
  last_error: z.string().nullable(),
  superseded_by: MessageId.nullable(),
  supersedes: MessageId.nullable(),
  created_at: z.string(),
}));

/** Where a message goes, in the words of a lane. */
export interface Routing {
  readonly lane: string;
  readonly mailboxKey: number | null;
  readonly peer: string | null;
}

/** A message on its way. */
export interface StoredOutgoing extends Routing {
  readonly key: number;
  readonly id: MessageId;
  readonly sender: string;
  readonly clientMessageId: ClientMessageId;
  readonly fingerprint: string;
  readonly status: OutboxStatus;
  /** undefined: too long ago. */
  readonly message: MailMessage | undefined;
  readonly bytes: number;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly expiresAt: string | null;
  readonly lastError: string | null;
  readonly supersededBy: MessageId | null;
  readonly supersedes: MessageId | null;
}

export function fromRow(row: Row): StoredOutgoing {
  const r = OutboxRow.parse(row);
  const { message_id: id, client_message_id: clientMessageId } = r;
  const known = { id, clientMessageId, from: r.sender, timestamp: r.created_at };
  return {
    key: r.key,
    id,
    sender: r.sender,
    clientMessageId,
    fingerprint: r.fingerprint,
    status: r.status,
    lane: r.lane,
    mailboxKey: r.mailbox_key,
    peer: r.peer,
    message: r.body === null ? undefined : messageIn(r.body, known),
    bytes: r.bytes,
    attempts: r.attempts,
    nextAttemptAt: r.next_attempt_at,
    expiresAt: r.expires_at,
    lastError: r.last_error,
    supersededBy: r.superseded_by,
    supersedes: r.supersedes,
  };
}
