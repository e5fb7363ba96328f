// Prompts that have to wait take the quick way in: one row for all that came together, put in their places a moment later.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { LIMITS, MessageId, Problem, PromptId } from '../../gateway/protocol/index.ts';
import { admitPrompt, changePrompt } from '../../gateway/store/conversation.ts';
import { Database, DISK_FULL } from '../../gateway/store/database.ts';
import { SPAN } from '../../gateway/store/log.ts';
import { mustHaveRoom } from '../../gateway/store/queueFacts.ts';
import type { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { admit, delta, newSession, NOW, openStore, promptEvent, sent, SESSION } from '../support/store.ts';
import { waitFor } from '../support/waitFor.ts';

const listed = (store: Store): string[] =>
  store.queue
    .list(store.sessions.get(SESSION))
    .map(
      ({ promptId, seq, message }) =>
        `${promptId} ${seq} ${typeof message === 'string' ? message : 'blocks'}`,
    );

const logged = (store: Store): string[] =>
  store.log
    .read(store.sessions.get(SESSION), 0, 100)
    .texts.map(
      (text) => /"seq":(\d+).*"promptId":"(\w+)","position":(\d+)/.exec(text)?.slice(1).join(' ') ?? text,
    );

/** A store whose queue is held, so that every prompt waits. */
async function openHeld() {
  const opened = openStore();
  const session = await newSession(opened.store);
  await opened.store.synced(() => opened.store.sessions.change(session, { held: true }));
  return opened;
}

/** The files as kill -9 leaves them. */
function killed(folder: string): string {
  const copy = newFolder('killed');
  for (const name of ['holdfast.db', 'holdfast.db-wal'])
    copyFileSync(path.join(folder, name), path.join(copy, name));
  return copy;
}

test('a queue takes so many prompts and so much text, and accepts again what it has', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const session = store.sessions.get(SESSION);
  const { queuedPrompts, queuedBytes } = LIMITS;
  // Without the events that say what they are.
  const waiting = Array.from({ length: queuedPrompts - 1 }, (_, n) => ({
    id: session.key * SPAN + queuedPrompts + n,
    promptId: PromptId.parse(`before${n}`),
  }));
  store.written(() => store.queue.addQueued(waiting));
  assert.equal((await admit(store, 'last')).position, queuedPrompts);
  const bytes = store.log.read(session, 0, 1).texts[0]?.length;
  const isFull = (error: unknown): boolean =>
    error instanceof Problem && error.problem === 'queue.full' && error.data['bytes'] === bytes;
  await assert.rejects(admit(store, 'more'), isFull);
  // Counted anew.
  await store.synced(() => store.sessions.change(session, { held: true }));
  await assert.rejects(admit(store, 'more'), isFull);
  const now = { sessionId: SESSION, ...sent('now'), steer: true };
  await assert.rejects(
    store.synced(() => admitPrompt(store, now, NOW)),
    isFull,
  );
  assert.equal((await admit(store, 'last')).state, 'queued');

  const fact = { ...session, isRunning: false, waiting: 1 };
  mustHaveRoom({ ...fact, bytes: queuedBytes - 1 });
  assert.throws(() => mustHaveRoom({ ...fact, bytes: queuedBytes }), { problem: 'queue.full' });
});

test('whoever looks finds each prompt in queue and log, numbered in the order in which they came', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const answers = await Promise.all(['a', 'b', 'c'].map((id) => admit(store, id)));
  assert.deepEqual(answers, [
    { state: 'queued', position: 1, seq: 1, held: true },
    { state: 'queued', position: 2, seq: 2, held: true },
    { state: 'queued', position: 3, seq: 3, held: true },
  ]);
  assert.deepEqual(listed(store), ['a 1 text of a', 'b 2 text of b', 'c 3 text of c']);
  assert.deepEqual(logged(store), ['1 a 1', '2 b 2', '3 c 3']);
  const { session } = store.sessions.get(SESSION);
  assert.deepEqual([session.queued, session.title, session.lastActivityAt], [3, 'text of a', NOW]);
});

