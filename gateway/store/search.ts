// The search index: the words of prompts and of whole messages, by the id of their event.
import { findable, inWords, matchExpression } from '../core/search.ts';
import type { Event } from '../protocol/index.ts';
import type { Database } from './database.ts';

export class SearchIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(id: number, event: Event): void {
    const text = findable(event);
    if (text !== undefined)
      this.#db.run('INSERT OR REPLACE INTO search (rowid, text) VALUES (?, ?)', id, inWords(text));
  }

  remove(first: number, last: number): void {
    this.#db.run('DELETE FROM search WHERE rowid BETWEEN ? AND ?', first, last);
  }

  /** Ids of events, the best match first. */
  find(query: string, limit: number): number[] {
    const expression = matchExpression(query);
    if (expression === undefined) return [];
    return this.#db
      .all('SELECT rowid FROM search WHERE search MATCH ? ORDER BY rank LIMIT ?', expression, limit)
      .map((row) => Number(row['rowid']));
  }
}
