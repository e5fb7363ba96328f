// What happens with mail, numbered across restarts, for whoever follows it. Old events leave; a gap says so.
import type { MailEventKind } from '../protocol/index.ts';
import type { Database } from './database.ts';
import type { InboxStore } from './inbox.ts';
import { deliveryOf } from './inboxRow.ts';
import type { MailboxStore } from './mailbox.ts';

/** About how much one read gives: it is held in memory until its reader has taken it. */
const READ_CHARACTERS = 512 * 1024;
const PAGE = 200;

/** An event as it is sent: everything in it is text already. */
export interface MailEventText {
  readonly id: number;
  readonly event: MailEventKind;
  /** JSON, without a line break. */
  readonly data: string;
}

export class MailEventStore {
  readonly #db: Database;
  readonly #inbox: InboxStore;
  readonly #mailboxes: MailboxStore;
  #last: number | undefined;
  /** How many are kept, and how long. */
  bounds = { maxEvents: 50_000, maxAgeDays: 7 };

  constructor(db: Database, inbox: InboxStore, mailboxes: MailboxStore) {
    this.#db = db;
    this.#inbox = inbox;
    this.#mailboxes = mailboxes;
  }

  /** The id of the newest event; 0: none yet. */
  get last(): number {
    this.#last ??= Number(this.#db.get('SELECT max(id) AS id FROM mail_event')?.['id'] ?? 0);
    return this.#last;
  }

  /** Notes what happened, in the same transaction. */
  append(kind: MailEventKind, at: string, data: object): void {
    this.#insert(kind, at, null, JSON.stringify({ ts: at, ...data }));
  }

  /** A message arrived, or was let in: its data is read from the inbox when somebody asks. */
  arrived(inboxKey: number, at: string): void {
    this.#insert('message', at, inboxKey, null);
  }

  /** Events after an id, oldest first, as many as are read at once. */
  read(after: number): MailEventText[] {
    const rows = this.#db.all(
      'SELECT id, kind, at, inbox_key, data FROM mail_event WHERE id > ? ORDER BY id LIMIT ?',
      after,
      PAGE,
    );
    const events: MailEventText[] = [];
    let length = 0;
    for (const { id, kind, at, inbox_key: key, data } of rows) {
      const text = typeof data === 'string' ? data : this.#message(Number(key), String(at));
      // Only this class writes the kind, and it takes no other.
      events.push({ id: Number(id), event: kind as MailEventKind, data: text });
      length += text.length;
      if (length >= READ_CHARACTERS) break;
    }
    return events;
  }

  /** The oldest id that is kept. */
  get first(): number {
    return Number(this.#db.get('SELECT min(id) AS id FROM mail_event')?.['id'] ?? 1);
  }

  prune(before: string): void {
    this.#db.run(
      // The oldest that is young enough: looking for it passes only what leaves.
      `DELETE FROM mail_event WHERE id < max(?1 - ?2 + 1,
         coalesce((SELECT id FROM mail_event WHERE at >= ?3 ORDER BY id LIMIT 1), ?1))`,
      this.last,
      this.bounds.maxEvents,
      before,
    );
  }

  forget(): void {
    this.#last = undefined;
  }

  #insert(kind: MailEventKind, at: string, inboxKey: number | null, data: string | null): void {
    const id = this.last + 1;
    this.#db.run('INSERT INTO mail_event VALUES (?, ?, ?, ?, ?)', id, kind, at, inboxKey, data);
    this.#last = id;
  }

  #message(key: number, at: string): string {
    const found = this.#inbox.findByKey(key);
    const mailbox = found === undefined ? undefined : this.#mailboxes.findByKey(found.mailboxKey);
    // The mailbox was destroyed, or it is long ago.
    if (found === undefined || mailbox === undefined) return JSON.stringify({ ts: at, gone: true });
    return JSON.stringify({ ts: at, ...deliveryOf(found, mailbox.name) });
  }
}
