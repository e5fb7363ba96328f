// Rows that come together go in together: they come by the hundred, and each call of SQLite has its price.
import type { SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';

/** Rows for one statement. */
const ROWS = 8;

/** Inserts rows into a table. */
type Inserting = (db: Database, rows: readonly SQLInputValue[][]) => void;

/**
 * The statements for a table and a row of its values. FAIL: what goes wrong undoes the whole work anyhow; undoing a
 * statement alone would mean to copy each page before.
 */
export function inserting(table: string, row: string): Inserting {
  const one = `INSERT OR FAIL INTO ${table} VALUES ${row}`;
  const several = one + `, ${row}`.repeat(ROWS - 1);
  return (db, rows) => {
    const alone = rows.length % ROWS;
    for (const values of rows.slice(0, alone)) db.run(one, ...values);
    for (let at = alone; at < rows.length; at += ROWS) db.run(several, ...rows.slice(at, at + ROWS).flat());
  };
}
