// Sessions as rows: who they are and how they stand.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { AgentId, Mode, Problem, Session, SessionId, SessionStatus, Step, Usage } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import { SPAN, type LogOf } from './log.ts';
import type { MailboxStore } from './mailbox.ts';
import { LIVE, type QueueFacts } from './queueFacts.ts';

const SessionRow = object(() => ({
  key: z.int(),
  session_id: SessionId,
  agent: AgentId,
  path: z.string(),
  title: z.string(),
  mode: Mode,
  model: z.string().nullable(),
  status: SessionStatus,
  agent_session_id: z.string().nullable(),
  held: z.int(),
  archived: z.int(),
  news_seq: z.int(),
  read_seq: z.int(),
  usage: z.string().nullable(),
  step: z.string().nullable(),
  created_at: z.string(),
  last_activity_at: z.string(),
  open_permissions: z.int(),
  open_questions: z.int(),
  queued: z.int(),
  uncertain: z.int(),
}));

const SELECT = `
  SELECT key, session_id, agent, path, title, mode, model, status, agent_session_id, held, archived, news_seq, read_seq, usage, step,
    created_at, last_activity_at,
    (SELECT count(*) FROM permission p WHERE p.session_key = key AND is_open = 1) AS open_permissions,
    -- One that a disk has damaged must not hide the session.
    (SELECT count(CASE WHEN json_valid(request) THEN coalesce(request ->> 'form', request ->> 'url') END)
      FROM permission p WHERE p.session_key = key AND is_open = 1) AS open_questions,
    (SELECT count(*) FROM prompt q WHERE q.session_key = key AND q.state = 'queued' AND ${LIVE}) AS queued,
    (SELECT count(*) FROM prompt q WHERE q.session_key = key AND q.state = 'uncertain' AND ${LIVE}) AS uncertain
  FROM session`;

/** A session with what only the gateway needs to know of it. */
export interface StoredSession extends LogOf {
  readonly session: Session;
  readonly held: boolean;
}

/** What can change; absent members stay. */
export interface SessionChange {
  readonly status?: SessionStatus;
  readonly mode?: Mode;
  readonly model?: string | null;
  readonly agentSessionId?: string | null;
  readonly held?: boolean;
  readonly archived?: boolean;
  readonly usage?: Usage;
  readonly step?: Step | null;
  readonly newsSeq?: number;
  readonly readSeq?: number;
  readonly lastActivityAt?: string;
}

const MOST_DESTROYED = 10_000;

/** A session that is new, different or gone. */
export interface ChangedSession {
  readonly sessionId: SessionId;
  readonly isGone: boolean;
  /** How it is now; undefined once it is gone. */
  readonly read: () => Session | undefined;
}

export class SessionStore {
  readonly #db: Database;
  readonly #facts: QueueFacts;
  readonly #mailboxes: MailboxStore;
  readonly #changed = new Set<SessionId>();
  readonly #removed = new Set<SessionId>();
  /** Destroyed since the start, the latest of them: whoever asks for one is told so. */
  readonly #destroyed = new Set<SessionId>();

  constructor(db: Database, facts: QueueFacts, mailboxes: MailboxStore) {
    this.#db = db;
    this.#facts = facts;
    this.#mailboxes = mailboxes;
  }