test('a prompt that somebody else wrote still says so when it has waited', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const origin = {
    messageId: MessageId.parse('m1'),
    from: 'ci',
    provenance: { via: 'http', hops: 0 },
  } as const;
  await store.synced(() => admitPrompt(store, { sessionId: SESSION, ...sent('a'), origin }, NOW));
  const [prompt] = store.queue.list(store.sessions.get(SESSION));
  assert.deepEqual(prompt?.origin, origin);
});

test('what was acknowledged is there after kill -9, in place or not, once', async () => {
  using opened = await openHeld();
  await Promise.all(['a', 'b'].map((id) => admit(opened.store, id)));
  const before = killed(opened.folder);
  assert.equal(listed(opened.store).length, 2);
  const after = killed(opened.folder);
  for (const folder of [before, after]) {
    using again = openStore(folder);
    assert.deepEqual(listed(again.store), ['a 1 text of a', 'b 2 text of b']);
    assert.deepEqual(logged(again.store), ['1 a 1', '2 b 2']);
    assert.equal((await admit(again.store, 'c')).seq, 3);
  }
});

test('sending again finds a prompt that is not in place yet, and other content is a conflict', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const [first, again, other] = await Promise.allSettled([
    admit(store, 'a'),
    admit(store, 'a'),
    admit(store, 'a', 'something else'),
  ]);
  assert.ok(first.status === 'fulfilled' && again.status === 'fulfilled' && other.status === 'rejected');
  assert.deepEqual(again.value, first.value);
  assert.ok(other.reason instanceof Problem && other.reason.problem === 'prompt.conflict');
  assert.deepEqual(logged(store), ['1 a 1']);
});

test('work that looks and is then undone leaves what came before it on its way, and not lost', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const all = await Promise.allSettled([
    admit(store, 'a'),
    store.synced(() => {
      assert.deepEqual(listed(store), ['a 1 text of a']);
      throw new Error('undone');
    }),
    admit(store, 'b'),
  ]);
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.ok(all[1].status === 'rejected' && String(all[1].reason).includes('undone'));
  assert.deepEqual(listed(store), ['a 1 text of a', 'b 2 text of b']);
  assert.deepEqual(logged(store), ['1 a 1', '2 b 2']);
});

test('a moment later everything is in place and watchers hear of it once, with nobody looking', async () => {
  using opened = await openHeld();
  const { store } = opened;
  const heard: (number | undefined)[] = [];
  store.listeners.push(({ sessions }) => heard.push(...sessions.map(({ read }) => read()?.queued)));
  await Promise.all(['a', 'b', 'c'].map((id) => admit(store, id)));
  assert.deepEqual(heard, []);
  await waitFor('the watchers to hear', () => heard.length > 0);
  assert.deepEqual(heard, [3]);
});

test('a prompt that waits says the same when its event has left the log, and is still the one that was sent', async () => {
  using opened = await openHeld();
  const { store } = opened;
  await Promise.all(['a', 'b', 'c'].map((id) => admit(store, id)));
  const session = store.sessions.get(SESSION);
  const waiting = store.queue.list(session);
  assert.deepEqual(
    waiting.map(({ from, createdAt }) => [from.name, createdAt]),
    waiting.map(() => ['a test', NOW]),
  );
  await store.synced(() =>
    changePrompt(store, SESSION, PromptId.parse('b'), { message: 'another text' }, NOW),
  );
  store.retention.bounds = { maxEvents: 1, maxBytes: Infinity, maxAgeDays: null };
  store.written(() => {
    store.log.append(session, NOW, [promptEvent('x'), promptEvent('y')]);
    store.retention.apply(session, 1, { events: 2, bytes: 0 }, NOW);
  });
  assert.deepEqual(
    store.log.read(session, 0, 100).texts.map((text) => /"type":"(\w+)"/.exec(text)?.[1]),
    ['gap', 'prompt'],
  );
  const [a, b, c] = waiting;
  assert.deepEqual(store.queue.list(session), [a, { ...b, message: 'another text' }, c]);
  for (const id of ['a', 'b', 'c']) {
    assert.equal((await admit(store, id)).state, 'queued');
    await assert.rejects(admit(store, id, 'something else'), /used before with other content/);
  }
});

