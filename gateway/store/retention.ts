// How much of a session is kept: whole turns leave at the old end, and an explicit gap says that they were there.
import type { Bounds } from '../protocol/index.ts';
import type { Database } from './database.ts';
import { SPAN, type LogOf, type LogStore } from './log.ts';
import { spellOut } from './queue.ts';

interface Size {
  readonly events: number;
  readonly bytes: number;
}

/** What is kept of a session, as far as it was counted. */
interface Counted extends Size {
  readonly upTo: number;
}

const DAY_MS = 86_400_000;

export class Retention {
  readonly #db: Database;
  readonly #log: LogStore;
  /** Counted once for each session after a start, then kept up to date. */
  readonly #sizes = new Map<number, Counted>();
  /** What was counted since the last commit, with the sizes before, to be undone from the end. */
  readonly #counted: { readonly key: number; readonly before: Counted | undefined }[] = [];
  /** What the turn that runs has written. */
  readonly #running = new Map<number, number>();
  bounds: Bounds = { maxEvents: Infinity, maxBytes: Infinity, maxAgeDays: null };

  constructor(db: Database, log: LogStore) {
    this.#db = db;
    this.#log = log;
  }

  /**
   * The turn that runs has grown by what stands after `before`. One that alone is more than may be kept loses its
   * beginning; what is new stays, nobody has read it yet. Inside a transaction.
   */
  grown(log: LogOf, { before, bytes }: { before: number; bytes: number }, now: string): void {
    const all = (this.#running.get(log.key) ?? 0) + bytes;
    const isOver = all > this.bounds.maxBytes;
    this.#running.set(log.key, isOver ? bytes : all);
    if (!isOver || before === 0) return;
    this.#trim(log, before, now);
    this.#count(log, { events: 1, bytes: 0, upTo: before });
  }

  /** After a turn that left `grown` in the log from `first` on. The last turn always stays. Inside a transaction. */
  apply(log: LogOf, first: number, grown: Size, now: string): void {
    this.#running.delete(log.key);
    const known = this.#sizes.get(log.key);
    let size =
      known === undefined
        ? this.#log.size(log)
        : sum(sum(known, grown), this.#log.size(log, known.upTo + 1, first));
    for (;;) {
      const turn = this.#log.oldestTurn(log);
      if (turn === undefined || !(this.#isOver(size) || this.#isOld(turn.lastAt, now))) break;
      size = { events: size.events - turn.events + 1, bytes: size.bytes - turn.bytes };
      this.#trim(log, turn.last, now);
    }
    this.#count(log, { ...size, upTo: this.#log.head(log) });
  }

  /** Remembers how far it is; the result forgets what was counted after. */
  mark(): () => void {
    const marked = this.#counted.length;
    return () => {
      for (const { key, before } of this.#counted.splice(marked).reverse()) {
        if (before === undefined) this.#sizes.delete(key);
        else this.#sizes.set(key, before);
      }
    };
  }

  committed(): void {
    this.#counted.length = 0;
  }

  #count({ key }: LogOf, size: Counted): void {
    this.#counted.push({ key, before: this.#sizes.get(key) });
    this.#sizes.set(key, size);
  }

  #trim(log: LogOf, last: number, now: string): void {
    spellOut(this.#db, log.key * SPAN, log.key * SPAN + last);
    this.#log.trimTo(log, last, now);
    this.#db.run('UPDATE session SET trimmed_to = ? WHERE key = ?', last, log.key);
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
