// The two ways to write: what is acknowledged is one synced group, and what fails undoes only itself.
import assert from 'node:assert/strict';
import path from 'node:path';
import { constants, DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MailboxName } from '../../gateway/protocol/index.ts';
import { Database } from '../../gateway/store/database.ts';
import { newFolder } from '../support/folders.ts';
import { newSession, NOW, openStore, promptEvent } from '../support/store.ts';

function openDatabase(): Disposable & { db: Database; commits: () => number } {
  const db = Database.open(path.join(newFolder('database'), 'holdfast.db'));
  let commits = 0;
  db.onCommit = () => {
    commits += 1;
  };
  return { db, commits: () => commits, [Symbol.dispose]: () => db[Symbol.dispose]() };
}

const put = (db: Database, key: string): void => {
  db.run('INSERT INTO meta VALUES (?, ?)', key, 'x');
};
const has = (db: Database, key: string): boolean =>
  db.get('SELECT 1 FROM meta WHERE key = ?', key) !== undefined;

test('writes that are asked for at the same time share one transaction and one sync', async () => {
  using opened = openDatabase();
  const { db, commits } = opened;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      db.synced(() => {
        put(db, `key ${index}`);
        return index;
      }),
    ),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => index),
  );
  assert.equal(commits(), 1);
});

test('a write that throws is undone and rejects; the others of its group are kept', async () => {
  using opened = openDatabase();
  const { db } = opened;
  const [first, second, third] = await Promise.allSettled([
    db.synced(() => put(db, 'first')),
    db.synced(() => {
      put(db, 'second');
      throw new Error('not this one');
    }),
    db.synced(() => put(db, 'third')),
  ]);
  assert.equal(first.status, 'fulfilled');
  assert.ok(second.status === 'rejected');
  assert.match(String(second.reason), /not this one/);
  assert.equal(third.status, 'fulfilled');
  assert.deepEqual(
    ['first', 'second', 'third'].map((key) => has(db, key)),
    [true, false, true],
  );
});