  /** Makes its mailbox, too. */
  insert(
    session: Pick<Session, 'sessionId' | 'agent' | 'path' | 'mode' | 'model'>,
    title: string | undefined,
    now: string,
  ): void {
    const { lastInsertRowid: key } = this.#db.run(
      `INSERT INTO session (session_id, agent, path, title, titled_by, mode, model, status, created_at, last_activity_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'stopped', ?, ?)`,
      session.sessionId,
      session.agent,
      session.path,
      title ?? 'New session',
      title === undefined ? 'nobody' : 'person',
      session.mode,
      session.model,
      now,
      now,
    );
    this.#mailboxes.insertForSession({ ...session, key }, now);
    this.#changed.add(session.sessionId);
  }

  find(sessionId: SessionId): StoredSession | undefined {
    const row = this.#db.get(`${SELECT} WHERE session_id = ?`, sessionId);
    return row && fromRow(row);
  }

  /** As much of a session as its queue needs: nothing is counted, so it costs the same however much there is. */
  locate(sessionId: SessionId): Pick<StoredSession, 'sessionId' | 'key' | 'held'> | undefined {
    const row = this.#db.get('SELECT key, held FROM session WHERE session_id = ?', sessionId);
    return row === undefined ? undefined : { sessionId, key: Number(row['key']), held: row['held'] === 1 };
  }

  /** Throws the problems session.unknown and session.destroyed. */
  mustLocate(sessionId: SessionId): Pick<StoredSession, 'sessionId' | 'key' | 'held'> {
    return this.locate(sessionId) ?? this.#isMissing(sessionId);
  }

  /** Throws the problems session.unknown and session.destroyed. */
  get(sessionId: SessionId): StoredSession {
    const found = this.find(sessionId);
    if (found === undefined) this.#isMissing(sessionId);
    return found;
  }

  findByKey(key: number): StoredSession | undefined {
    const row = this.#db.get(`${SELECT} WHERE key = ?`, key);
    return row && fromRow(row);
  }

  /** The session that goes on with a conversation of an agent: of several, the one that was active last. */
  holding(agent: AgentId, agentSessionId: string): SessionId | undefined {
    return this.list().find(
      ({ session }) => session.agent === agent && session.agentSessionId === agentSessionId,
    )?.sessionId;
  }

  list(): StoredSession[] {
    return this.#db.all(`${SELECT} ORDER BY last_activity_at DESC, key DESC`).map((row) => fromRow(row));
  }

  /** How many there are of each status. */
  countByStatus(): Partial<Record<SessionStatus, number>> {
    const rows = this.#db.all('SELECT status, count(*) AS count FROM session GROUP BY status');
    return Object.fromEntries(rows.map(({ status, count }) => [SessionStatus.parse(status), Number(count)]));
  }

  /** How much waits in all of them together. */
  totals(): Readonly<Record<'queued' | 'uncertain' | 'pendingPermissions', number>> {
    const sums = this.#db.get(
      `SELECT total(queued) AS queued, total(uncertain) AS uncertain, total(open_permissions) AS open FROM (${SELECT})`,
    );
    return {
      queued: Number(sums?.['queued']),
      uncertain: Number(sums?.['uncertain']),
      pendingPermissions: Number(sums?.['open']),
    };
  }

  /** Those in which the previous gateway may have left something to set right, or to go on with. */
  unsettled(): SessionId[] {
    const rows = this.#db.all(
      `SELECT session_id AS id FROM session WHERE status <> 'stopped'
         OR key IN (SELECT session_key FROM permission WHERE is_open = 1)
         OR key IN (SELECT session_key FROM prompt WHERE state IN ('queued', 'running', 'uncertain'))`,
    );
    return rows.map(({ id }) => SessionId.parse(id));
  }

  change({ key, sessionId }: LogOf, change: SessionChange): void {
    const columns: Record<string, string | number | null> = {};
    if (change.status !== undefined) columns['status'] = change.status;
    if (change.mode !== undefined) columns['mode'] = change.mode;
    if (change.model !== undefined) columns['model'] = change.model;
    if (change.agentSessionId !== undefined) columns['agent_session_id'] = change.agentSessionId;
    if (change.held !== undefined) columns['held'] = Number(change.held);
    if (change.archived !== undefined) columns['archived'] = Number(change.archived);
    if (change.usage !== undefined) columns['usage'] = JSON.stringify(change.usage);
    if (change.step !== undefined) columns['step'] = change.step && JSON.stringify(change.step);
    if (change.newsSeq !== undefined) columns['news_seq'] = change.newsSeq;
    if (change.readSeq !== undefined) columns['read_seq'] = change.readSeq;
    if (change.lastActivityAt !== undefined) columns['last_activity_at'] = change.lastActivityAt;
    const names = Object.keys(columns);
    if (names.length === 0) return;
    const assignments = names.map((name) => `${name} = ?`).join(', ');
    this.#db.run(`UPDATE session SET ${assignments} WHERE key = ?`, ...Object.values(columns), key);
    if (change.held !== undefined) this.#facts.forget(sessionId);
    this.#changed.add(sessionId);
  }

  /** Notes that what is shown of the session has changed, in another table. */
  touch({ sessionId }: LogOf): void {
    this.#changed.add(sessionId);
  }

  /** Prompts, permissions and its mailbox go with it. */
  remove({ key, sessionId }: LogOf): void {
    this.#db.run('DELETE FROM prompt WHERE id BETWEEN ? AND ?', key * SPAN, (key + 1) * SPAN - 1);
    const mailbox = this.#mailboxes.findBySession(sessionId);
    if (mailbox !== undefined) this.#mailboxes.remove(mailbox);
    this.#db.run('DELETE FROM session WHERE key = ?', key);
    this.#facts.forget(sessionId);
    this.#changed.add(sessionId);
    this.#removed.add(sessionId);
    this.#destroyed.add(sessionId);
    const [first] = this.#destroyed;
    if (first !== undefined && this.#destroyed.size > MOST_DESTROYED) this.#destroyed.delete(first);
  }

  /** Throws the problems session.unknown and session.destroyed. */
  draft(sessionId: SessionId): string {
    const draft = this.#db.get('SELECT draft FROM session WHERE session_id = ?', sessionId)?.['draft'];
    return typeof draft === 'string' ? draft : this.#isMissing(sessionId);
  }

  #isMissing(sessionId: SessionId): never {
    const [problem, words] = this.#destroyed.has(sessionId)
      ? (['session.destroyed', `Session ${sessionId} was destroyed.`] as const)
      : (['session.unknown', `No session ${sessionId}.`] as const);
    throw new Problem(problem, `${words} session.list names those there are.`, { sessionId });
  }

  setDraft({ key }: LogOf, text: string): void {
    this.#db.run('UPDATE session SET draft = ? WHERE key = ?', text, key);
  }

  /** Somebody has sent it a prompt, which names it if nothing else has. */
  addressed({ key, sessionId }: LogOf, title: string | undefined, now: string): void {
    this.#db.run(
      `UPDATE session SET last_activity_at = ?1, archived = 0,
         title = CASE WHEN titled_by = 'nobody' AND ?2 IS NOT NULL THEN ?2 ELSE title END,
         titled_by = CASE WHEN titled_by = 'nobody' AND ?2 IS NOT NULL THEN 'prompt' ELSE titled_by END WHERE key = ?3`,
      now,
      title ?? null,
      key,
    );
    this.#changed.add(sessionId);
  }

  /** Gives a title, unless one is there that counts for more. */
  setTitle({ key, sessionId }: LogOf, title: string, by: 'agent' | 'person'): void {
    const weaker = by === 'agent' ? `('nobody', 'prompt', 'agent')` : '(titled_by)';
    this.#db.run(
      `UPDATE session SET title = ?, titled_by = ? WHERE key = ? AND titled_by IN ${weaker}`,
      title,
      by,
      key,
    );
    this.#changed.add(sessionId);
  }

  /** The sessions that the last commit changed, once. Read only if somebody wants to know how they are now. */
  takeChanged(): ChangedSession[] {
    const changed = [...this.#changed].map((sessionId) => ({
      sessionId,
      isGone: this.#removed.has(sessionId) && this.locate(sessionId) === undefined,
      read: once(() => this.find(sessionId)?.session),
    }));
    this.#changed.clear();
    this.#removed.clear();
    return changed;
  }
}

/** Several may ask. */
function once<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: read() }).value;
}

function fromRow(row: Row): StoredSession {
  const r = SessionRow.parse(row);
  return {
    key: r.key,
    sessionId: r.session_id,
    held: r.held === 1,
    session: {
      sessionId: r.session_id,
      title: r.title,
      path: r.path,
      agent: r.agent,
      status: r.status,
      mode: r.mode,
      model: r.model,
      agentSessionId: r.agent_session_id,
      createdAt: r.created_at,
      lastActivityAt: r.last_activity_at,
      pendingPermissions: r.open_permissions,
      ...(r.open_questions > 0 ? { pendingQuestions: r.open_questions } : {}),
      queued: r.queued,
      uncertain: r.uncertain,
      held: r.held === 1,
      archived: r.archived === 1,
      readSeq: r.read_seq,
      unread: r.news_seq > r.read_seq,
      ...(r.usage === null ? {} : { usage: Usage.parse(JSON.parse(r.usage)) }),
      ...(r.step === null ? {} : { step: Step.parse(JSON.parse(r.step)) }),
    },
  };
}
