// All that is remembered, behind one door. Reads answer at once; writes go through `synced` or `written`.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../protocol/index.ts';
import { ClientStore } from './client.ts';
import { Ballast } from './ballast.ts';
import { Database, DISK_FULL } from './database.ts';
import { InboxStore } from './inbox.ts';
import { MailThreadStore } from './mailThread.ts';
import { takeLock } from './lock.ts';
import { Intake } from './intake.ts';
import { LogStore, type Batch } from './log.ts';
import { MailboxStore } from './mailbox.ts';
import { MailEventStore } from './mailEvent.ts';
import { OfferStore } from './offers.ts';
import { OutboxStore } from './outbox.ts';
import { PeerNewsStore } from './peerNews.ts';
import { PeerStore } from './peer.ts';
import { PermissionStore } from './permission.ts';
import { ProcessStore } from './process.ts';
import { QueueStore } from './queue.ts';
import { QueueFacts } from './queueFacts.ts';
import { Retention } from './retention.ts';
import { SessionStore, type ChangedSession } from './session.ts';
import { TaskStore } from './task.ts';
import { TokenStore } from './token.ts';

/** What a commit changed, as others need to hear it. */
export interface Committed {
  /** There are new events of mail. */
  readonly mail: boolean;
  readonly batches: readonly Batch[];
  readonly sessions: readonly ChangedSession[];
}

/** Another gateway owns this state folder. */
export class LockedError extends Error {
  override name = 'LockedError';
}

export class Store implements Disposable {
  readonly #db: Database;
  readonly #lock: Disposable;
  readonly #ballast: Ballast;
  readonly sessions: SessionStore;
  readonly queue: QueueStore;
  readonly offers: OfferStore;
  readonly permissions: PermissionStore;
  readonly processes: ProcessStore;
  readonly clients: ClientStore;
  readonly tasks: TaskStore;
  readonly tokens: TokenStore;
  readonly peers: PeerStore;
  readonly peerNews: PeerNewsStore;
  readonly log: LogStore;
  readonly retention: Retention;
  readonly intake: Intake;
  readonly mailboxes: MailboxStore;
  readonly outbox: OutboxStore;
  readonly inbox: InboxStore;
  readonly mailEvents: MailEventStore;
  readonly mailThreads: MailThreadStore;
  #toldMail: number;
  /** Hear of each commit after it is made and before anybody who waits for it does. */
  readonly listeners: ((committed: Committed) => void)[] = [];
  /** Called with what a listener throws: the commit stands, and the others hear of it. */
  onFault: (error: unknown) => void = (error) =>
    process.nextTick(() => {
      throw error;
    });

  private constructor(lock: Disposable, db: Database, ballast: Ballast) {
    this.#lock = lock;
    this.#ballast = ballast;
    this.#db = db;
    const facts = new QueueFacts(db);
    this.mailboxes = new MailboxStore(db);
    this.outbox = new OutboxStore(db);
    this.inbox = new InboxStore(db);
    this.mailEvents = new MailEventStore(db, this.inbox, this.mailboxes);
    this.mailThreads = new MailThreadStore(db, this.outbox);
    this.#toldMail = this.mailEvents.last;
    this.sessions = new SessionStore(db, facts, this.mailboxes);
    this.queue = new QueueStore(db, facts);
    this.offers = new OfferStore(db);
    this.permissions = new PermissionStore(db);
    this.processes = new ProcessStore(db);
    this.clients = new ClientStore(db);
    this.tasks = new TaskStore(db);
    this.tokens = new TokenStore(db);
    this.peers = new PeerStore(db);
    this.peerNews = new PeerNewsStore(db);
    this.log = new LogStore(db, logIdOf(db));
    this.retention = new Retention(db, this.log);
    db.onCommit = () => this.#committed();
    this.intake = new Intake(db, { facts, sessions: this.sessions, queue: this.queue, log: this.log });
    db.beforeUse = () => this.intake.settle();
    db.beforeCommit = () => this.intake.save();
    db.mark = () => {
      const restore = [this.log.mark(), this.intake.mark(), this.retention.mark()];
      return () => {
        for (const undo of restore) undo();
        for (const part of [this.mailboxes, this.outbox, this.inbox, this.mailEvents]) part.forget();
      };
    };
    db.onFull = () => ballast.release();
  }

  /** Throws LockedError while another gateway owns the folder, NewerDatabaseError for a database of the future. */
  static open(folder: string): Store {
    const database = path.join(folder, 'holdfast.db');
    const lockFile = path.join(folder, 'lock.db');
    for (const file of [lockFile, database]) makePrivateFile(file);
    const lock = takeLock(lockFile);
    if (lock === undefined) throw new LockedError(`Another gateway runs in ${folder}.`);
    try {
      return new Store(lock, Database.open(database), new Ballast(folder));
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Throws the problem storage.full while the disk has no room for new work. */
  mustHaveRoom(): void {
    if (this.#ballast.isFull) throw new Problem('storage.full', DISK_FULL);
  }

  /** The disk or the database failed: nothing can be accepted any more. `heard` is told what was met first. */
  onDamage(heard: (cause: unknown) => void): void {
    this.#db.onDamage = heard;
  }

  get isDamaged(): boolean {
    return this.#db.isDamaged;
  }

  /** Where an unreadable database was set aside when this one was opened. */
  get setAside(): string | undefined {
    return this.#db.setAside;
  }

  /** Accepts, answers, state changes: synced to disk when the promise resolves. */
  synced<T>(work: () => T): Promise<T> {
    return this.#db.synced(work);
  }

  /** Agent output: committed when this returns. */
  written<T>(work: () => T): T {
    return this.#db.written(work);
  }

  #committed(): void {
    this.retention.committed();
    const sessions = this.sessions.takeChanged();
    // How busy a session is shows in its mailbox.
    if (sessions.length > 0) this.mailboxes.forget();
    const mail = this.mailEvents.last > this.#toldMail;
    this.#toldMail = this.mailEvents.last;
    const committed = { batches: this.log.takeFresh(), sessions, mail };
    if (committed.batches.length === 0 && sessions.length === 0 && !mail) return;
    for (const listen of this.listeners) {
      try {
        listen(committed);
      } catch (error) {
        this.onFault(error);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#db.flush();
    this.intake[Symbol.dispose]();
    this.#db[Symbol.dispose]();
    this.#lock[Symbol.dispose]();
  }
}

/** SQLite would let everybody read a file that it makes, and gives its journals the mode of the database. */
function makePrivateFile(file: string): void {
  // Never opened through fs when it is there: closing it would drop a lock that is held on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}

/** The log's name, made with the database: a fresh database after a damaged one has other cursors. */
function logIdOf(db: Database): string {
  const stored = db.get(`SELECT value FROM meta WHERE key = 'logId'`)?.['value'];
  if (typeof stored === 'string') return stored;
  const logId = randomBytes(8).toString('hex');
  db.run(`INSERT INTO meta VALUES ('logId', ?)`, logId);
  return logId;
}
