// The one connection to the one database: opened with care, written in two classes of durability.
import { existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Problem } from '../protocol/index.ts';
import { EarlySync } from './earlySync.ts';
import { sqliteCode } from './lock.ts';
import { backUp, migrate } from './migrate.ts';
import { MIGRATIONS } from './schema.ts';
import { Whereabouts } from './whereabouts.ts';

/** What people are told. Nothing else is wrong, and nothing needs to be started anew. */
export const DISK_FULL = 'The disk is full: nothing was accepted. Free some space and send again.';

const DAMAGED =
  'The disk or the database failed: this was not accepted. The gateway ends; its next start looks through the ' +
  'database, and sets one that is damaged aside whole.';

const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** Each use would compile such a statement anew, because the plan may depend on the value. It does not on a sum. */
const LIMITED = /\bLIMIT \?\d*/g;

/** The database was written by a newer gateway. It is left exactly as it is. */
export class NewerDatabaseError extends Error {
  override name = 'NewerDatabaseError';
}

export type Row = Readonly<Record<string, unknown>>;

interface Work {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Savepoint = 'none' | 'wanted' | 'set';

/** Work has failed after it wrote, and there is no savepoint to return to. */
class NoWayBack extends Error {
  override name = 'NoWayBack';
}

export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #earlySync: EarlySync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #tupleStatements = new Map<string, StatementSync>();
  readonly #waiting: Work[] = [];
  #synchronous: 'FULL' | 'NORMAL' | undefined;
  /** Called after each commit, before anybody hears of it. */
  onCommit: () => void = () => {};
  /** Called before work; what it returns is called when that work is undone, so that caches can follow. */
  mark: () => () => void = () => () => {};
  /** Called before a statement, so that whoever looks or writes meets everything in its place. */
  beforeUse: () => void = () => {};
  /** Called within a transaction when its work is done. */
  beforeCommit: () => void = () => {};
  /** Called when the disk is full. True: room was made, so the write is worth another try. */
  onFull: () => boolean = () => false;
  /** Called once, with what was met first, when the database can no longer be trusted. */
  onDamage: (cause: unknown) => void = () => {};
  #isDamaged = false;
  /** The savepoint of the work that runs now: only work that writes needs one. */
  #savepoint: Savepoint = 'none';
  /** Statements that changed something, to tell whether a work has written. */
  #writes = 0;
  /** Where an unreadable database was set aside at this opening, if there was one. */
  readonly setAside: string | undefined;

  readonly #whereabouts: Whereabouts;

  private constructor(db: DatabaseSync, file: string, setAside: string | undefined) {
    this.#db = db;
    this.#earlySync = new EarlySync(`${file}-wal`);
    this.setAside = setAside;
    this.#whereabouts = new Whereabouts([file, `${file}-wal`], (lost) => this.#rescue(file, lost));
  }

