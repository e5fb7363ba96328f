// Mailboxes as rows: who can be written to, under which name, and what each tells of itself.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import {
  Mailbox,
  MailboxName,
  MailPolicy,
  Problem,
  Profile,
  SessionId,
  SessionStatus,
  type AgentId,
} from '../protocol/index.ts';
import type { Database, Row } from './database.ts';

const MailboxRow = object(() => ({
  key: z.int(),
  name: MailboxName,
  kind: Mailbox.shape.kind,
  identity: z.string(),
  policy: MailPolicy,
  profile: z.string(),
  session_key: z.int().nullable(),
  session_id: SessionId.nullable(),
  status: SessionStatus.nullable(),
  topics: z.string().nullable(),
  created_at: z.string(),
}));

const SELECT = `
  SELECT m.key, m.name, m.kind, m.identity, m.policy, m.profile, m.session_key, m.created_at, s.session_id, s.status,
    (SELECT group_concat(topic) FROM topic t WHERE t.mailbox_key = m.key) AS topics
  FROM mailbox m LEFT JOIN session s ON s.key = m.session_key`;

/** The key of a row in an inbox is its mailbox's key times this, plus a number: a mailbox is one range of the b-tree. */
export const INBOX_SPAN = 2 ** 32;

/** The keys in the inbox of a mailbox are between these two. */
export const inboxRange = (mailboxKey: number): [number, number] => [
  mailboxKey * INBOX_SPAN,
  (mailboxKey + 1) * INBOX_SPAN,
];

/** A mailbox with what only the gateway needs to know of it. Its mail is counted elsewhere. */
export interface StoredMailbox extends Omit<Mailbox, 'unread' | 'held' | 'socket' | 'peer'> {
  readonly key: number;
  /** Who it is as a sender, whatever it is called. */
  readonly identity: string;
  readonly sessionKey: number | undefined;
}

