// Agents that run, by pid and start time, so that a gateway that died can be tidied up after.
import { z } from 'zod';
import type { Database } from './database.ts';
import type { LogOf } from './log.ts';

const ProcessRow = z.object({ pid: z.int(), start_time: z.string() });

export interface KnownProcess {
  readonly pid: number;
  /** As the system tells it: a pid alone may by now be a stranger's. */
  readonly startTime: string;
}

export class ProcessStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add({ key }: LogOf, { pid, startTime }: KnownProcess): void {
    this.#db.run('INSERT OR REPLACE INTO process VALUES (?, ?, ?)', pid, startTime, key);
  }

  remove(pid: number): void {
    this.#db.run('DELETE FROM process WHERE pid = ?', pid);
  }

  /** Nothing of a session runs any more, whether it came up or not. */
  removeOf({ key }: LogOf): void {
    this.#db.run('DELETE FROM process WHERE session_key = ?', key);
  }

  list(): KnownProcess[] {
    return this.#db.all('SELECT pid, start_time FROM process').map((row) => {
      const { pid, start_time: startTime } = ProcessRow.parse(row);
      return { pid, startTime };
    });
  }
}
