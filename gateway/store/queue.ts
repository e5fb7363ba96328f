// Prompts as rows: each in a state that a person can see, in the order in which they will run.
import { hash } from 'node:crypto';
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { admit, advance, type PromptStep } from '../core/queue.ts';
import {
  Actor,
  ClientId,
  Event,
  Message,
  Origin,
  Problem,
  PromptId,
  PromptState,
  SessionId,
  type Prompt,
} from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import { inserting } from './inserting.ts';
import { intactText, SPAN, type LogOf } from './log.ts';
import { LIVE, mustHaveRoom, type QueueFacts } from './queueFacts.ts';

const PromptRow = object(() => ({
  id: z.int(),
  prompt_id: PromptId,
  session_id: SessionId,
  state: PromptState,
  handed: z.int(),
  digest: z.string().nullable(),
  message: z.string().nullable(),
  sender: z.string().nullable(),
  origin: z.string().nullable(),
  created_at: z.string().nullable(),
  expires_at: z.string().nullable(),
}));

/** What of a prompt tells how it stands. */
const LiveRow = object(() => ({
  prompt_id: PromptId,
  state: PromptState,
  handed: z.int(),
  expires_at: z.string().nullable(),
}));

/** So much text of prompts is shown at once: however much waits, it can be looked at. */
const MAX_LISTED_CHARS = 8 * 1024 * 1024;

const SELECT = `SELECT id, prompt_id, session_id, state, handed, digest, message, sender, origin, prompt.created_at AS created_at, expires_at
  FROM prompt JOIN session ON session.key = session_key`;

const insertQueued = inserting('prompt (id, prompt_id, session_key, place, state)', `(?, ?, ?, ?, 'queued')`);

export interface StoredPrompt extends Prompt {
  /** The agent was given it, or was about to be. */
  readonly handed: boolean;
  /** When it is taken out if it has not started; null: never. */
  readonly expiresAt: string | null;
  /** The event that said that it came. */
  readonly seq: number;
  /** A disk has damaged what it said: people see words in its place, and no agent is given them. */
  readonly isDamaged: boolean;
}

/** A prompt as it comes in. */
export type SentPrompt = Omit<StoredPrompt, 'state' | 'sessionId' | 'handed' | 'seq' | 'isDamaged'>;

/** What was sent, by whom and when. */
type Told = Pick<StoredPrompt, 'message' | 'from' | 'createdAt' | 'isDamaged'>;

export class QueueStore {
  readonly #db: Database;
  readonly #facts: QueueFacts;

  constructor(db: Database, facts: QueueFacts) {
    this.#db = db;
    this.#facts = facts;
  }

  /** Running, waiting and uncertain prompts in order: as many as fit, for people to see. */
  list({ key }: LogOf): StoredPrompt[] {
    const listed: StoredPrompt[] = [];
    let room = MAX_LISTED_CHARS;
    for (const row of this.#db.all(`${SELECT} WHERE session_key = ? AND ${LIVE} ORDER BY place, id`, key)) {
      const prompt = this.#read(row);
      listed.push(prompt);
      room -= JSON.stringify(prompt.message).length;
      if (room <= 0) break;
    }
    return listed;
  }

  /** All of them, without what they say. */
  live({ key }: LogOf): Pick<StoredPrompt, 'promptId' | 'state' | 'handed' | 'expiresAt'>[] {
    return this.#db
      .all(
        `SELECT prompt_id, state, handed, expires_at FROM prompt WHERE session_key = ? AND ${LIVE} ORDER BY place, id`,
        key,
      )
      .map((row) => {
        const r = LiveRow.parse(row);
        return { promptId: r.prompt_id, state: r.state, handed: r.handed === 1, expiresAt: r.expires_at };
      });
  }

  /** What decides who is next, however many wait: the prompts that run, and the first that waits. */
  front({ key }: Pick<LogOf, 'key'>): StoredPrompt[] {
    const of = (state: PromptState): string =>
      `${SELECT} WHERE session_key = ? AND state = '${state}' AND ${LIVE}`;
    return [
      ...this.#db.all(`${of('running')} ORDER BY place`, key),
      ...this.#db.all(`${of('queued')} ORDER BY place, id LIMIT 1`, key),
    ].map((row) => this.#read(row));
  }

  /** Whether nothing runs and nothing waits. */
  isEmpty(log: Pick<LogOf, 'key'>): boolean {
    return this.front(log).length === 0;
  }

  /** The prompt that the agent works on now. */
  running(log: Pick<LogOf, 'key'>): StoredPrompt | undefined {
    return this.front(log).find(({ state }) => state === 'running');
  }

  /** Its place among those that wait, from 1 on. An uncertain one waits for a person and stands before nobody. */
  position({ key }: LogOf, { promptId, state }: Pick<StoredPrompt, 'promptId' | 'state'>): number {
    if (state !== 'queued') return 0;
    const row = this.#db.get(
      `SELECT count(*) AS n FROM prompt WHERE session_key = ? AND state = 'queued' AND ${LIVE}
         AND place < (SELECT place FROM prompt WHERE prompt_id = ?)`,
      key,
      promptId,
    );
    return Number(row?.['n']) + 1;
  }