export class MailboxStore {
  readonly #db: Database;
  /** All that were asked for since the last change of any: every message asks for two. */
  readonly #known = new Map<string | number, StoredMailbox | undefined>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Throws the problem mailbox.exists. */
  insert(name: MailboxName, policy: MailPolicy, topics: readonly MailboxName[], now: string): StoredMailbox {
    if (this.find(name) !== undefined) nameTaken(name);
    this.forget();
    this.#db.run(
      `INSERT INTO mailbox (name, kind, identity, policy, created_at) VALUES (?, 'program', ?, ?, ?)`,
      name,
      name,
      policy,
      now,
    );
    const made = this.get(name);
    this.#subscribe(made, topics);
    return this.get(name);
  }

  /** In the transaction that makes the session. */
  insertForSession(session: { key: number; sessionId: SessionId; agent: AgentId }, now: string): void {
    const agent = session.agent.toLowerCase().slice(0, 50).replaceAll(':', '-');
    let name = `${agent}-${session.key.toString(16).padStart(4, '0')}`;
    // A program may have taken the name before.
    while (this.find(name) !== undefined) name += 'x';
    this.forget();
    this.#db.run(
      `INSERT INTO mailbox (name, kind, session_key, identity, created_at) VALUES (?, 'session', ?, ?, ?)`,
      name,
      session.key,
      `session:${session.sessionId}`,
      now,
    );
  }

  find(name: string): StoredMailbox | undefined {
    return this.#look(name, 'm.name');
  }

  findByKey(key: number): StoredMailbox | undefined {
    return this.#look(key, 'm.key');
  }

  findBySession(sessionId: SessionId): StoredMailbox | undefined {
    const row = this.#db.get(`${SELECT} WHERE s.session_id = ?`, sessionId);
    return row && fromRow(row);
  }

  /** Throws the problem mailbox.unknown. */
  get(name: string): StoredMailbox {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new Problem('mailbox.unknown', `No mailbox ${name}. mailbox.list names those there are.`, {
      mailbox: name,
    });
  }

  list(): StoredMailbox[] {
    return this.#db.all(`${SELECT} ORDER BY m.name`).map((row) => fromRow(row));
  }

  /** So many that are not of sessions, the oldest, and so many of sessions, those that were active last. */
  reachable({ programs, sessions }: { programs: number; sessions: number }): MailboxName[] {
    const rows = this.#db.all(
      `SELECT name FROM (SELECT name FROM mailbox WHERE kind <> 'session' ORDER BY key LIMIT ?) UNION ALL
       SELECT name FROM (SELECT m.name FROM mailbox m JOIN session s ON s.key = m.session_key
         WHERE s.archived = 0 ORDER BY s.last_activity_at DESC LIMIT ?)`,
      programs,
      sessions,
    );
    return rows.map(({ name }) => MailboxName.parse(name));
  }

  /** The subscribers of a topic; without one, everybody who can be seen. */
  listeners(topic: string | undefined): StoredMailbox[] {
    const rows =
      topic === undefined
        ? this.#db.all(`${SELECT} ORDER BY m.key`)
        : this.#db.all(
            `${SELECT} WHERE m.key IN (SELECT mailbox_key FROM topic WHERE topic = ?) ORDER BY m.key`,
            topic,
          );
    const all = rows.map((row) => fromRow(row));
    return topic === undefined ? all.filter(({ profile }) => profile.visible) : all;
  }

  /** Absent members stay. Throws the problem mailbox.exists. */
  update(
    { key, name }: StoredMailbox,
    change: {
      rename?: MailboxName | undefined;
      policy?: MailPolicy | undefined;
      topics?: readonly MailboxName[] | undefined;
    },
  ): StoredMailbox {
    const rename = change.rename ?? name;
    if (rename !== name && this.find(rename) !== undefined) nameTaken(rename);
    this.forget();
    this.#db.run(
      'UPDATE mailbox SET name = ?, policy = coalesce(?, policy) WHERE key = ?',
      rename,
      change.policy ?? null,
      key,
    );
    const changed = this.get(rename);
    if (change.topics !== undefined) this.#subscribe(changed, change.topics);
    return this.get(rename);
  }

  setProfile({ key, profile }: StoredMailbox, change: Partial<Profile>): void {
    this.forget();
    const changed = JSON.stringify(Profile.parse({ ...profile, ...change }));
    this.#db.run('UPDATE mailbox SET profile = ? WHERE key = ?', changed, key);
  }

  /** What is in it goes with it; what its senders were told stays with what they sent, and peers are told what they were not. */
  remove({ key, name }: Pick<StoredMailbox, 'key' | 'name'>): void {
    this.forget();
    this.#db.run(
      `INSERT OR REPLACE INTO receipt
       SELECT outbox_key, ?, CASE state WHEN 'held' THEN 'queued' ELSE state END, coalesce(read_at, received_at), NULL
       FROM inbox WHERE key > ? AND key < ? AND outbox_key IS NOT NULL`,
      name,
      ...inboxRange(key),
    );
    this.#db.run(
      `INSERT INTO last_receipt (peer, message_id, mailbox, state, at)
       SELECT peer, message_id, ?, state, coalesce(read_at, received_at)
       FROM inbox WHERE key > ? AND key < ? AND peer IS NOT NULL AND told IS NOT state`,
      name,
      ...inboxRange(key),
    );
    this.#db.run('DELETE FROM inbox WHERE key > ? AND key < ?', ...inboxRange(key));
    this.#db.run('DELETE FROM mailbox WHERE key = ?', key);
  }

  /** A session has changed or gone, or a transaction was undone. */
  forget(): void {
    this.#known.clear();
  }

  #look(by: string | number, column: 'm.name' | 'm.key'): StoredMailbox | undefined {
    if (this.#known.has(by)) return this.#known.get(by);
    const row = this.#db.get(`${SELECT} WHERE ${column} = ?`, by);
    const found = row && fromRow(row);
    // Names that nobody has are as many as strangers can think of.
    if (found !== undefined) this.#known.set(by, found);
    return found;
  }

  #subscribe({ key }: StoredMailbox, topics: readonly MailboxName[]): void {
    this.forget();
    this.#db.run('DELETE FROM topic WHERE mailbox_key = ?', key);
    for (const topic of new Set(topics)) this.#db.run('INSERT INTO topic VALUES (?, ?)', topic, key);
  }
}

function nameTaken(name: string): never {
  throw new Problem('mailbox.exists', `There is a mailbox ${name} already. Choose another name.`, {
    mailbox: name,
  });
}

/** A session is as busy as it is; only "do not disturb" is for its person to say. */
function presenceOf(said: Profile['status'], status: SessionStatus | null): Profile['status'] {
  if (status === null || said === 'dnd') return said;
  if (status === 'error') return 'offline';
  return status === 'idle' || status === 'stopped' ? 'idle' : 'working';
}

function fromRow(row: Row): StoredMailbox {
  const r = MailboxRow.parse(row);
  const profile = Profile.parse(JSON.parse(r.profile));
  return {
    key: r.key,
    name: r.name,
    kind: r.kind,
    identity: r.identity,
    sessionKey: r.session_key ?? undefined,
    ...(r.session_id === null ? {} : { sessionId: r.session_id }),
    policy: r.policy,
    topics: r.topics === null ? [] : r.topics.split(','),
    profile: { ...profile, status: presenceOf(profile.status, r.status) },
    createdAt: r.created_at,
  };
}