test('a prompt that waits outlives the beginning of a turn that is longer than a log may be', async () => {
  using opened = await openHeld();
  const { store } = opened;
  await Promise.all(['a', 'b'].map((id) => admit(store, id)));
  const waiting = listed(store);
  assert.equal(waiting.length, 2);
  const session = store.sessions.get(SESSION);
  store.retention.bounds = { maxEvents: Infinity, maxBytes: 100, maxAgeDays: null };
  store.written(() => {
    const before = store.log.head(session);
    const bytes = store.log.append(session, NOW, [delta(0, 'x'.repeat(200))]);
    store.retention.grown(session, { before, bytes }, NOW);
  });
  assert.match(store.log.read(session, 0, 1).texts[0] ?? '', /"type":"gap"/);
  assert.deepEqual(listed(store), waiting);
});

test('a prompt whose event a disk has bent says so, and holds up nobody', async () => {
  using opened = await openHeld();
  const { store } = opened;
  await Promise.all(['a', 'b'].map((id) => admit(store, id)));
  assert.equal(listed(store).length, 2);
  const folder = killed(opened.folder);
  const raw = new DatabaseSync(path.join(folder, 'holdfast.db'));
  raw.exec(`UPDATE event SET json = replace(json, 'text of a', 'texd of a')`);
  raw.close();
  using again = openStore(folder);
  const [bent, sound] = listed(again.store);
  assert.match(bent ?? '', /^a 1 \(A disk has damaged this prompt/);
  assert.equal(sound, 'b 2 text of b');
  const session = again.store.sessions.get(SESSION);
  again.store.retention.bounds = { maxEvents: 1, maxBytes: Infinity, maxAgeDays: null };
  again.store.written(() => {
    again.store.log.append(session, NOW, [promptEvent('x'), promptEvent('y')]);
    again.store.retention.apply(session, 1, { events: 2, bytes: 0 }, NOW);
  });
  assert.deepEqual(listed(again.store), [bent, sound]);
  assert.deepEqual(
    again.store.queue.list(session).map(({ isDamaged }) => isDamaged),
    [true, false],
  );
});

test('what is undone leaves no memory of how a queue stood meanwhile', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  await admit(store, 'a');
  await store.synced(() => store.queue.step(session, PromptId.parse('a'), 'finish'));
  const undone = (): void =>
    store.written(() => {
      store.sessions.change(session, { held: true });
      admitPrompt(store, { sessionId: SESSION, ...sent('a') }, NOW);
      throw new Error('not this one');
    });
  assert.throws(undone, /not this one/);
  assert.equal((await admit(store, 'b')).state, 'running');
});

test('after a gateway that ends on a full disk nobody puts its prompts in their places before its next start', async (t) => {
  const opened = await openHeld();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const full = t.mock.method(Database.prototype, 'tidied', () => {
    throw new Problem('storage.full', DISK_FULL);
  });
  await admit(opened.store, 'a');
  opened[Symbol.dispose]();
  const tried = full.mock.callCount();
  t.mock.timers.tick(1_000);
  assert.equal(full.mock.callCount(), tried);
  full.mock.restore();
  using again = openStore(opened.folder);
  assert.deepEqual(listed(again.store), ['a 1 text of a']);
});

test('what the disk has bent on its way is counted, and the others come into their places', async () => {
  const opened = await openHeld();
  await admit(opened.store, 'a');
  const folder = killed(opened.folder);
  opened[Symbol.dispose]();
  const raw = new DatabaseSync(path.join(folder, 'holdfast.db'));
  raw.exec(`INSERT INTO accepted (texts) VALUES ('{"seq":2,'), ('{"seq":3,"type":"queued"}')`);
  raw.close();
  using again = openStore(folder);
  assert.deepEqual(listed(again.store), ['a 1 text of a']);
  assert.equal(again.store.intake.damaged, 2);
});

test('while the disk has no room to put them in their places, nothing starts and none is forgotten', async (t) => {
  using opened = await openHeld();
  await Promise.all(['a', 'b'].map((id) => admit(opened.store, id)));
  const folder = killed(opened.folder);
  const full = t.mock.method(Database.prototype, 'tidied', () => {
    throw new Problem('storage.full', DISK_FULL);
  });
  assert.throws(
    () => openStore(folder),
    (error) => error instanceof Problem && error.problem === 'storage.full',
  );
  full.mock.restore();
  using again = openStore(killed(folder));
  assert.deepEqual(listed(again.store), ['a 1 text of a', 'b 2 text of b']);
});