  /** Waiting prompts whose time to start is over. */
  expired({ key }: LogOf, now: string): StoredPrompt[] {
    return this.#db
      .all(
        `${SELECT} WHERE session_key = ? AND state = 'queued' AND expires_at IS NOT NULL AND expires_at <= ?
         ORDER BY place`,
        key,
        now,
      )
      .map((row) => this.#read(row));
  }

  /** All prompts that the session ever had here. */
  count({ key }: LogOf): number {
    return Number(
      this.#db.get(
        'SELECT count(*) AS n FROM prompt WHERE id BETWEEN ? AND ?',
        key * SPAN,
        (key + 1) * SPAN - 1,
      )?.['n'],
    );
  }

  /** Throws the problem prompt.unknown. */
  get({ sessionId }: LogOf, promptId: PromptId): StoredPrompt {
    const row = this.#db.get(`${SELECT} WHERE prompt_id = ?`, promptId);
    const prompt = row === undefined ? undefined : this.#read(row);
    if (prompt?.sessionId !== sessionId) {
      throw new Problem(
        'prompt.unknown',
        `Session ${sessionId} has no prompt ${promptId}. queue.list names those that wait.`,
        { promptId },
      );
    }
    return prompt;
  }

  /**
   * Adds a prompt at the end, or finds that it is there already. The event that says so comes next in the log. Throws the
   * problems prompt.conflict and queue.full.
   */
  admit(log: LogOf, prompt: SentPrompt, seq: number): { prompt: StoredPrompt; isNew: boolean } {
    const digest = digestOf(prompt.message);
    const row = this.#db.get(`${SELECT} WHERE prompt_id = ?`, prompt.promptId);
    const stored = row === undefined ? undefined : this.#read(row);
    const edited = row?.['digest'];
    const known = stored && {
      sessionId: stored.sessionId,
      digest: typeof edited === 'string' ? edited : digestOf(stored.message),
    };
    if (admit(known, { sessionId: log.sessionId, digest }) === 'conflict') {
      const where = known?.sessionId === log.sessionId ? 'with other content' : 'in another session';
      throw new Problem(
        'prompt.conflict',
        `promptId ${prompt.promptId} was used before ${where}. Send this text with a new promptId.`,
        { promptId: prompt.promptId },
      );
    }
    if (stored !== undefined) return { prompt: stored, isNew: false };
    // Mail has bounds of its own.
    const fact = prompt.origin === undefined ? this.#facts.of(log.sessionId) : undefined;
    if (fact !== undefined) mustHaveRoom(fact);
    this.#add(log, prompt, seq);
    this.#facts.forget(log.sessionId);
    return {
      prompt: { ...prompt, sessionId: log.sessionId, state: 'queued', handed: false, seq, isDamaged: false },
      isNew: true,
    };
  }

