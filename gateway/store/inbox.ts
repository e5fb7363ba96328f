// The inboxes: what has arrived, unique by sender and id, and how far its readers are.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { rankOf, type Load } from '../core/mail.ts';
import {
  ClientMessageId,
  Delivery,
  MessageId,
  PromptId,
  SessionId,
  type MailMessage,
} from '../protocol/index.ts';
import { Cache } from './cache.ts';
import type { Database } from './database.ts';
import { BODY, deliveryOf, fromRow, SELECT, type Arrival, type StoredDelivery } from './inboxRow.ts';
import { threadOf } from './letter.ts';
import { Loads } from './loads.ts';
import { inboxRange, INBOX_SPAN as SPAN, type StoredMailbox } from './mailbox.ts';

/**
 * What waits for somebody. SQLite uses a partial index only for a query that repeats the condition of that index, so a query
 * says this also where it asks for one of the states.
 */
const OPEN = `state IN ('delivered', 'held') AND rank IN (0, 1, 2)`;

const ReadRow = object(() => ({
  sender: z.string(),
  peer: z.string().nullable(),
  bytes: z.int(),
  client_message_id: ClientMessageId,
  prompt_id: PromptId.nullable(),
  author: z.string(),
}));

/** What is told of a message that was read. */
export interface ReadMail {
  readonly clientMessageId: ClientMessageId;
  readonly from: string;
  /** What it became in the queue of its session. */
  readonly promptId: PromptId | null;
}

export class InboxStore {
  readonly #db: Database;
  /** What a sender or a peer has left unread in a mailbox, counted when it is first asked for. */
  readonly #loads = new Loads();
  /** The number of the last row of a mailbox. */
  readonly #heads = new Cache<number, number>();
  /** After which key nothing waits to be read in a mailbox at a rank, as far as that is known. */
  readonly #ends = new Cache<string, number>();
  #hasParked: boolean | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Whether there is mail that waits until its session has time. Asked with every commit. */
  get hasParked(): boolean {
    this.#hasParked ??= this.#db.get('SELECT 1 FROM inbox WHERE is_parked = 1 LIMIT 1') !== undefined;
    return this.#hasParked;
  }

