// The outbox: what was accepted and where it stands. Its ids are never free again, however old they are.
import { object } from '../protocol/shape.ts';
import { goesOn, rankOf, type Load } from '../core/mail.ts';
import {
  Problem,
  Receipt,
  type ClientMessageId,
  type MailMessage,
  type MessageId,
  type Outgoing,
  type OutboxStatus,
} from '../protocol/index.ts';
import type { Database } from './database.ts';
import { threadOf } from './letter.ts';
import { loadIn, Loads } from './loads.ts';
import { fromRow, OutboxRow, type Routing, type StoredOutgoing } from './outboxRow.ts';

/** As it comes in. */
export interface SentMail extends Routing {
  readonly message: MailMessage;
  readonly sender: string;
  readonly fingerprint: string;
  readonly bytes: number;
  readonly expiresAt: string | null;
  readonly supersedes: MessageId | null;
}

export class OutboxStore {
  readonly #db: Database;
  /** What waits in a lane, counted when it is first asked for. */
  readonly #loads = new Loads();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Answers its key. done: it arrives in the same transaction. */
  insert(mail: SentMail, status: 'pending' | 'done' = 'pending'): number {
    const { message, bytes, lane } = mail;
    const { lastInsertRowid } = this.#db.run(
      `INSERT INTO outbox (message_id, sender, client_message_id, fingerprint, status, rank, lane, mailbox_key, peer, body,
         bytes, expires_at, supersedes, created_at, thread)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      message.id,
      mail.sender,
      message.clientMessageId,
      mail.fingerprint,
      status,
      rankOf(message.priority),
      lane,
      mail.mailboxKey,
      mail.peer,
      JSON.stringify(message),
      bytes,
      mail.expiresAt,
      mail.supersedes,
      message.timestamp,
      threadOf(message),
    );
    if (status === 'pending') this.#loads.add(lane, 1, bytes);
    return lastInsertRowid;
  }

  /** What an id of a sender stands for. */
  known(
    sender: string,
    id: ClientMessageId,
  ): { id: MessageId; fingerprint: string; status: OutboxStatus; lastError: string | null } | undefined {
    const row = this.#db.get(
      'SELECT message_id, fingerprint, status, last_error FROM outbox WHERE sender = ? AND client_message_id = ?',
      sender,
      id,
    );
    if (row === undefined) return undefined;
    const r = KnownRow.parse(row);
    return { id: r.message_id, fingerprint: r.fingerprint, status: r.status, lastError: r.last_error };
  }

  find(id: MessageId): StoredOutgoing | undefined {
    const row = this.#db.get('SELECT * FROM outbox WHERE message_id = ?', id);
    return row && fromRow(row);
  }

  /** Throws the problem mail.unknown. */
  get(id: MessageId): StoredOutgoing {
    const found = this.find(id);
    if (found === undefined) {
      throw new Problem('mail.unknown', `The outbox has no message ${id}. mail.outbox lists what it has.`, {
        id,
      });
    }
    return found;
  }

  /** The next in a lane, the most urgent first. */
  next(lane: string, limit: number, peer: string | null = null): StoredOutgoing[] {
    return this.#db
      .all(
        `SELECT * FROM outbox WHERE lane = ? AND status = 'pending' AND peer IS ? ORDER BY rank, key LIMIT ?`,
        lane,
        peer,
        limit,
      )
      .map((row) => fromRow(row));
  }

  /** How much waits in a lane. */
  waiting(lane: string): Load {
    return this.#loads.of(lane, () =>
      this.#db.get(
        `SELECT count(*) AS messages, total(bytes) AS bytes FROM outbox WHERE lane = ? AND status = 'pending'`,
        lane,
      ),
    );
  }

  /** How much of a sender waits, wherever it goes. Looks at all that waits. */
  waitingOf(sender: string): Load {
    return loadIn(
      this.#db.get(
        `SELECT count(*) AS messages, total(bytes) AS bytes FROM outbox INDEXED BY outbox_lane
         WHERE status = 'pending' AND sender = ?`,
        sender,
      ),
    );
  }

  /** Lanes with somebody in them. */
  lanes(): { lane: string; peer: string | null }[] {
    return this.#db.all(`SELECT DISTINCT lane, peer FROM outbox WHERE status = 'pending'`).map((row) => ({
      lane: String(row['lane']),
      peer: typeof row['peer'] === 'string' ? row['peer'] : null,
    }));
  }

  /** A waiting message waits no longer: it was handed on, has arrived, or never will. */
  leave({ key, lane, bytes }: StoredOutgoing, status: OutboxStatus, lastError: string | null = null): void {
    this.#db.run(
      'UPDATE outbox SET status = ?, next_attempt_at = NULL, last_error = coalesce(?, last_error) WHERE key = ?',
      status,
      lastError,
      key,
    );
    this.#loads.add(lane, -1, -bytes);
  }

  /**
   * The other side has said what became of a message that is in flight, or that was given up before it said so. An answer
   * that comes after a requeue changes nothing.
   */
  settle({ key }: StoredOutgoing, status: 'done' | 'dead', lastError: string | null = null): void {
    this.#db.run(
      `UPDATE outbox SET status = ?, last_error = ? WHERE key = ? AND status IN ('inflight', 'pending', 'dead')`,
      status,
      lastError,
      key,
    );
    this.forget();
  }

  /** It did not work; it is tried again. */
  retryLater({ key, status }: StoredOutgoing, at: string, lastError: string): void {
    const { changes } = this.#db.run(
      `UPDATE outbox SET status = 'pending', attempts = attempts + 1, next_attempt_at = ?, last_error = ?
       WHERE key = ? AND status IN ('pending', 'inflight')`,
      at,
      lastError,
      key,
    );
    if (changes > 0 && status === 'inflight') this.forget();
  }

  /** After a start: what was being carried to a peer waits again. */
  recover(): void {
    this.#db.run(`UPDATE outbox SET status = 'pending' WHERE ${ofStatus('inflight')}`);
    this.forget();
  }

  /** A peer was renamed: what was sent to it still is. */
  renamePeer(from: string, to: string): void {
    this.#db.run('UPDATE outbox SET peer = ? WHERE peer = ?', to, from);
  }

  supersede({ key }: StoredOutgoing, by: MessageId): void {
    this.#db.run(
      `UPDATE outbox SET status = 'aborted', superseded_by = ?, next_attempt_at = NULL WHERE key = ?`,
      by,
      key,
    );
    this.forget();
  }

  /** Waiting messages whose time is over. */
  expired(now: string, limit: number): StoredOutgoing[] {
    return this.#db
      .all(
        `SELECT * FROM outbox WHERE status = 'pending' AND expires_at IS NOT NULL AND expires_at <= ?
         ORDER BY expires_at LIMIT ?`,
        now,
        limit,
      )
      .map((row) => fromRow(row));
  }

  nextExpiry(): string | undefined {
    const at = this.#db.get(
      `SELECT min(expires_at) AS at FROM outbox WHERE status = 'pending' AND expires_at IS NOT NULL`,
    )?.['at'];
    return typeof at === 'string' ? at : undefined;
  }

  /**
   * Notes what became of a recipient that has no row in an inbox here. False, and nothing is noted, when that or something later
   * was known of it, or when the message has too many recipients already.
   */
  addReceipt(
    { key }: Pick<StoredOutgoing, 'key'>,
    { mailbox, state, at, reason }: Receipt,
    most = Infinity,
  ): boolean {
    const row = this.#db.get('SELECT state FROM receipt WHERE outbox_key = ? AND mailbox = ?', key, mailbox);
    if (row !== undefined && !goesOn(Receipt.shape.state.parse(row['state']), state)) return false;
    if (row === undefined && most < Infinity && this.#recipients(key) >= most) return false;
    this.#db.run(
      'INSERT OR REPLACE INTO receipt VALUES (?, ?, ?, ?, ?)',
      key,
      mailbox,
      state,
      at,
      reason ?? null,
    );
    return true;
  }

  /** Newest first. */
  list(filter: {
    status?: OutboxStatus | undefined;
    sender?: string | undefined;
    before?: number | undefined;
    limit: number;
  }): { messages: Outgoing[]; next?: number } {
    const status = filter.status;
    const only = status === undefined ? '1' : ofStatus(status);
    const rows = this.#db.all(
      `SELECT * FROM outbox WHERE ${only} AND key < ? AND (? IS NULL OR sender = ?) AND body IS NOT NULL
       ORDER BY key DESC LIMIT ?`,
      filter.before ?? Number.MAX_SAFE_INTEGER,
      filter.sender ?? null,
      filter.sender ?? null,
      filter.limit,
    );
    const found = rows.map((row) => fromRow(row));
    const last = found.at(-1);
    return {
      messages: found.flatMap((mail) => this.#shown(mail)),
      ...(last === undefined || found.length < filter.limit ? {} : { next: last.key }),
    };
  }

  /** A message with all that were made of it, or that it was made of, oldest first. */
  chain(id: MessageId): Outgoing[] {
    let first = this.find(id);
    const seen = new Set<string>();
    for (let before = first; before !== undefined && !seen.has(before.id);) {
      seen.add(before.id);
      first = before;
      before = before.supersedes === null ? undefined : this.find(before.supersedes);
    }
    const chain: Outgoing[] = [];
    for (let next = first; next !== undefined;) {
      chain.push(...this.#shown(next));
      next = next.supersededBy === null ? undefined : this.find(next.supersededBy);
    }
    return chain;
  }

  /** When the oldest that waits was accepted. */
  oldest(): string | undefined {
    const at = this.#db.get(
      `SELECT created_at FROM outbox WHERE key = (
         SELECT min(key) FROM outbox INDEXED BY outbox_lane WHERE status = 'pending')`,
    );
    return at === undefined ? undefined : String(at['created_at']);
  }

  /** How many messages are not over yet, by status. */
  open(): Record<'pending' | 'inflight' | 'dead', number> {
    const count = (status: OutboxStatus): number =>
      Number(this.#db.get(`SELECT count(*) AS n FROM outbox WHERE ${ofStatus(status)}`)?.['n']);
    return { pending: count('pending'), inflight: count('inflight'), dead: count('dead') };
  }

  /** Old messages that are over, here and with all who have got them, lose their content; ids and fingerprints stay. */
  prune(before: string, limit: number): number {
    return this.#db.run(
      `UPDATE outbox SET body = NULL, thread = NULL WHERE key IN (SELECT key FROM outbox o
         WHERE body IS NOT NULL AND created_at < ?1 AND status IN ('done', 'aborted') AND NOT EXISTS (
           SELECT 1 FROM inbox i WHERE i.message_id = o.message_id AND i.outbox_key = o.key
             AND (i.state IN ('delivered', 'held') OR i.received_at >= ?1))
         LIMIT ?2)`,
      before,
      limit,
    ).changes;
  }

  /** A transaction was undone, or rows have changed lanes: what was counted is counted again. */
  forget(): void {
    this.#loads.clear();
  }

  #recipients(key: number): number {
    return Number(this.#db.get('SELECT count(*) AS n FROM receipt WHERE outbox_key = ?', key)?.['n']);
  }

  #shown({ key, message, ...mail }: StoredOutgoing): Outgoing[] {
    if (message === undefined) return [];
    const { status, attempts, nextAttemptAt, expiresAt, lastError, supersededBy, supersedes } = mail;
    const state = { status, attempts, nextAttemptAt, expiresAt, lastError, supersededBy, supersedes };
    return [{ ...message, ...state, receipts: this.receipts(key, message.id) }];
  }

  /** What became of a message, one for each recipient that is known. */
  receipts(key: number, id: MessageId): Receipt[] {
    return this.#db
      .all(
        `SELECT m.name AS mailbox, CASE i.state WHEN 'held' THEN 'queued' ELSE i.state END AS state,
           coalesce(i.read_at, i.received_at) AS at, NULL AS reason
         FROM inbox i JOIN mailbox m ON m.key = i.mailbox_key WHERE i.message_id = ? AND i.outbox_key = ?
         UNION ALL SELECT mailbox, state, at, reason FROM receipt WHERE outbox_key = ? ORDER BY mailbox`,
        id,
        key,
        key,
      )
      .map(({ reason, ...row }) => Receipt.parse(reason === null ? row : { ...row, reason }));
  }
}

/** The partial index of three of the states is used only by a query that repeats its condition. */
const ofStatus = (status: OutboxStatus): string =>
  status === 'inflight' || status === 'dead' || status === 'aborted'
    ? `status IN ('inflight', 'dead', 'aborted') AND status = '${status}'`
    : `status = '${status}'`;

const KnownRow = object(() => {
  const { message_id, fingerprint, status, last_error } = OutboxRow.shape;
  return { message_id, fingerprint, status, last_error };
});