  /** Adds a new prompt at the end: the later its event, the later its turn. */
  #add({ key }: LogOf, prompt: SentPrompt, seq: number): void {
    this.#db.run(
      `INSERT INTO prompt (id, prompt_id, session_key, place, state, message, sender, created_at, expires_at, origin)
       VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)`,
      key * SPAN + seq,
      prompt.promptId,
      key,
      seq,
      JSON.stringify(prompt.message),
      JSON.stringify(prompt.from),
      prompt.createdAt,
      prompt.expiresAt,
      prompt.origin === undefined ? null : JSON.stringify(prompt.origin),
    );
  }

  /** The same for prompts that wait. Their rows hold no text: their events do. */
  addQueued(prompts: readonly { readonly id: number; readonly promptId: PromptId }[]): void {
    insertQueued(
      this.#db,
      prompts.map(({ id, promptId }) => [id, promptId, Math.floor(id / SPAN), id % SPAN]),
    );
  }

  /** Whether a prompt of this id has its place, in whatever session. */
  has(promptId: PromptId): boolean {
    return this.#db.peek('SELECT 1 FROM prompt WHERE prompt_id = ?', promptId) !== undefined;
  }

  /** Takes a step, or throws the problem prompt.state. */
  step(log: LogOf, promptId: PromptId, step: PromptStep): PromptState {
    const { state } = this.get(log, promptId);
    const after = advance(state, step);
    if (after === undefined) {
      throw new Problem(
        'prompt.state',
        `Prompt ${promptId} is ${state}: it cannot ${step} now. ${INSTEAD[state]}`,
        { promptId, state },
      );
    }
    // What goes back into the queue has not been handed to anybody, and a person wants it whatever its time was.
    this.#db.run(
      `UPDATE prompt SET state = ?1, handed = iif(?1 = 'queued', 0, handed),
         expires_at = iif(?1 = 'queued', NULL, expires_at) WHERE prompt_id = ?2`,
      after,
      promptId,
    );
    this.#facts.forget(log.sessionId);
    return after;
  }

  /** Gives a waiting prompt another text. What was sent is remembered: sending that again is still the same prompt. */
  edit({ promptId, message: before, from, createdAt }: StoredPrompt, message: Message): void {
    this.#db.run(
      `UPDATE prompt SET digest = coalesce(digest, ?), message = ?, sender = ?, created_at = ? WHERE prompt_id = ?`,
      digestOf(before),
      JSON.stringify(message),
      JSON.stringify(from),
      createdAt,
      promptId,
    );
  }

  /** Puts a prompt at a place among those that wait: 0 is next. */
  move({ key, sessionId }: LogOf, promptId: PromptId, position: number): void {
    const places = this.#db
      .all(
        `SELECT place FROM prompt WHERE session_key = ? AND state = 'queued' AND ${LIVE} AND prompt_id <> ? ORDER BY place`,
        key,
        promptId,
      )
      .map((row) => Number(row['place']));
    const after = places[position];
    const before = position === 0 ? undefined : places[Math.min(position, places.length) - 1];
    const place =
      before === undefined ? (after ?? 1) - 1 : after === undefined ? before + 1 : (before + after) / 2;
    // Places are halved again and again until there is no number in between: then all are numbered anew, with numbers below any
    // seq, because a prompt that comes later is placed by its seq.
    if (place === before || place === after) {
      this.#db.run(
        `UPDATE prompt SET place = n FROM (SELECT id AS of, row_number() OVER (ORDER BY place, id) AS n FROM prompt
           WHERE session_key = ? AND state = 'queued' AND ${LIVE}) WHERE id = of`,
        key,
      );
      return this.move({ key, sessionId }, promptId, position);
    }
    this.#db.run('UPDATE prompt SET place = ? WHERE prompt_id = ?', place, promptId);
  }

  /** It was marked as handed over, and then was not: it waits again. */
  unhand(promptId: PromptId): void {
    this.#db.run('UPDATE prompt SET handed = 0 WHERE prompt_id = ?', promptId);
  }

  /** Marks it as handed over: from here on the agent may have it. */
  markHanded(promptId: PromptId): void {
    this.#db.run('UPDATE prompt SET handed = 1 WHERE prompt_id = ?', promptId);
  }

  #read(row: Row): StoredPrompt {
    const r = PromptRow.parse(row);
    const told =
      r.message === null || r.sender === null || r.created_at === null
        ? toldBy(this.#db.get('SELECT id, json, crc FROM event WHERE id = ?', r.id))
        : spelledOut(r.message, r.sender, r.created_at);
    return {
      promptId: r.prompt_id,
      sessionId: r.session_id,
      state: r.state,
      ...told,
      ...(r.origin === null ? {} : { origin: Origin.parse(JSON.parse(r.origin)) }),
      handed: r.handed === 1,
      expiresAt: r.expires_at,
      seq: r.id % SPAN,
    };
  }
}

/** What somebody can do about a prompt, as it is. */
export const INSTEAD: Readonly<Record<PromptState, string>> = {
  queued: 'queue.remove takes it out.',
  running: 'session.interrupt stops it.',
  uncertain: 'queue.retry runs it again, queue.remove leaves it as it is.',
  failed: 'queue.retry runs it again.',
  done: 'It is over: send a new one.',
  cancelled: 'It is over: send a new one.',
};

/** Copies into the rows of prompts what only their first events say, so that these events may be removed. */
export function spellOut(db: Database, first: number, last: number): void {
  const rows = db.all(
    `SELECT event.id AS id, json, crc FROM prompt JOIN event ON event.id = prompt.id
     WHERE prompt.id BETWEEN ? AND ? AND message IS NULL`,
    first,
    last,
  );
  for (const row of rows) {
    const { message, from, createdAt, isDamaged } = toldBy(row);
    if (isDamaged) continue;
    db.run(
      'UPDATE prompt SET message = ?, sender = ?, created_at = ? WHERE id = ?',
      JSON.stringify(message),
      JSON.stringify(from),
      createdAt,
      Number(row['id']),
    );
  }
}

/** A prompt as its first event tells of it. If a disk has damaged that event, there may be nothing else to read it from. */
function toldBy(row: Row | undefined): Told {
  const event = row && Event.parse(JSON.parse(intactText(row['id'], row['json'], row['crc'])));
  return event?.type === 'queued'
    ? { message: event.message, from: event.from, createdAt: event.ts, isDamaged: false }
    : UNREADABLE;
}

/** A prompt as its row tells of it, which has no checksum: what can still be read is taken for what was written. */
function spelledOut(message: string, sender: string, createdAt: string): Told {
  try {
    const from = Actor.parse(JSON.parse(sender));
    return { message: Message.parse(JSON.parse(message)), from, createdAt, isDamaged: false };
  } catch {
    return UNREADABLE;
  }
}

/** A person sees it, and can give it another text or take it out. */
const UNREADABLE: Told = {
  message: '(A disk has damaged this prompt: it cannot be read any more.)',
  from: { clientId: ClientId.parse('gateway'), name: 'the gateway' },
  createdAt: new Date(0).toISOString(),
  isDamaged: true,
};

/** Same content. Comparing JSON is enough: the contract's schema builds content blocks, so their members come in one order. */
const digestOf = (message: Message): string => hash('sha256', JSON.stringify(message));