  /** Opens or creates. A database that cannot be read is set aside whole, never deleted, and a fresh one begun. */
  static open(file: string): Database {
    try {
      return new Database(openChecked(file), file, undefined);
    } catch (error) {
      const code = sqliteCode(error);
      if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB && !(error instanceof DamagedError)) throw error;
      const aside = `${file}.corrupt-${new Date().toISOString().replaceAll(':', '')}`;
      for (const suffix of ['', '-wal', '-shm']) {
        if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
      }
      return new Database(openChecked(file), file, aside);
    }
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    this.beforeUse();
    return this.#guarded(() => this.#prepare(sql).all(...values));
  }

  /** Rows as arrays of their columns: half the price, where there are many. */
  tuples(sql: string, ...values: SQLInputValue[]): readonly unknown[][] {
    this.beforeUse();
    const statement = this.#tupleStatements.get(sql) ?? this.#compile(sql);
    statement.setReturnArrays(true);
    this.#tupleStatements.set(sql, statement);
    // What setReturnArrays says.
    return this.#guarded(() => statement.all(...values) as unknown as unknown[][]);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    this.beforeUse();
    return this.peek(sql, ...values);
  }

  /** Reads what has its place, whatever has not. */
  peek(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#prepare(sql).get(...values));
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    this.#write();
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  /** Changes rows, and answers what a RETURNING clause says of the first of them. */
  change(sql: string, ...values: SQLInputValue[]): Row | undefined {
    this.#write();
    return this.#prepare(sql).get(...values);
  }

  /**
   * Class one: accepts, answers, state changes. On disk (fsync) when the promise resolves. Work that comes while the
   * event loop is busy shares one transaction and one sync. Throwing in `work` undoes only that work.
   */
  synced<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ run: work, resolve, reject });
    if (this.#waiting.length === 1) setImmediate(() => this.flush());
    // The promise was made for this very work, so it resolves to what that returns.
    return promise as Promise<T>;
  }

  /** Class two: agent output. Committed when this returns: survives kill -9, and power loss from the next sync on. */
  written<T>(work: () => T): T {
    // What is waiting was asked for earlier and comes first, so that order in the log is order of asking.
    this.flush();
    const value = this.#transaction('NORMAL', work);
    this.#earlySync.committed();
    return value;
  }

  /** Moves what is committed already: within the transaction that is open, or in one of its own, and before what waits. */
  tidied(work: () => void): void {
    if (this.#db.isTransaction && !this.#isDamaged) work();
    else this.#transaction('NORMAL', work);
  }

  /** Commits what is waiting, now. */
  flush(): void {
    const works = this.#waiting.splice(0);
    if (works.length === 0) return;
    let settled: (() => void)[];
    try {
      settled = this.#together(works);
    } catch (error) {
      for (const { reject } of works) reject(error);
      return;
    }
    for (const settle of settled) settle();
  }

  /** A savepoint copies every page that is written after it, so they are set only when it turns out that one is needed. */
  #together(works: readonly Work[]): (() => void)[] {
    try {
      return this.#transaction('FULL', () => works.map((work) => this.#attempt(work, 'none')));
    } catch (error) {
      if (!(error instanceof NoWayBack)) throw error;
      return this.#transaction('FULL', () => works.map((work) => this.#attempt(work, 'wanted')));
    }
  }

  [Symbol.dispose](): void {
    if (!this.#db.isOpen) return;
    this.#whereabouts[Symbol.dispose]();
    this.#earlySync[Symbol.dispose]();
    this.flush();
    try {
      // The next start looks through it.
      if (!this.#isDamaged) this.#db.exec(`UPDATE meta SET value = '1' WHERE key = 'clean'`);
    } catch (error) {
      // A full disk: the next start looks through the database, as after a crash.
      if (sqliteCode(error) !== SQLITE_FULL) throw error;
    } finally {
      this.#db.close();
    }
  }

  #attempt({ run, resolve, reject }: Work, savepoint: Savepoint): () => void {
    const restore = this.mark();
    const before = this.#writes;
    this.#savepoint = savepoint;
    try {
      const value = run();
      if (this.#hasSavepoint()) this.#prepare('RELEASE work').run();
      return () => resolve(value);
    } catch (error) {
      // Nobody's fault in particular. SQLite has undone everything: there is no savepoint left to return to.
      if (sqliteCode(error) === SQLITE_FULL) throw error;
      // What failed is not used again, not even to go back.
      if (this.#isDamaged) throw error;
      if (this.#hasSavepoint()) this.#db.exec('ROLLBACK TO work; RELEASE work');
      else if (this.#writes > before) throw new NoWayBack();
      restore();
      return () => reject(error);
    } finally {
      this.#savepoint = 'none';
    }
  }

  /** Asked anew after the work, which may have set it. */
  #hasSavepoint(): boolean {
    return this.#savepoint === 'set';
  }

  /** After a failed sync nobody knows what is on disk, and writing on would make bad worse: what fails once is not used again. */
  #guarded<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      const code = sqliteCode(error);
      if (code !== SQLITE_IOERR && code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) throw error;
      if (!this.#isDamaged) {
        this.#isDamaged = true;
        this.onDamage(error);
      }
      throw new Problem('storage.damaged', DAMAGED, {}, error);
    }
  }

  /** What was taken away is open here still, and nowhere else: all of it goes back to where it will be looked for. */
  #rescue(file: string, lost: readonly string[]): void {
    this.flush();
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    let cause: unknown = new Error(`${lost.join(', ')}: taken away or replaced while the gateway ran.`);
    try {
      // A log that is left behind would be read into whatever has the name of the database by then.
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      if (!existsSync(file)) backUp(this.#db, file);
    } catch (error) {
      cause = error;
    }
    this.onDamage(cause);
  }

  /** Nothing can be accepted any more. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  #transaction<T>(synchronous: 'FULL' | 'NORMAL', work: () => T): T {
    if (this.#isDamaged) throw new Problem('storage.damaged', DAMAGED);
    try {
      return this.#guarded(() => this.#tryTransaction(synchronous, work));
    } catch (error) {
      if (sqliteCode(error) !== SQLITE_FULL) throw error;
      if (this.onFull()) return this.#transaction(synchronous, work);
      throw new Problem('storage.full', DISK_FULL, {}, error);
    }
  }

  #tryTransaction<T>(synchronous: 'FULL' | 'NORMAL', work: () => T): T {
    if (this.#synchronous !== synchronous) {
      this.#db.exec(`PRAGMA synchronous = ${synchronous}`);
      this.#synchronous = synchronous;
    }
    const restore = this.mark();
    let value: T;
    try {
      this.#prepare('BEGIN IMMEDIATE').run();
      value = work();
      this.beforeCommit();
      this.#prepare('COMMIT').run();
    } catch (error) {
      restore();
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.onCommit();
    return value;
  }

  /** Before each statement that changes something. */
  #write(): void {
    this.beforeUse();
    if (this.#savepoint === 'wanted') {
      this.#prepare('SAVEPOINT work').run();
      this.#savepoint = 'set';
    }
    this.#writes += 1;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#compile(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #compile(sql: string): StatementSync {
    return this.#db.prepare(sql.replace(LIMITED, '$& + 0'));
  }
}

