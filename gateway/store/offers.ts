// What agents offer, and which of their options were chosen: kept with the session, for when no agent runs.
import { z } from 'zod';
import { Offers } from '../protocol/index.ts';
import type { Database } from './database.ts';
import type { LogOf } from './log.ts';

const OptionRow = z.record(z.string(), z.string());

export class OfferStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What the session's agent has offered here; else what the same agent offered last. undefined: it never ran. */
  of({ key }: Pick<LogOf, 'key'>): Offers | undefined {
    const own = this.#own(key);
    if (own !== undefined) return own;
    const elsewhere = read(
      this.#db.get(
        `SELECT offers FROM session WHERE offers IS NOT NULL AND agent = (SELECT agent FROM session WHERE key = ?)
         ORDER BY last_activity_at DESC LIMIT 1`,
        key,
      )?.['offers'],
    );
    if (elsewhere === undefined) return undefined;
    // How another session is set says nothing of this one.
    return { ...elsewhere, options: elsewhere.options.map(({ value: _, ...option }) => option) };
  }

  /** Takes in what the agent says now; what it does not speak of stays. */
  change({ key }: Pick<LogOf, 'key'>, news: Partial<Offers>): void {
    const before = this.#own(key) ?? { modes: [], models: [], options: [], commands: [] };
    this.#db.run('UPDATE session SET offers = ? WHERE key = ?', JSON.stringify({ ...before, ...news }), key);
  }

  /** The options that a person has set: the agent is given them again whenever it starts. */
  chosen({ key }: Pick<LogOf, 'key'>): Readonly<Record<string, string>> {
    const row = this.#db.get('SELECT options FROM session WHERE key = ?', key);
    return OptionRow.parse(JSON.parse(z.string().parse(row?.['options'] ?? '{}')));
  }

  choose(log: Pick<LogOf, 'key'>, optionId: string, value: string): void {
    const options = JSON.stringify({ ...this.chosen(log), [optionId]: value });
    this.#db.run('UPDATE session SET options = ? WHERE key = ?', options, log.key);
  }

  #own(key: number): Offers | undefined {
    return read(this.#db.get('SELECT offers FROM session WHERE key = ?', key)?.['offers']);
  }
}

const read = (json: unknown): Offers | undefined =>
  typeof json === 'string' ? Offers.parse(JSON.parse(json)) : undefined;
