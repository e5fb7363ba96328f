// A row of an inbox, as it is read: with the content of its message, wherever that is kept.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import {
  ClientMessageId,
  Delivery,
  MessageId,
  PromptId,
  type MailboxName,
  type MailMessage,
} from '../protocol/index.ts';
import type { Row } from './database.ts';
import { messageIn } from './letter.ts';
import type { StoredMailbox } from './mailbox.ts';

/** A message that was sent here has its content in the outbox, once for all who have got it. */
export const BODY = 'coalesce(i.body, o.body)';
export const WITH_BODY = 'inbox i LEFT JOIN outbox o ON o.key = i.outbox_key';

export const SELECT = `SELECT i.key, i.mailbox_key, i.message_id, i.sender, i.client_message_id, i.author, i.state, ${BODY} AS body, i.bytes, i.outbox_key, i.peer,
  i.prompt_id, i.is_parked, i.received_at, i.read_at FROM ${WITH_BODY}`;

const InboxRow = object(() => ({
  key: z.int(),
  mailbox_key: z.int(),
  message_id: MessageId,
  sender: z.string(),
  client_message_id: ClientMessageId,
  author: z.string().nullable(),
  state: Delivery.shape.state,
  body: z.string(),
  bytes: z.int(),
  outbox_key: z.int().nullable(),
  peer: z.string().nullable(),
  prompt_id: PromptId.nullable(),
  is_parked: z.int(),
  received_at: z.string(),
  read_at: z.string().nullable(),
}));

/** A message in an inbox, with what only the gateway needs to know of it. */
export interface StoredDelivery {
  readonly key: number;
  readonly mailboxKey: number;
  readonly sender: string;
  readonly message: MailMessage;
  readonly state: Delivery['state'];
  readonly bytes: number;
  readonly outboxKey: number | null;
  readonly peer: string | null;
  readonly promptId: PromptId | null;
  readonly isParked: boolean;
  readonly receivedAt: string;
  readonly readAt: string | null;
}

/** As it arrives. */
export interface Arrival {
  readonly mailbox: StoredMailbox;
  readonly message: MailMessage;
  readonly sender: string;
  readonly clientMessageId: ClientMessageId;
  readonly state: 'delivered' | 'held';
  readonly bytes: number;
  readonly outboxKey: number | null;
  readonly peer: string | null;
  readonly expiresAt: string | null;
  readonly isParked: boolean;
}

/** As it is shown. */
export const deliveryOf = (
  { message, state, receivedAt, readAt }: StoredDelivery,
  mailbox: MailboxName,
): Delivery => ({ ...message, mailbox, state, receivedAt, readAt });

export function fromRow(row: Row): StoredDelivery {
  const r = InboxRow.parse(row);
  const { message_id: id, client_message_id: clientMessageId } = r;
  const known = { id, clientMessageId, from: r.author ?? '', timestamp: r.received_at };
  return {
    key: r.key,
    mailboxKey: r.mailbox_key,
    sender: r.sender,
    message: messageIn(r.body, known),
    state: r.state,
    bytes: r.bytes,
    outboxKey: r.outbox_key,
    peer: r.peer,
    promptId: r.prompt_id,
    isParked: r.is_parked === 1,
    receivedAt: r.received_at,
    readAt: r.read_at,
  };
}
