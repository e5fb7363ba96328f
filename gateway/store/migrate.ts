// Brings a database to the schema of this build, step by step, each in a transaction of its own; and copies it whole.
import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { findable, inWords } from '../core/search.ts';
import type { Event } from '../protocol/index.ts';
import { MIGRATIONS } from './schema.ts';

/** A whole copy: from before a migration, should anybody want to go back. */
export function backUp(db: DatabaseSync, copy: string): void {
  rmSync(copy, { force: true });
  db.prepare('VACUUM INTO ?').run(copy);
}

/** One that fails is undone, and those before it stay: the next start goes on from there. */
export function migrate(db: DatabaseSync, from: number, steps: readonly string[] = MIGRATIONS): void {
  db.function('unfound_words', (json, isIndexed) => unfoundWords(String(json), isIndexed === 1));
  for (const [index, step] of steps.entries()) {
    if (index < from) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(step);
      db.exec(`PRAGMA user_version = ${index + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** For a migration: what is to be indexed of a stored event; null: nothing, or `isIndexed` as it is to be already. */
function unfoundWords(json: string, isIndexed: boolean): string | null {
  try {
    // What a disk has damaged is found by nobody.
    const text = findable(JSON.parse(json) as Event);
    const words = text === undefined ? null : inWords(text);
    return isIndexed && words === text ? null : words;
  } catch {
    return null;
  }
}