test('others of a group, whose work is done a second time when one fails, are kept once', async (t) => {
  using opened = openDatabase();
  const { db, commits } = opened;
  const told = t.mock.method(DatabaseSync.prototype, 'exec');
  const done: string[] = [];
  const work = (key: string, fails = false): Promise<void> =>
    db.synced(() => {
      done.push(key);
      put(db, key);
      if (fails) throw new Error('not this one');
    });
  const results = await Promise.allSettled([work('first'), work('second', true), work('third')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(done, ['first', 'second', 'first', 'second', 'third']);
  assert.deepEqual(
    ['first', 'second', 'third'].map((key) => has(db, key)),
    [true, false, true],
  );
  assert.equal(commits(), 1);
  // The second time, too, it is synced before anybody hears of it.
  const settings = told.mock.calls.map(({ arguments: [sql] }) => sql);
  assert.deepEqual(
    settings.filter((sql) => sql.includes('synchronous')),
    ['PRAGMA synchronous = FULL'],
  );
});

test('work that is refused before it writes makes nobody else begin again', async () => {
  using opened = openDatabase();
  const { db } = opened;
  const done: string[] = [];
  const results = await Promise.allSettled([
    db.synced(() => {
      done.push('first');
      put(db, 'first');
    }),
    db.synced(() => {
      done.push('second');
      if (has(db, 'first')) throw new Error('not this one');
    }),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.deepEqual(done, ['first', 'second']);
  assert.ok(has(db, 'first'));
});

test('a statement with a limit is compiled once, however often it is used', (t) => {
  const compile = t.mock.method(DatabaseSync.prototype, 'prepare');
  using opened = openDatabase();
  const { db } = opened;
  const read = (): unknown => db.all('SELECT key FROM meta WHERE key > ? LIMIT ?', '', 5);
  read();
  // SQLite asks this for each column whenever it compiles a statement that reads one.
  let asked = 0;
  const [call] = compile.mock.calls;
  assert.ok(call?.this instanceof DatabaseSync);
  call.this.setAuthorizer(() => {
    asked += 1;
    return constants.SQLITE_OK;
  });
  // Setting that lets all statements be compiled once more.
  read();
  const first = asked;
  assert.ok(first > 0);
  for (let again = 0; again < 10; again += 1) read();
  assert.equal(asked, first);
});

test('agent output that comes while accepts wait is written after them', async () => {
  using opened = openDatabase();
  const { db, commits } = opened;
  const order: string[] = [];
  const accepted = db.synced(() => order.push('accept'));
  db.written(() => order.push('output'));
  await accepted;
  assert.deepEqual(order, ['accept', 'output']);
  assert.equal(commits(), 2);
});

test('a written transaction that throws leaves nothing behind, and the next one works', () => {
  using opened = openDatabase();
  const { db } = opened;
  assert.throws(
    () =>
      db.written(() => {
        put(db, 'lost');
        throw new Error('no');
      }),
    /no/,
  );
  db.written(() => put(db, 'kept'));
  assert.deepEqual([has(db, 'lost'), has(db, 'kept')], [false, true]);
});

test('what waits to be synced is on disk after the end', async () => {
  const folder = newFolder('database');
  const file = path.join(folder, 'holdfast.db');
  const db = Database.open(file);
  const accepted = db.synced(() => put(db, 'last moment'));
  db[Symbol.dispose]();
  db[Symbol.dispose]();
  await accepted;
  using again = Database.open(file);
  assert.ok(has(again, 'last moment'));
});

test('a write that is undone leaves no trace in what is numbered, published or listed', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const published: string[] = [];
  store.listeners.push(({ batches }) => published.push(...batches.flatMap(({ texts }) => texts)));
  const results = await Promise.allSettled([
    store.synced(() => store.log.append(session, NOW, [promptEvent('p1')])),
    store.synced(() => {
      store.log.append(session, NOW, [promptEvent('p2'), promptEvent('p3')]);
      store.mailboxes.insert(MailboxName.parse('ghost'), 'accept', [], NOW);
      store.mailEvents.append('system', NOW, {});
      throw new Error('undone');
    }),
    store.synced(() => store.log.append(session, NOW, [promptEvent('p4')])),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal(store.log.head(session), 2);
  assert.equal(store.mailboxes.find('ghost'), undefined);
  assert.equal(store.mailEvents.last, store.mailEvents.read(0).length);
  const seqs = (texts: readonly string[]): string[] =>
    texts.map((text) => /"seq":(\d+).*"promptId":"(p\d)"/.exec(text)?.slice(1).join(' ') ?? text);
  assert.deepEqual(seqs(published), ['1 p1', '2 p4']);
  assert.deepEqual(seqs(store.log.read(session, 0, 10).texts), ['1 p1', '2 p4']);
});

test('a listener that fails takes nobody his acknowledgement, and the others hear all the same', async () => {
  using opened = openStore();
  const { store } = opened;
  const faults: unknown[] = [];
  let heard = 0;
  store.onFault = (error) => faults.push(error);
  store.listeners.push(
    () => {
      throw new Error('a bug');
    },
    () => (heard += 1),
  );
  const session = await newSession(store);
  await store.synced(() => store.log.append(session, NOW, [promptEvent('p1')]));
  store.written(() => store.log.append(session, NOW, [promptEvent('p2')]));
  assert.equal(store.log.head(session), 2);
  assert.deepEqual([faults.map(String), heard], [Array.from({ length: 3 }, () => 'Error: a bug'), 3]);
});

test('a whole transaction that fails gives its numbers back', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  assert.throws(
    () =>
      store.written(() => {
        store.log.append(session, NOW, [promptEvent('p1')]);
        throw new Error('undone');
      }),
    /undone/,
  );
  assert.equal(store.log.head(session), 0);
  store.written(() => store.log.append(session, NOW, [promptEvent('p2')]));
  assert.equal(store.log.head(session), 1);
  assert.equal(store.log.read(session, 0, 10).texts.length, 1);
});
