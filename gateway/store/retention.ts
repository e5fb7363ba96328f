// How much of a session is kept: whole turns leave at the old end, and an explicit gap says that they were there.
import type { Bounds } from '../protocol/index.ts';
import type { Database } from './database.ts';
import { SPAN, type LogOf, type LogStore } from './log.ts';
import { spellOut } from './queue.ts';

interface Size {
  readonly events: number;
  readonly bytes: number;
}

const DAY_MS = 86_400_000;

export class Retention {
  readonly #db: Database;
  readonly #log: LogStore;
  /** Counted once for each session after a start, then kept up to date. */
  readonly #sizes = new Map<number, Size>();
  bounds: Bounds = { maxEvents: Infinity, maxBytes: Infinity, maxAgeDays: null };

  constructor(db: Database, log: LogStore) {
    this.#db = db;
    this.#log = log;
  }

  /** After a turn that left `grown` in the log. The last turn always stays. Inside a transaction. */
  apply(log: LogOf, grown: Size, now: string): void {
    const known = this.#sizes.get(log.key);
    let size = known === undefined ? this.#log.size(log) : sum(known, grown);
    for (;;) {
      const turn = this.#log.oldestTurn(log);
      if (turn === undefined || !(this.#isOver(size) || this.#isOld(turn.lastAt, now))) break;
      size = { events: size.events - turn.events + 1, bytes: size.bytes - turn.bytes };
      spellOut(this.#db, log.key * SPAN, log.key * SPAN + turn.last);
      this.#log.trimTo(log, turn.last, now);
      this.#db.run('UPDATE session SET trimmed_to = ? WHERE key = ?', turn.last, log.key);
    }
    this.#sizes.set(log.key, size);
  }

  #isOver({ events, bytes }: Size): boolean {
    return events > this.bounds.maxEvents || bytes > this.bounds.maxBytes;
  }

  #isOld(lastAt: string, now: string): boolean {
    const { maxAgeDays } = this.bounds;
    return maxAgeDays !== null && Date.parse(lastAt) < Date.parse(now) - maxAgeDays * DAY_MS;
  }
}

const sum = (a: Size, b: Size): Size => ({ events: a.events + b.events, bytes: a.bytes + b.bytes });
