// Threads: outbox and inboxes together, as people read them. Bounded by the newest messages; nothing is kept for it.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { titleFrom } from '../core/session.ts';
import {
  ClientMessageId,
  Delivery,
  MailboxName,
  MessageId,
  OutboxStatus,
  PERSON,
  Problem,
  SessionId,
  type MailMessage,
  type MailThread,
  type ThreadMessage,
} from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import { BODY, WITH_BODY } from './inboxRow.ts';
import { messageIn } from './letter.ts';
import type { OutboxStore } from './outbox.ts';

/** So many of the newest messages are looked through for threads. */
const NEWEST = 1_000;
/** So many messages of a thread count towards what its row in the list says. */
const COUNTED = 500;

/** A thread's first message is found by its id, its answers by an index of answers. */
const IN_THREAD = '(message_id = ?1 OR thread = ?1)';

const KnownRow = object(() => ({
  id: MessageId,
  clientMessageId: ClientMessageId,
  from: z.string(),
  timestamp: z.string(),
}));

const SentRow = object(() => ({
  ...KnownRow.shape,
  key: z.int(),
  body: z.string(),
  status: OutboxStatus,
  last_error: z.string().nullable(),
  expires_at: z.string().nullable(),
}));

const ReceivedRow = object(() => ({
  ...KnownRow.shape,
  body: z.string(),
  mailbox: MailboxName,
  session_id: SessionId.nullable(),
  state: Delivery.shape.state,
  received_at: z.string(),
  read_at: z.string().nullable(),
}));

export class MailThreadStore {
  readonly #db: Database;
  readonly #outbox: OutboxStore;

  constructor(db: Database, outbox: OutboxStore) {
    this.#db = db;
    this.#outbox = outbox;
  }

  /** The last written first. */
  list(limit: number): MailThread[] {
    const rows = this.#db.all(
      `SELECT thread, max(at) AS at FROM (
         SELECT * FROM (SELECT coalesce(thread, message_id) AS thread, created_at AS at FROM outbox
           WHERE body IS NOT NULL ORDER BY key DESC LIMIT ${NEWEST})
         UNION ALL
         SELECT * FROM (SELECT coalesce(thread, message_id) AS thread, received_at AS at FROM inbox
           WHERE body IS NOT NULL ORDER BY received_at DESC LIMIT ${NEWEST}))
       GROUP BY thread ORDER BY at DESC LIMIT ?`,
      limit,
    );
    return rows.flatMap((row) => {
      const threadId = MessageId.parse(row['thread']);
      const messages = this.#messages(threadId, COUNTED);
      return messages.length === 0 ? [] : [threadOf(threadId, messages)];
    });
  }

  /** Oldest message first; of a long thread the newest. Throws the problem mail.unknown. */
  get(threadId: MessageId, limit: number): { thread: MailThread; messages: ThreadMessage[] } {
    const messages = this.#messages(threadId, COUNTED);
    if (messages.length === 0) {
      throw new Problem('mail.unknown', `No thread ${threadId}. mail.threads lists those there are.`, {
        threadId,
      });
    }
    return { thread: threadOf(threadId, messages), messages: messages.slice(-limit) };
  }

  #messages(threadId: MessageId, limit: number): ThreadMessage[] {
    const found = new Map<MessageId, ThreadMessage>();
    const sent = this.#db.all(
      `SELECT message_id AS id, client_message_id AS clientMessageId, sender AS "from", created_at AS timestamp, key, body,
         status, last_error, expires_at FROM outbox
       WHERE ${IN_THREAD} AND body IS NOT NULL ORDER BY key DESC LIMIT ?2`,
      threadId,
      limit,
    );
    for (const row of sent.toReversed()) {
      const r = SentRow.parse(row);
      const { key, status, last_error: lastError, expires_at: expiresAt } = r;
      const message = messageIn(r.body, r);
      const receipts = this.#outbox.receipts(key, message.id);
      found.set(message.id, {
        ...message,
        outgoing: { status, lastError, expiresAt, receipts },
        deliveries: [],
      });
    }
    for (const row of this.#received(threadId, limit)) {
      const r = ReceivedRow.parse(row);
      const message = messageIn(r.body, r);
      const known = found.get(message.id) ?? { ...message, outgoing: null, deliveries: [] };
      const { mailbox, state, received_at: receivedAt, read_at: readAt, session_id: sessionId } = r;
      const delivery = { mailbox, state, receivedAt, readAt, ...(sessionId === null ? {} : { sessionId }) };
      found.set(message.id, { ...known, deliveries: [...known.deliveries, delivery] });
    }
    // What came at the same moment keeps its order.
    const byTime = (a: MailMessage, b: MailMessage): number =>
      Number(a.timestamp > b.timestamp) - Number(a.timestamp < b.timestamp);
    return [...found.values()].sort(byTime).slice(-limit);
  }

  #received(threadId: MessageId, limit: number): Row[] {
    return this.#db.all(
      `SELECT d.*, m.name AS mailbox, s.session_id
       FROM (SELECT i.message_id AS id, i.client_message_id AS clientMessageId, coalesce(i.author, '') AS "from",
           i.received_at AS timestamp, ${BODY} AS body, i.mailbox_key, i.state, i.received_at, i.read_at FROM ${WITH_BODY}
           WHERE ${BODY} IS NOT NULL AND i.key IN (SELECT key FROM inbox WHERE ${IN_THREAD}
             UNION SELECT i.key FROM inbox i JOIN (SELECT message_id FROM outbox WHERE ${IN_THREAD}) USING (message_id))
           ORDER BY i.received_at DESC LIMIT ?2) d
         JOIN mailbox m ON m.key = d.mailbox_key LEFT JOIN session s ON s.key = m.session_key
       ORDER BY d.received_at`,
      threadId,
      limit,
    );
  }
}

function threadOf(threadId: MessageId, messages: readonly ThreadMessage[]): MailThread {
  const first = messages.find(({ id }) => id === threadId) ?? messages[0];
  const last = messages.at(-1) ?? first;
  const deliveries = messages.flatMap((message) => message.deliveries);
  const count = (...states: readonly OutboxStatus[]): number =>
    messages.filter(({ outgoing }) => outgoing !== null && states.includes(outgoing.status)).length;
  return {
    threadId,
    subject: titleFrom(first?.content ?? ''),
    participants: [...new Set(messages.flatMap(({ from, to }) => [from, to]))],
    lastFrom: last?.from ?? '',
    lastAt: last?.timestamp ?? '',
    messages: messages.length,
    unread: deliveries.filter(({ mailbox, state }) => mailbox === PERSON && state === 'delivered').length,
    held: deliveries.filter(({ state }) => state === 'held').length,
    waiting: count('pending', 'inflight'),
    dead: count('dead'),
  };
}
