// The log: every event of every session, as the text that goes over the wire, in one b-tree.
import { crc32 } from 'node:zlib';
import { compact, cursorAt, resumeAt } from '../core/log.ts';
import type { Cursor, Event, EventBody, PromptId, SessionId } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';
import { inserting } from './inserting.ts';
import { SearchIndex } from './search.ts';

/** An event's id is its session's key times this, plus its seq: 2 million sessions of 4 billion events stay exact. */
export const SPAN = 2 ** 32;

const insert = inserting('event', '(?, ?, ?, ?)');

/** What one frame holds, if it is not one event alone: in UTF-8, at most three times as many bytes, so less than 1 MiB. */
const MOST_CHARACTERS = 320 * 1024;

/** Rows that one query reads: few at first, then as many as fit, judged by the length of those before, but never more than the most. */
const FIRST_ROWS = 4;
const MOST_ROWS = 125;

/** Where a session's events are. */
export interface LogOf {
  readonly sessionId: SessionId;
  readonly key: number;
}

/** Events as text, ready to be sent: what one commit wrote, or what one read found. */
export interface Batch {
  readonly sessionId: SessionId;
  /** The seq before the first event and that of the last one. */
  readonly after: number;
  readonly last: number;
  readonly texts: readonly string[];
  /** What was before it has been compacted meanwhile: the same cursors now stand for other pieces of messages. */
  readonly isCompacted?: boolean;
}

/** An event that has its number, as a row. */
export interface Numbered {
  readonly id: number;
  readonly type: string;
  readonly text: string;
}

/** What a session's log got since the last commit. */
interface Fresh {
  readonly log: LogOf;
  readonly after: number;
  readonly texts: string[];
}

/** Whether a batch is too long for one frame: then it is read in several. */
export const isLong = ({ texts }: Batch): boolean =>
  texts.length > 1 && texts.reduce((sum, { length }) => sum + length, 0) > MOST_CHARACTERS;

/** So far back, in bytes, a page goes to begin with a prompt. */
const MAX_REACH = 1024 * 1024;

export class LogStore {
  readonly #db: Database;
  readonly #index: SearchIndex;
  readonly logId: string;
  readonly #heads = new Map<number, number>();
  readonly #fresh = new Map<number, Fresh>();
  readonly #compacted = new Map<number, LogOf>();
  /** Every append since the last commit, in order, to be undone from the end. */
  readonly #appends: { readonly fresh: Fresh; readonly before: number }[] = [];

  constructor(db: Database, logId: string) {
    this.#db = db;
    this.#index = new SearchIndex(db);
    this.logId = logId;
  }

