// What accepting a prompt needs to know of a queue, kept in memory: it costs the same however much there is.
import { LIMITS, Problem, type SessionId } from '../protocol/index.ts';
import type { Database } from './database.ts';
import type { LogOf } from './log.ts';

/**
 * Prompts that are not over. SQLite uses a partial index only for a query that repeats the condition of that index, so a query
 * says this also where it asks for one of the states.
 */
export const LIVE = `state IN ('queued', 'running', 'uncertain')`;

export interface QueueFact extends LogOf {
  readonly held: boolean;
  readonly isRunning: boolean;
  /** Prompts that wait: a new one comes after them. */
  waiting: number;
  /** How large their events are, together. */
  bytes: number;
}

/** Throws the problem queue.full. */
export function mustHaveRoom({ sessionId, waiting, bytes }: QueueFact): void {
  const { queuedPrompts, queuedBytes } = LIMITS;
  if (waiting < queuedPrompts && bytes < queuedBytes) return;
  throw new Problem(
    'queue.full',
    `${waiting} prompts wait in session ${sessionId}, ${Math.round(bytes / 1024)} kB of text: it takes no more. Send this again ` +
      'when some have run, or take out what nobody needs (queue.remove).',
    { waiting, bytes, queuedPrompts, queuedBytes },
  );
}

export class QueueFacts {
  readonly #db: Database;
  readonly #known = new Map<SessionId, QueueFact>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** undefined: there is no such session. */
  of(sessionId: SessionId): QueueFact | undefined {
    let fact = this.#known.get(sessionId);
    if (fact !== undefined) return fact;
    const row = this.#db.get(
      `SELECT key, held,
         EXISTS (SELECT 1 FROM prompt WHERE session_key = key AND state = 'running' AND ${LIVE}) AS is_running,
         (SELECT count(*) FROM prompt WHERE session_key = key AND state = 'queued' AND ${LIVE}) AS waiting,
         (SELECT total(octet_length(coalesce(message, json))) FROM prompt LEFT JOIN event ON event.id = prompt.id
          WHERE session_key = key AND state = 'queued' AND ${LIVE}) AS bytes
       FROM session WHERE session_id = ?`,
      sessionId,
    );
    if (row === undefined) return undefined;
    fact = {
      sessionId,
      key: Number(row['key']),
      held: row['held'] === 1,
      isRunning: row['is_running'] === 1,
      waiting: Number(row['waiting']),
      bytes: Number(row['bytes']),
    };
    this.#known.set(sessionId, fact);
    return fact;
  }

  /** Its queue changes. */
  forget(sessionId: SessionId): void {
    this.#known.delete(sessionId);
  }

  forgetAll(): void {
    this.#known.clear();
  }
}
