// Opening a database: a newer one is refused and left alone, a broken one set aside whole, an old one migrated.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { NewerDatabaseError } from '../../gateway/store/database.ts';
import { admitPrompt } from '../../gateway/store/conversation.ts';
import { migrate } from '../../gateway/store/migrate.ts';
import { MIGRATIONS } from '../../gateway/store/schema.ts';
import { delta, newSession, NOW, openStore, promptEvent, sent, SESSION } from '../support/store.ts';

/** A database of a few hundred pages, closed cleanly or as after kill -9. */
async function makeDatabase({ clean }: { clean: boolean }): Promise<{ folder: string; file: string }> {
  const { folder, store, ...opened } = openStore();
  const session = await newSession(store);
  for (let turn = 0; turn < 60; turn += 1) {
    const text = `${turn} `.repeat(1000);
    store.written(() =>
      store.log.append(session, NOW, [promptEvent(`p${turn}`), delta(0, text, `m${turn}`)]),
    );
  }
  opened[Symbol.dispose]();
  const file = path.join(folder, 'holdfast.db');
  if (!clean) edit(file, `UPDATE meta SET value = '0' WHERE key = 'clean'`);
  return { folder, file };
}

function edit(file: string, sql: string): void {
  const raw = new DatabaseSync(file);
  raw.exec(sql);
  raw.close();
}

function versionOf(file: string): unknown {
  const raw = new DatabaseSync(file, { readOnly: true });
  const row = raw.prepare('PRAGMA user_version').get();
  raw.close();
  return row?.['user_version'];
}

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test('a database of a newer version is refused with words, and not one byte of it changes', async () => {
  const { folder, file } = await makeDatabase({ clean: true });
  edit(file, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  const before = hashOf(file);
  assert.throws(
    () => openStore(folder),
    (error: unknown) =>
      error instanceof NewerDatabaseError && /newer Holdfast.*Update Holdfast/s.test(error.message),
  );
  assert.equal(hashOf(file), before);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('corrupt')),
    [],
  );
});