  /** The seq of the last event; 0 when there is none. */
  head({ key }: LogOf): number {
    let head = this.#heads.get(key);
    if (head === undefined) {
      const row = this.#db.get(
        'SELECT max(id) AS id FROM event WHERE id BETWEEN ? AND ?',
        key * SPAN,
        (key + 1) * SPAN - 1,
      );
      head = typeof row?.['id'] === 'number' ? row['id'] - key * SPAN : 0;
      this.#heads.set(key, head);
    }
    return head;
  }

  cursor(log: LogOf): Cursor {
    return cursorAt(this.logId, this.head(log));
  }

  /** Appends within the transaction that is open. Subscribers get it after the commit. Answers how long it is. */
  append(log: LogOf, ts: string, bodies: readonly EventBody[]): number {
    const events = this.number(log, ts, bodies);
    this.write(events);
    return events.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Gives events their numbers and tells subscribers after the commit. They are not in the log before `write`. */
  number(log: LogOf, ts: string, bodies: readonly EventBody[]): Numbered[] {
    const head = this.head(log);
    let fresh = this.#fresh.get(log.key);
    if (fresh === undefined) this.#fresh.set(log.key, (fresh = { log, after: head, texts: [] }));
    const { texts } = fresh;
    let seq = head;
    const events = bodies.map((body): Numbered => {
      seq += 1;
      const text = JSON.stringify({ seq, ts, sessionId: log.sessionId, ...body });
      texts.push(text);
      return { id: log.key * SPAN + seq, type: body.type, text };
    });
    this.#appends.push({ fresh, before: head - fresh.after });
    this.#heads.set(log.key, seq);
    return events;
  }

  /** Puts numbered events in their places. */
  write(events: readonly Numbered[]): void {
    insert(
      this.#db,
      events.map(({ id, type, text }) => [id, type, text, checksum(id, text)]),
    );
  }

  /** What the last commit wrote, once. A batch without events says that something was compacted, and no more. */
  takeFresh(): Batch[] {
    const batches = [...this.#fresh.values()].map(({ log, after, texts }): Batch => ({
      sessionId: log.sessionId,
      after,
      last: after + texts.length,
      texts,
      isCompacted: this.#compacted.delete(log.key),
    }));
    for (const log of this.#compacted.values()) {
      const head = this.head(log);
      batches.push({ sessionId: log.sessionId, after: head, last: head, texts: [], isCompacted: true });
    }
    this.#fresh.clear();
    this.#compacted.clear();
    this.#appends.length = 0;
    return batches;
  }

  /** Remembers how far it is; the result forgets what was numbered after. */
  mark(): () => void {
    const marked = this.#appends.length;
    return () => {
      for (const { fresh, before } of this.#appends.splice(marked).reverse()) {
        const { log, after, texts } = fresh;
        texts.length = before;
        this.#heads.set(log.key, after + before);
        if (before === 0) this.#fresh.delete(log.key);
        else this.#fresh.set(log.key, fresh);
      }
    };
  }

  resumeAt(log: LogOf, cursor: Cursor): number | 'gap' {
    const trimmed = this.#db.get('SELECT trimmed_to FROM session WHERE key = ?', log.key)?.['trimmed_to'];
    return resumeAt(cursor, { logId: this.logId, first: Number(trimmed ?? 0) + 1, last: this.head(log) });
  }

  /** Up to `limit` stored events after a seq, as text; fewer where they are long. Read on from `last`. */
  read({ sessionId, key }: LogOf, after: number, limit: number): Batch {
    const base = key * SPAN;
    const texts: string[] = [];
    let last = after;
    let length = 0;
    while (texts.length < limit && length < MOST_CHARACTERS) {
      const likely = Math.ceil(((MOST_CHARACTERS - length) * texts.length) / length);
      const wanted = Math.min(texts.length === 0 ? FIRST_ROWS : likely, limit - texts.length, MOST_ROWS);
      const rows = this.#db.tuples(
        'SELECT id, json, crc FROM event WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?',
        base + last + 1,
        base + SPAN - 1,
        wanted,
      );
      for (const [id, json, crc] of rows) {
        const text = intactText(id, json, crc);
        length += text.length;
        if (length > MOST_CHARACTERS && texts.length > 0) break;
        texts.push(text);
        last = Number(id) - base;
      }
      if (rows.length < wanted) break;
    }
    return { sessionId, after, last, texts };
  }

  /** A page of whole messages that ends before a seq: at least `limit` stored events, if there are. See #startOfPage. */
  page(log: LogOf, before: number, limit: number): { messages: Event[]; before?: number } {
    const base = log.key * SPAN;
    const from = this.#db.get(
      'SELECT min(id) AS id FROM (SELECT id FROM event WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?)',
      base,
      base + Math.min(before, SPAN),
      limit,
    )?.['id'];
    if (typeof from !== 'number') return { messages: [] };
    const first = this.#startOfPage(log, from - base);
    const messages = compact(this.#parsed(log, first, Math.min(before, SPAN)));
    return first > 1 ? { messages, before: first } : { messages };
  }

  /** It begins with a prompt; where that is too far back in a long turn, with a tool call, which cuts no message. */
  #startOfPage(log: LogOf, at: number): number {
    const base = log.key * SPAN;
    const first = this.firstOfTurn(log, at);
    const between = [base + first, base + at] as const;
    const bytes = this.#db.get(
      'SELECT total(octet_length(json)) AS bytes FROM event WHERE id >= ? AND id < ?',
      ...between,
    )?.['bytes'];
    if (Number(bytes) <= MAX_REACH) return first;
    const id = this.#db.get(
      `SELECT max(id) AS id FROM event WHERE id >= ? AND id <= ? AND type IN ('prompt', 'tool_use')`,
      ...between,
    )?.['id'];
    return typeof id === 'number' ? id - base : first;
  }

  /** The seq of the last `prompt` at or before a seq; 1 when there is none. */
  firstOfTurn({ key }: LogOf, at = SPAN - 1): number {
    const id = this.#db.get(
      `SELECT id FROM event WHERE id > ? AND id <= ? AND type = 'prompt' ORDER BY id DESC LIMIT 1`,
      key * SPAN,
      key * SPAN + at,
    )?.['id'];
    return typeof id === 'number' ? id - key * SPAN : 1;
  }

  /**
   * Replaces the events from a seq to the end by what they are worth keeping as. Subscribers need not know. Answers how
   * much is left of them.
   */
  compactFrom(log: LogOf, first: number): { events: number; bytes: number } {
    const { kept, texts } = this.#compact(log, first, this.head(log) + 1);
    for (const event of kept) this.#index.add(log.key * SPAN + event.seq, event);
    return { events: kept.length, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
  }

  /** Does a part of that beforehand, up to before a seq. A search finds whole messages, so it hears of them at the end. */
  compactPart(log: LogOf, first: number, end: number): void {
    this.#compact(log, first, end);
  }

  #compact(log: LogOf, first: number, end: number): { kept: readonly Event[]; texts: readonly string[] } {
    const events = this.#parsed(log, first, end);
    const kept = compact(events);
    const texts = kept.map((event) => JSON.stringify(event));
    // What was said in one piece is joined with nothing, and is a whole message all the same.
    if (kept.length === events.length && kept.every((event, at) => event === events[at]))
      return { kept, texts };
    const base = log.key * SPAN;
    this.#compacted.set(log.key, log);
    this.#db.run('DELETE FROM event WHERE id >= ? AND id < ?', base + first, base + end);
    this.write(kept.map(({ seq, type }, index) => ({ id: base + seq, type, text: texts[index] ?? '' })));
    return { kept, texts };
  }

  /** Whether what was said in this session of the agent is not in our log: the log names another one last, or none. */
  isStrangeTo(log: LogOf, agentSessionId: string): boolean {
    const last = this.#lastOfAgent(log);
    if (last !== undefined) return last['name'] !== agentSessionId;
    // A log that has lost its beginning may have named it there: then the answer is no.
    return this.#db.get('SELECT trimmed_to FROM session WHERE key = ?', log.key)?.['trimmed_to'] === 0;
  }

  /** Whether the agent lost its memory when it began this session, and no turn since has given it the conversation so far. */
  isUntold(log: LogOf, agentSessionId: string | null): boolean {
    const last = this.#lastOfAgent(log);
    return last?.['subtype'] === 'fallback' && last['name'] === agentSessionId;
  }

  /** What the log says last of a session of the agent: that it was opened, or that a turn in it has ended. */
  #lastOfAgent({ key }: LogOf): Row | undefined {
    return this.#db.get(
      `SELECT json ->> '$.session_id' AS name, json ->> '$.subtype' AS subtype FROM event
       WHERE id BETWEEN ? AND ? AND type IN ('system', 'result') ORDER BY id DESC LIMIT 1`,
      key * SPAN,
      (key + 1) * SPAN - 1,
    );
  }

  /** All that is stored of a session, in UTF-16 units. */
  size({ key }: LogOf, from = 0, before = SPAN): { events: number; bytes: number } {
    const row = this.#db.get(
      'SELECT count(*) AS events, total(length(json)) AS bytes FROM event WHERE id >= ? AND id < ?',
      key * SPAN + from,
      key * SPAN + before,
    );
    return { events: Number(row?.['events'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
  }

  /** What stands before the second prompt that is kept; undefined when there is no second one. */
  oldestTurn({ key }: LogOf): { last: number; lastAt: string; events: number; bytes: number } | undefined {
    const base = key * SPAN;
    const [, second] = this.#db.all(
      `SELECT id FROM event WHERE id BETWEEN ? AND ? AND type = 'prompt' ORDER BY id LIMIT 2`,
      base,
      base + SPAN - 1,
    );
    if (second === undefined) return undefined;
    const row = this.#db.get(
      `SELECT max(id) AS last, json ->> '$.ts' AS at, count(*) AS events, total(length(json)) AS bytes
       FROM event WHERE id >= ? AND id < ?`,
      base,
      Number(second['id']),
    );
    return {
      last: Number(row?.['last']) - base,
      lastAt: String(row?.['at']),
      events: Number(row?.['events']),
      bytes: Number(row?.['bytes']),
    };
  }

  /** The agent's last message in the turn of a prompt, and the error that ended it, as far as there are any. */
  outcomeOf(
    log: LogOf,
    { promptId, seq }: { promptId: PromptId; seq: number },
  ): { text: string | null; error: string | null } {
    let text: string | null = null;
    let isIts = false;
    for (const event of this.#parsed(log, seq, this.head(log) + 1)) {
      if (event.type === 'prompt') isIts = event.promptId === promptId;
      else if (event.type === 'text' && isIts) text = event.content;
      else if (event.type === 'error' && event.promptId === promptId) return { text, error: event.message };
    }
    return { text, error: null };
  }

  /** Takes out everything up to a seq and leaves a gap there that says so. Subscribers have seen it long ago. */
  trimTo({ sessionId, key }: LogOf, last: number, ts: string): void {
    const base = key * SPAN;
    this.#db.run('DELETE FROM event WHERE id BETWEEN ? AND ?', base, base + last);
    this.#index.remove(base, base + last);
    const gap: Event = { seq: last, ts, sessionId, type: 'gap', from: 1, to: last };
    this.write([{ id: base + last, type: gap.type, text: JSON.stringify(gap) }]);
  }

  /** Prompts and whole messages with all of the words, the best match first. */
  search(query: string, limit: number): { key: number; seq: number; event: Event }[] {
    return this.#index.find(query, limit).flatMap((id) => {
      const row = this.#db.get('SELECT id, json, crc FROM event WHERE id = ?', id);
      if (row === undefined) return [];
      // As in #parsed.
      const event = JSON.parse(intactText(row['id'], row['json'], row['crc'])) as Event;
      return [{ key: Math.floor(id / SPAN), seq: id % SPAN, event }];
    });
  }

  remove({ key }: LogOf): void {
    this.#db.run('DELETE FROM event WHERE id BETWEEN ? AND ?', key * SPAN, (key + 1) * SPAN - 1);
    this.#index.remove(key * SPAN, (key + 1) * SPAN - 1);
    this.#heads.delete(key);
    this.#fresh.delete(key);
    this.#compacted.delete(key);
  }

  #parsed({ key }: LogOf, first: number, before: number): Event[] {
    return (
      this.#db
        .tuples(
          'SELECT id, json, crc FROM event WHERE id >= ? AND id < ? ORDER BY id',
          key * SPAN + first,
          key * SPAN + before,
        )
        // The checksum says that this is what we wrote; a schema would cost more than all the rest of the reading.
        .map(([id, json, crc]) => JSON.parse(intactText(id, json, crc)) as Event)
    );
  }
}

const checksum = (id: number, text: string): number => crc32(text, id % SPAN);

/** A row that a disk has damaged is not shown as if nothing had happened: its place is taken by a gap. */
export function intactText(id: unknown, json: unknown, crc: unknown): string {
  if (typeof id !== 'number' || typeof json !== 'string')
    throw new TypeError('the event table has a foreign row');
  if (checksum(id, json) === crc) return json;
  const seq = id % SPAN;
  const sessionId = /"sessionId":"([A-Za-z0-9_.:-]+)"/.exec(json)?.[1] ?? 'unknown';
  return JSON.stringify({ seq, ts: new Date(0).toISOString(), sessionId, type: 'gap', from: seq, to: seq });
}
