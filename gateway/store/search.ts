// The search index: the words of prompts and of whole messages, by the id of their event.
import { inWords, matchExpression } from '../core/search.ts';
import { textOf, type Event } from '../protocol/index.ts';
import type { Database } from './database.ts';

/** For a migration: what is to be indexed of a stored event; null: nothing, or `isIndexed` as it is to be already. */
export function unfoundWords(json: string, isIndexed: boolean): string | null {
  try {
    // What a disk has damaged is found by nobody.
    const text = SearchIndex.textOf(JSON.parse(json) as Event);
    const words = text === undefined ? null : inWords(text);
    return isIndexed && words === text ? null : words;
  } catch {
    return null;
  }
}

export class SearchIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The text of an event that can be found; undefined for all others. */
  static textOf(event: Event): string | undefined {
    if (event.type === 'prompt') return textOf(event.message);
    return event.type === 'text' ? event.content : undefined;
  }

  add(id: number, event: Event): void {
    const text = SearchIndex.textOf(event);
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
