// The quick way in: prompts that have to wait are written down together, one row for each commit, and put into queue and log
// a moment later, or as soon as anybody looks. An acknowledged prompt is synced in the one place or in the other.
import { titleFrom } from '../core/session.ts';
import { Event, Problem, type PromptId, type SessionId } from '../protocol/index.ts';
import type { Database } from './database.ts';
import { SPAN, type LogOf, type LogStore, type Numbered } from './log.ts';
import type { QueueStore, SentPrompt } from './queue.ts';
import { mustHaveRoom, type QueueFacts } from './queueFacts.ts';
import type { SessionStore } from './session.ts';

/** What is not in place yet, at most: nobody should have to wait for it long. */
const MOST = 4096;
const SETTLE_MS = 100;

/** Its event says all that there is to know. With more to keep, more would be copied about by the collector. */
interface Accepted {
  readonly log: LogOf;
  readonly event: Numbered;
}

interface Parts {
  readonly facts: QueueFacts;
  readonly sessions: SessionStore;
  readonly queue: QueueStore;
  readonly log: LogStore;
}

export class Intake implements Disposable {
  readonly #db: Database;
  readonly #parts: Parts;
  /** Accepted and not in place yet, in order. Settling begins a new map, so that a mark can bring the old one back. */
  #accepted = new Map<PromptId, Accepted>();
  /** So many of them are on their way in the table. */
  #saved = 0;
  #isBusy = false;
  #soon: NodeJS.Timeout | undefined;
  #damaged = 0;

  constructor(db: Database, parts: Parts) {
    this.#db = db;
    this.#parts = parts;
    this.#recover();
  }

  /** Prompts on their way that could not be read at the start: nobody can say what they were. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * Accepts a prompt that has to wait. undefined: this one goes the long way, and nothing was done. Throws the problem
   * queue.full.
   */
  accept(
    sessionId: SessionId,
    prompt: SentPrompt,
  ): { position: number; seq: number; held: boolean } | undefined {
    const { facts, queue, log } = this.#parts;
    const { promptId, message, from, createdAt, expiresAt } = prompt;
    const fact = facts.of(sessionId);
    if (fact === undefined || expiresAt !== null) return undefined;
    // It would start at once.
    if (fact.waiting === 0 && !fact.isRunning && !fact.held) return undefined;
    if (prompt.origin !== undefined) return undefined;
    if (this.#accepted.has(promptId) || queue.has(promptId)) return undefined;
    mustHaveRoom(fact);
    const { held } = fact;
    const position = fact.waiting + 1;
    for (const event of log.number(fact, createdAt, [
      { type: 'queued', promptId, position, message, from },
    ])) {
      this.#accepted.set(promptId, { log: fact, event });
      fact.bytes += event.text.length;
    }
    fact.waiting = position;
    return { position, held, seq: log.head(fact) };
  }

  /** Within the transaction that accepted them. */
  save(): void {
    if (this.#accepted.size === this.#saved) return;
    const texts = [...this.#accepted.values()].slice(this.#saved).map(({ event }) => event.text);
    this.#undisturbed(() => this.#db.run('INSERT INTO accepted (texts) VALUES (?)', texts.join('\n')));
    this.#saved = this.#accepted.size;
    if (this.#saved > MOST) this.settle();
    else this.#settleSoon();
  }

  #settleSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.settle();
    }, SETTLE_MS).unref();
  }

  /** Puts everything in its place. */
  settle(): void {
    if (this.#accepted.size === 0 || this.#isBusy) return;
    try {
      this.#undisturbed(() => this.#db.tidied(() => this.#place()));
    } catch (error) {
      // On a full disk, reading goes on with what is in place; the rest is safe where it is.
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** What has no place by now gets it at the next start. */
  [Symbol.dispose](): void {
    this.settle();
    clearTimeout(this.#soon);
  }

  /** What is accepted after this is forgotten by the result; what is settled after it is not in place again. */
  mark(): () => void {
    const accepted = this.#accepted;
    const { size } = accepted;
    const saved = this.#saved;
    return () => {
      this.#parts.facts.forgetAll();
      if (this.#accepted === accepted && accepted.size === size) return;
      for (const promptId of [...accepted.keys()].slice(size)) accepted.delete(promptId);
      this.#accepted = accepted;
      this.#saved = saved;
    };
  }

  #place(): void {
    const { sessions, queue, log } = this.#parts;
    const all = [...this.#accepted].sort(([, a], [, b]) => a.event.id - b.event.id);
    this.#accepted = new Map();
    this.#saved = 0;
    queue.addQueued(all.map(([promptId, { event }]) => ({ id: event.id, promptId })));
    let before: LogOf | undefined;
    for (const [, { log: of, event }] of all) {
      // One session's stand together.
      if (before?.key === of.key) continue;
      before = of;
      const { message, ts } = queued(event.text);
      sessions.addressed(of, titleFrom(message), ts);
    }
    log.write(all.map(([, { event }]) => event));
    this.#db.run('DELETE FROM accepted');
  }

  #undisturbed(work: () => void): void {
    this.#isBusy = true;
    try {
      work();
    } finally {
      this.#isBusy = false;
    }
  }

  /** What was on its way when the gateway before ended. */
  #recover(): void {
    for (const { texts } of this.#db.all('SELECT texts FROM accepted ORDER BY id')) {
      for (const text of String(texts).split('\n')) {
        const read = intact(text);
        if (read === undefined) {
          this.#damaged += 1;
          continue;
        }
        const log = this.#parts.facts.of(read.sessionId);
        if (log === undefined) continue;
        const event = { id: log.key * SPAN + read.seq, type: 'queued', text };
        this.#accepted.set(read.promptId, { log, event });
      }
    }
    this.#saved = this.#accepted.size;
    // Without room for it nothing starts: their numbers would be given to others.
    if (this.#saved > 0) this.#undisturbed(() => this.#db.tidied(() => this.#place()));
    this.#parts.facts.forgetAll();
  }
}

type Queued = Extract<Event, { type: 'queued' }>;

/** What this class wrote down itself: nothing else comes into the table. */
const queued = (text: string): Queued => JSON.parse(text) as Queued;

/** The same after a start; undefined when the disk has bent it meanwhile. */
function intact(text: string): Queued | undefined {
  try {
    const event = Event.parse(JSON.parse(text));
    return event.type === 'queued' ? event : undefined;
  } catch {
    return undefined;
  }
}