  /** The key of the new row; undefined when this sender's id has arrived here before. */
  insert({ mailbox, message, sender, ...arrival }: Arrival, now: string): number | undefined {
    const key = mailbox.key * SPAN + this.#head(mailbox) + 1;
    const isForeign = arrival.outboxKey === null;
    const rank = rankOf(message.priority);
    const { changes } = this.#db.run(
      `INSERT INTO inbox (key, mailbox_key, message_id, sender, client_message_id, state, rank, body, bytes, outbox_key,
         peer, is_parked, received_at, expires_at, author, thread)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      key,
      mailbox.key,
      message.id,
      sender,
      arrival.clientMessageId,
      arrival.state,
      rank,
      isForeign ? JSON.stringify(message) : null,
      arrival.bytes,
      arrival.outboxKey,
      arrival.peer,
      Number(arrival.isParked),
      now,
      arrival.expiresAt,
      message.from,
      isForeign ? threadOf(message) : null,
    );
    if (changes === 0) return undefined;
    if (arrival.isParked) this.#hasParked = true;
    this.#ends.delete(endKey(mailbox.key, rank));
    this.#heads.set(mailbox.key, key - mailbox.key * SPAN);
    this.#changed(mailbox.key, { sender, peer: arrival.peer }, 1, arrival.bytes);
    return key;
  }

  /** What a sender has left here unread, held mail included. */
  unread({ key }: Pick<StoredMailbox, 'key'>, sender: string): Load {
    return this.#load(key, 'sender', sender);
  }

  /** What all senders of a peer have left here unread. */
  unreadOfPeer({ key }: Pick<StoredMailbox, 'key'>, peer: string): Load {
    return this.#load(key, 'peer', peer);
  }

  /** A peer was renamed: it is still told what becomes of its mail. */
  renamePeer(from: string, to: string): void {
    this.#loads.clear();
    this.#db.run('UPDATE inbox SET peer = ? WHERE peer = ?', to, from);
    this.#db.run('UPDATE last_receipt SET peer = ? WHERE peer = ?', to, from);
  }

  /** The peer, as it is called now, of whoever has written a message under an address. */
  peerOf(id: MessageId, author: string): string | undefined {
    const query = 'SELECT peer FROM inbox WHERE message_id = ? AND author = ? AND peer IS NOT NULL LIMIT 1';
    const peer = this.#db.get(query, id, author)?.['peer'];
    return typeof peer === 'string' ? peer : undefined;
  }

  find({ key }: Pick<StoredMailbox, 'key'>, id: MessageId): StoredDelivery | undefined {
    const row = this.#db.get(
      `${SELECT} WHERE i.message_id = ? AND i.mailbox_key = ? AND ${BODY} IS NOT NULL`,
      id,
      key,
    );
    return row && fromRow(row);
  }

  /** The keys of up to two mailboxes where it can be read. */
  whereIs(id: MessageId): number[] {
    return this.#db
      .all(`SELECT mailbox_key FROM inbox WHERE message_id = ? AND state <> 'held' LIMIT 2`, id)
      .map((row) => Number(row['mailbox_key']));
  }

  findByKey(key: number): StoredDelivery | undefined {
    const row = this.#db.get(`${SELECT} WHERE i.key = ? AND ${BODY} IS NOT NULL`, key);
    return row && fromRow(row);
  }

  /** Wherever it has arrived. */
  findMessage(id: MessageId): MailMessage | undefined {
    const row = this.#db.get(`${SELECT} WHERE i.message_id = ? AND ${BODY} IS NOT NULL LIMIT 1`, id);
    return row && fromRow(row).message;
  }

  /** What waits to be read in a mailbox at one rank, oldest first, after a key. */
  waiting({ key }: Pick<StoredMailbox, 'key'>, rank: number, after: number, limit: number): StoredDelivery[] {
    if (after >= (this.#ends.get(endKey(key, rank)) ?? Infinity)) return [];
    const found = this.#db
      .all(
        `${SELECT} WHERE i.state IN ('delivered', 'held') AND i.state = 'delivered' AND i.rank = ? AND i.key > ? AND i.key < ?
         ORDER BY i.key LIMIT ?`,
        rank,
        Math.max(after, key * SPAN),
        (key + 1) * SPAN,
        limit,
      )
      .map((row) => fromRow(row));
    if (found.length < limit) this.#ends.set(endKey(key, rank), found.at(-1)?.key ?? after);
    return found;
  }

  /** The sessions that something waits for until they have time. */
  sessionsWithParked(): SessionId[] {
    return this.#db
      .all(
        `SELECT s.session_id FROM mailbox m JOIN session s ON s.key = m.session_key
         WHERE m.key IN (SELECT mailbox_key FROM inbox WHERE is_parked = 1)`,
      )
      .map(({ session_id: id }) => SessionId.parse(id));
  }

  /** What waits for a session to have time, the most urgent first. */
  parked({ key }: Pick<StoredMailbox, 'key'>): StoredDelivery[] {
    return this.#db
      .all(`${SELECT} WHERE i.mailbox_key = ? AND i.is_parked = 1 ORDER BY i.rank, i.key`, key)
      .map((row) => fromRow(row));
  }

  /** Whether mail that is as urgent waits for the session of a mailbox to have time. */
  isBehindParked({ key }: Pick<StoredMailbox, 'key'>, rank: number): boolean {
    const query = 'SELECT 1 FROM inbox WHERE mailbox_key = ? AND is_parked = 1 AND rank <= ? LIMIT 1';
    return this.hasParked && this.#db.get(query, key, rank) !== undefined;
  }

  becamePrompt(key: number, promptId: PromptId): void {
    this.#db.run('UPDATE inbox SET prompt_id = ?, is_parked = 0 WHERE key = ?', promptId, key);
    this.#hasParked = undefined;
  }

  /** A person has let it in. */
  letIn({ key }: StoredDelivery, isParked: boolean): void {
    this.#hasParked = undefined;
    this.#ends.clear();
    this.#db.run(`UPDATE inbox SET state = 'delivered', is_parked = ? WHERE key = ?`, Number(isParked), key);
  }

  /** Marks a waiting message as read; answers what its sender is told. undefined: nothing waits under that id. */
  read({ key }: Pick<StoredMailbox, 'key'>, id: MessageId, now: string): ReadMail | undefined {
    const row = this.#db.change(
      `UPDATE inbox SET state = 'read', is_parked = 0, read_at = ? WHERE message_id = ? AND mailbox_key = ? AND state = 'delivered'
       RETURNING sender, peer, bytes, client_message_id, prompt_id, coalesce(author, body ->> '$.from') AS author`,
      now,
      id,
      key,
    );
    if (row === undefined) return undefined;
    const r = ReadRow.parse(row);
    this.#changed(key, r, -1, -r.bytes);
    return { clientMessageId: r.client_message_id, from: r.author, promptId: r.prompt_id };
  }

  /** It waits for nobody any more. */
  close(
    { key, mailboxKey, sender, peer, bytes }: StoredDelivery,
    state: 'read' | 'refused' | 'expired',
    now: string,
  ): void {
    this.#db.run('UPDATE inbox SET state = ?, is_parked = 0, read_at = ? WHERE key = ?', state, now, key);
    this.#changed(mailboxKey, { sender, peer }, -1, -bytes);
  }

  counts({ key }: Pick<StoredMailbox, 'key'>): { unread: number; held: number } {
    const count = (state: 'delivered' | 'held'): number =>
      Number(
        this.#db.get(
          `SELECT count(*) AS n FROM inbox INDEXED BY inbox_open
           WHERE ${OPEN} AND state = '${state}' AND key > ? AND key < ?`,
          ...inboxRange(key),
        )?.['n'],
      );
    return { unread: count('delivered'), held: count('held') };
  }

  /** Newest first. */
  list(
    { key, name }: Pick<StoredMailbox, 'key' | 'name'>,
    filter: {
      since?: string | undefined;
      from?: string | undefined;
      topic?: string | undefined;
      states: readonly Delivery['state'][];
      before?: number | undefined;
      limit: number;
    },
  ): { messages: Delivery[]; next?: number } {
    const rows = this.#db.all(
      `${SELECT} WHERE i.key > ? AND i.key < ? AND ${BODY} IS NOT NULL AND i.received_at >= ?
         AND i.state IN (SELECT value FROM json_each(?))
         AND (? IS NULL OR coalesce(i.author, i.body ->> '$.from') = ?) AND (? IS NULL OR json_valid(${BODY}) AND ${BODY} ->> '$.to' = ?)
       ORDER BY i.key DESC LIMIT ?`,
      key * SPAN,
      key * SPAN + Math.min(filter.before ?? SPAN, SPAN),
      filter.since ?? '',
      JSON.stringify(filter.states),
      filter.from ?? null,
      filter.from ?? null,
      filter.topic ?? null,
      filter.topic === undefined ? null : `@${filter.topic.replace(/^@/, '')}`,
      filter.limit,
    );
    const found = rows.map((row) => fromRow(row));
    const last = found.at(-1);
    return {
      messages: found.map((delivery) => deliveryOf(delivery, name)),
      ...(last === undefined || found.length < filter.limit ? {} : { next: last.key - key * SPAN }),
    };
  }

  /** Held mail whose time is over. */
  expired(now: string): StoredDelivery[] {
    return this.#db
      .all(
        `${SELECT} WHERE i.key IN (SELECT key FROM inbox WHERE ${OPEN} AND state = 'held' AND expires_at <= ?)`,
        now,
      )
      .map((row) => fromRow(row));
  }

  nextExpiry(): string | undefined {
    const at = this.#db.get(`SELECT min(expires_at) AS at FROM inbox WHERE ${OPEN} AND state = 'held'`)?.[
      'at'
    ];
    return typeof at === 'string' ? at : undefined;
  }

  /** What a peer has not been told of yet, first that of mailboxes that are gone: their keys are negative. */
  untold(
    peer: string,
    limit: number,
  ): { key: number; id: MessageId; state: string; mailbox: string; at: string }[] {
    return this.#db
      .all(
        `SELECT -key AS key, message_id, state, mailbox, at FROM last_receipt WHERE peer = ?1
         UNION ALL SELECT * FROM (
           SELECT i.key, i.message_id, i.state, m.name, coalesce(i.read_at, i.received_at) FROM inbox i
             JOIN mailbox m ON m.key = i.mailbox_key WHERE i.peer = ?1 AND i.told IS NOT i.state ORDER BY i.key LIMIT ?2)
         LIMIT ?2`,
        peer,
        limit,
      )
      .map((row) => ({
        key: Number(row['key']),
        id: MessageId.parse(row['message_id']),
        state: String(row['state']),
        mailbox: String(row['mailbox']),
        at: String(row['at']),
      }));
  }

  told(key: number, state: string): void {
    if (key < 0) this.#db.run('DELETE FROM last_receipt WHERE key = ?', -key);
    else this.#db.run('UPDATE inbox SET told = ? WHERE key = ?', state, key);
  }

  /** Old mail that was read loses its content; its id stays, so that it cannot arrive again. */
  prune(before: string, limit: number): number {
    return this.#db.run(
      `UPDATE inbox SET body = NULL, thread = NULL WHERE key IN (SELECT key FROM inbox
         WHERE body IS NOT NULL AND received_at < ? AND state IN ('read', 'refused', 'expired') LIMIT ?)`,
      before,
      limit,
    ).changes;
  }

  /** A transaction was rolled back: counts that are kept in memory are forgotten, and made again when they are asked for. */
  forget(): void {
    this.#loads.clear();
    this.#heads.clear();
    this.#ends.clear();
    this.#hasParked = undefined;
  }

  #load(key: number, column: 'sender' | 'peer', who: string): Load {
    return this.#loads.of(loadKey(key, column, who), () =>
      this.#db.get(
        `SELECT count(*) AS messages, total(bytes) AS bytes FROM inbox INDEXED BY inbox_open
         WHERE ${OPEN} AND key > ? AND key < ? AND ${column} = ?`,
        ...inboxRange(key),
        who,
      ),
    );
  }

  #changed(
    mailboxKey: number,
    from: { readonly sender: string; readonly peer: string | null },
    messages: number,
    bytes: number,
  ): void {
    for (const column of ['sender', 'peer'] as const) {
      this.#loads.add(loadKey(mailboxKey, column, from[column] ?? ''), messages, bytes);
    }
  }

  #head({ key }: StoredMailbox): number {
    let head = this.#heads.get(key);
    if (head === undefined) {
      const row = this.#db.get(
        'SELECT max(key) AS key FROM inbox WHERE key > ? AND key < ?',
        ...inboxRange(key),
      );
      head = typeof row?.['key'] === 'number' ? row['key'] - key * SPAN : 0;
      this.#heads.set(key, head);
    }
    return head;
  }
}

const endKey = (mailboxKey: number, rank: number): string => `${mailboxKey} ${rank}`;

const loadKey = (mailboxKey: number, column: 'sender' | 'peer', who: string): string =>
  `${mailboxKey} ${column} ${who}`;