class DamagedError extends Error {
  override name = 'DamagedError';
}

function openChecked(file: string): DatabaseSync {
  const version = versionOf(file);
  if (version > MIGRATIONS.length) {
    throw new NewerDatabaseError(
      `${file} was written by a newer Holdfast (schema ${version}, this one knows ${MIGRATIONS.length}). ` +
        `It was left as it is. Update Holdfast, or set HOLDFAST_HOME to another folder.`,
    );
  }
  const db = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true });
  try {
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = 1;
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
      PRAGMA wal_autocheckpoint = 0;
    `);
    if (version > 0) check(db, file);
    if (version > 0 && version < MIGRATIONS.length) backUp(db, `${file}.before-schema-${MIGRATIONS.length}`);
    migrate(db, version);
    // The copies that savepoints make. What a migration has to sort may be too large for that.
    db.exec('PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192');
    // Nobody waits for this to be on disk: before anything else that is written gets there, so does this. A checkpoint
    // would not sync either, and overwrite what a crash has left in the log: there are none until everything is synced again.
    db.exec(`
      PRAGMA synchronous = OFF;
      INSERT INTO meta VALUES ('clean', '0') ON CONFLICT (key) DO UPDATE SET value = '0';
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 4000;
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Read-only: a connection that may write folds the write-ahead log into the file when it closes. */
function versionOf(file: string): number {
  if (!existsSync(file)) return 0;
  const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    return numberOf(db, 'user_version');
  } finally {
    db.close();
  }
}

function numberOf(db: DatabaseSync, pragma: 'user_version' | 'page_count' | 'page_size'): number {
  const value = db.prepare(`PRAGMA ${pragma}`).get()?.[pragma];
  if (typeof value !== 'number') throw new DamagedError(`no ${pragma}`);
  return value;
}

/** After a clean end all is in the file, so its length says whether it was cut; after any other, all pages are read. */
function check(db: DatabaseSync, file: string): void {
  const clean = db.prepare(`SELECT value FROM meta WHERE key = 'clean'`).get()?.['value'];
  if (clean === '1') {
    const expected = numberOf(db, 'page_count') * numberOf(db, 'page_size');
    // Looking at a file's length does not open it, which would drop our locks.
    if (statSync(file).size !== expected) throw new DamagedError('the file was cut');
    return;
  }
  const [first] = db.prepare('PRAGMA quick_check(1)').all();
  if (first?.['quick_check'] !== 'ok') throw new DamagedError(String(first?.['quick_check']));
}