test('a newer database that was killed keeps its write-ahead log too', async () => {
  const { folder, file } = await makeDatabase({ clean: true });
  // As kill -9 leaves it: the newest pages are in the -wal file only.
  const raw = new DatabaseSync(file);
  raw.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99`);
  const [database, wal] = [readFileSync(file), readFileSync(`${file}-wal`)];
  raw.close();
  writeFileSync(file, database);
  writeFileSync(`${file}-wal`, wal);
  assert.throws(() => openStore(folder), NewerDatabaseError);
  assert.equal(hashOf(file), createHash('sha256').update(database).digest('hex'));
  assert.equal(hashOf(`${file}-wal`), createHash('sha256').update(wal).digest('hex'));
});

const damages: readonly [string, (file: string) => void][] = [
  ['random bytes', (file) => writeFileSync(file, randomBytes(50_000))],
  ['text', (file) => writeFileSync(file, 'this is no database\n'.repeat(1000))],
  ['a file cut in half', (file) => truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096)],
  ['a file cut after its header', (file) => truncateSync(file, 100)],
  ['a header with a flipped byte', (file) => flip(file, 3)],
  ['a schema page with flipped bytes', (file) => flip(file, 105, 8)],
];
const cut: (typeof damages)[number] = [
  'a file cut within its last page',
  (file) => truncateSync(file, statSync(file).size - 1000),
];
const zeroed: (typeof damages)[number] = ['a page of zeros', (file) => zero(file, 4096 * 3, 4096)];

// A clean end leaves a file whose length is known; only after any other is every page looked at.
const table = [
  ...damages.flatMap((damage) => [true, false].map((clean) => ({ damage, clean }))),
  { damage: cut, clean: true },
  { damage: zeroed, clean: false },
];

for (const { damage, clean } of table) {
  const [name, apply] = damage;
  const end = clean ? 'a clean end' : 'kill -9';
  test(`${name} instead of a database, after ${end}, is set aside whole and a fresh one begun`, async () => {
    const { folder, file } = await makeDatabase({ clean });
    apply(file);
    const damaged = hashOf(file);
    using opened = openStore(folder);
    const aside = opened.store.setAside;
    assert.ok(aside !== undefined, 'it was taken for sound');
    assert.equal(hashOf(aside), damaged);
    const session = await newSession(opened.store);
    assert.equal(opened.store.log.head(session), 0);
  });
}

test('a fresh database after a damaged one has another log, so that no old cursor fits; its write-ahead log goes with it', async () => {
  const { folder, file } = await makeDatabase({ clean: true });
  const before = openStore(folder);
  const { logId } = before.store.log;
  before[Symbol.dispose]();
  // As kill -9 leaves it.
  const raw = new DatabaseSync(file);
  raw.exec(`PRAGMA journal_mode = WAL; UPDATE meta SET value = '0' WHERE key = 'clean'`);
  const wal = readFileSync(`${file}-wal`);
  raw.close();
  writeFileSync(file, randomBytes(4096));
  writeFileSync(`${file}-wal`, wal);
  using opened = openStore(folder);
  assert.notEqual(opened.store.log.logId, logId);
  assert.deepEqual(readFileSync(`${opened.store.setAside}-wal`), wal);
});

test('the state files are for their owner only', async () => {
  const { folder } = await makeDatabase({ clean: true });
  for (const name of readdirSync(folder)) {
    assert.equal(statSync(path.join(folder, name)).mode & 0o077, 0, name);
  }
});

test('a database of every earlier version is brought to this one, with what it holds', () => {
  for (const [version] of MIGRATIONS.entries()) {
    const first = openStore();
    first[Symbol.dispose]();
    const { folder } = first;
    const file = path.join(folder, `version${version}.db`);
    const raw = new DatabaseSync(file);
    migrate(raw, 0, MIGRATIONS.slice(0, version));
    raw.close();
    writeFileSync(path.join(folder, 'holdfast.db'), readFileSync(file));
    using opened = openStore(folder);
    assert.equal(opened.store.setAside, undefined);
    assert.deepEqual(opened.store.sessions.list(), []);
    const copy = path.join(folder, `holdfast.db.before-schema-${MIGRATIONS.length}`);
    assert.equal(existsSync(copy), version > 0, 'a copy as it was, for who wants to go back');
    if (version > 0) assert.equal(versionOf(copy), version);
  }
});

test('what earlier versions did not index, or not in a way in which it is found, is found', () => {
  const step = MIGRATIONS.findIndex((sql) => sql.includes('unfound_words'));
  using db = new DatabaseSync(':memory:');
  migrate(db, 0, MIGRATIONS.slice(0, step));
  const event = db.prepare('INSERT INTO event VALUES (?, ?, ?, 0)');
  const answer = (id: number, content: string): void =>
    void event.run(id, 'text', JSON.stringify({ type: 'text', messageId: 'm', content }));
  answer(1, 'in one piece');
  answer(2, '我喜欢猫');
  event.run(3, 'text', '{"type": "text", "damaged');
  event.run(4, 'status', '{"type":"status","status":"idle"}');
  answer(5, 'as ever');
  const index = db.prepare('INSERT INTO search (rowid, text) VALUES (?, ?)');
  for (const [id, text] of [
    [2, '我喜欢猫'],
    [5, 'as ever'],
  ] as const)
    index.run(id, text);
  migrate(db, step, MIGRATIONS.slice(0, step + 1));
  const found = (words: string): unknown[] =>
    db
      .prepare('SELECT rowid FROM search WHERE search MATCH ?')
      .all(`"${words}"`)
      .map((row) => row['rowid']);
  assert.deepEqual(
    [found('one piece'), found('喜 欢'), found('as ever'), found('damaged')],
    [[1], [2], [5], []],
  );
});

test('prompts of an earlier version wait in the same order, behind them the next one', async () => {
  const { folder, ...first } = openStore();
  first[Symbol.dispose]();
  const file = path.join(folder, 'old.db');
  const raw = new DatabaseSync(file);
  for (const step of MIGRATIONS.slice(0, 2)) raw.exec(step);
  raw.exec(`PRAGMA user_version = 2`);
  raw.exec(`INSERT INTO session (key, session_id, agent, path, title, titled_by, mode, status, held, created_at, last_activity_at)
    VALUES (7, 's1', 'demo', '/tmp', 'old', 'prompt', 'ask', 'stopped', 1, '${NOW}', '${NOW}')`);
  for (const [index, [id, place]] of Object.entries({ second: 2, first: 0.5, third: 3 }).entries()) {
    raw.exec(`INSERT INTO prompt (prompt_id, session_key, place, state, digest, message, sender, created_at)
      VALUES ('${id}', 7, ${place}, 'queued', 'd', '"text"', '{"clientId":"c1","name":"a test"}', '${NOW}')`);
    raw.exec(`INSERT INTO event VALUES (${7 * 2 ** 32 + index + 1}, 'queued', '{}', 0)`);
  }
  raw.close();
  writeFileSync(path.join(folder, 'holdfast.db'), readFileSync(file));
  using opened = openStore(folder);
  const { store } = opened;
  await store.synced(() => admitPrompt(store, { sessionId: SESSION, ...sent('fourth') }, NOW));
  const queue = store.queue.list(store.sessions.get(SESSION));
  assert.deepEqual(
    queue.map(({ promptId }) => promptId),
    ['first', 'second', 'third', 'fourth'],
  );
  const mailboxes = store.mailboxes.list().map(({ name, kind, sessionId }) => [name, kind, sessionId]);
  assert.deepEqual(
    mailboxes,
    [
      ['demo-0007', 'session', SESSION],
      ['person', 'person', undefined],
    ],
    'a session from before there was mail has a mailbox, too',
  );
});

/** Turns every bit of so many bytes. */
function flip(file: string, at: number, count = 1): void {
  const bytes = readFileSync(file);
  for (let index = at; index < at + count; index += 1) bytes[index] = (bytes[index] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

function zero(file: string, from: number, length: number): void {
  writeFileSync(file, readFileSync(file).fill(0, from, from + length));
}

test('a migration that fails half-way is undone whole; the steps before it stay, and it can be tried again', () => {
  using db = new DatabaseSync(':memory:');
  const steps = ['CREATE TABLE one (x)', 'CREATE TABLE two (x); INSERT INTO nowhere VALUES (1)'];
  assert.throws(() => migrate(db, 0, steps), /nowhere/);
  const tables = (): unknown[] =>
    db
      .prepare('SELECT name FROM sqlite_schema ORDER BY name')
      .all()
      .map(({ name }) => name);
  assert.deepEqual([tables(), db.prepare('PRAGMA user_version').get()?.['user_version']], [['one'], 1]);
  migrate(db, 1, [steps[0] ?? '', 'CREATE TABLE two (x)']);
  assert.deepEqual(tables(), ['one', 'two']);
});
