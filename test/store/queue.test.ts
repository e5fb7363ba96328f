// Prompts as rows: accepted once, kept in order, and after a crash either waiting or uncertain.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Problem, PromptId, SessionId, type Event } from '../../gateway/protocol/index.ts';
import {
  admitPrompt,
  changePrompt,
  endTurn,
  recoverSession,
  retryPrompt,
  takePrompt,
} from '../../gateway/store/conversation.ts';
import type { Store } from '../../gateway/store/store.ts';
import { admit, newSession, NOW, openStore, sent, SESSION } from '../support/store.ts';

const statesOf = (store: Store): string[] =>
  store.queue.list(store.sessions.get(SESSION)).map(({ promptId, state }) => `${promptId} ${state}`);

test('the first prompt runs at once and the others wait in the order in which they came', async () => {
  using opened = openStore();
  const { store } = opened;
  await newSession(store);
  const answers = await Promise.all(['a', 'b', 'c'].map((id) => admit(store, id)));
  assert.deepEqual(answers, [
    { state: 'running', position: 0, seq: 1, held: false },
    { state: 'queued', position: 1, seq: 2, held: false },
    { state: 'queued', position: 2, seq: 3, held: false },
  ]);
  assert.deepEqual(statesOf(store), ['a running', 'b queued', 'c queued']);
});

test('a prompt is told its place among all that wait, also when others came another way or have run meanwhile', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const end = (id: string): void => {
    const turn = { promptId: PromptId.parse(id), firstSeq: store.log.firstOfTurn(session) };
    const outcome = { how: 'done', stopReason: 'end_turn', agentSessionId: null } as const;
    store.written(() => endTurn(store, session, turn, outcome, NOW));
    store.written(() => takePrompt(store, SESSION, NOW));
  };
  await admit(store, 'a');
  const expiring = { sessionId: SESSION, ...sent('b'), expiresAt: '2027-01-01T00:00:00.000Z' };
  assert.equal((await store.synced(() => admitPrompt(store, expiring, NOW))).position, 1);
  assert.equal((await admit(store, 'c')).position, 2);
  for (const id of ['a', 'b', 'c']) end(id);
  const { state, position } = await admit(store, 'd');
  assert.deepEqual([state, position], ['running', 0]);
  assert.equal((await admit(store, 'e')).held, false);
  await store.synced(() => store.sessions.change(session, { held: true }));
  assert.equal((await admit(store, 'f')).held, true);
});

test('the same prompt twice is one prompt, also when both come at the same moment', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const [first, second] = await Promise.all([admit(store, 'a'), admit(store, 'a')]);
  assert.deepEqual(second, first);
  assert.deepEqual(await admit(store, 'a'), first);
  assert.deepEqual(statesOf(store), ['a running']);
  assert.equal(store.log.head(session), 1);
});

test('a promptId with other content, or in another session, is a conflict and changes nothing', async () => {
  using opened = openStore();
  const { store } = opened;
  await newSession(store);
  const other = SessionId.parse('other');
  await newSession(store, other);
  await admit(store, 'a');
  const isConflict = (error: unknown): boolean =>
    error instanceof Problem && error.problem === 'prompt.conflict';
  await assert.rejects(admit(store, 'a', 'something else'), isConflict);
  await assert.rejects(
    store.synced(() => admitPrompt(store, { sessionId: other, ...sent('a') }, NOW)),
    isConflict,
  );
  assert.deepEqual(store.queue.list(store.sessions.get(other)), []);
  assert.deepEqual(statesOf(store), ['a running']);
  // Nor can it be stopped, changed or taken out there.
  assert.throws(() => store.queue.get(store.sessions.get(other), PromptId.parse('a')), /has no prompt a\./);
});

test('a prompt that was taken and never handed over is taken again after a crash', async () => {
  const first = openStore();
  await newSession(first.store);
  await admit(first.store, 'a');
  first[Symbol.dispose]();
  using again = openStore(first.folder);
  const { store } = again;
  store.written(() => recoverSession(store, SESSION, NOW));
  const taken = store.written(() => takePrompt(store, SESSION, NOW));
  assert.equal(taken?.promptId, 'a');
  assert.deepEqual(statesOf(store), ['a running']);
});

test('a prompt that the agent may have had is uncertain after a crash, and nothing behind it starts', async () => {
  const first = openStore();
  await newSession(first.store);
  await Promise.all([admit(first.store, 'a'), admit(first.store, 'b')]);
  await first.store.synced(() => first.store.queue.markHanded(PromptId.parse('a')));
  first[Symbol.dispose]();
  using again = openStore(first.folder);
  const { store } = again;
  store.written(() => recoverSession(store, SESSION, NOW));
  assert.equal(
    store.written(() => takePrompt(store, SESSION, NOW)),
    undefined,
  );
  assert.deepEqual(statesOf(store), ['a uncertain', 'b queued']);
  const { held, session } = store.sessions.get(SESSION);
  assert.deepEqual([held, session.uncertain, session.queued], [true, 1, 1]);
});

test('a prompt that the agent may have had is not taken again while its turn runs', async () => {
  using opened = openStore();
  const { store } = opened;
  await newSession(store);
  await admit(store, 'a');
  await store.synced(() => store.queue.markHanded(PromptId.parse('a')));
  assert.equal(
    store.written(() => takePrompt(store, SESSION, NOW)),
    undefined,
  );
});

test('a prompt that is to run again and never reaches the agent simply waits after the next crash', async () => {
  using opened = openStore();
  const { store } = opened;
  await newSession(store);
  const id = PromptId.parse('a');
  await admit(store, id);
  await store.synced(() => store.queue.markHanded(id));
  store.written(() => recoverSession(store, SESSION, NOW));
  await store.synced(() => retryPrompt(store, SESSION, id, NOW));
  store.written(() => takePrompt(store, SESSION, NOW));
  store.written(() => recoverSession(store, SESSION, NOW));
  assert.equal(store.written(() => takePrompt(store, SESSION, NOW))?.promptId, id);
});

test('what a person retries goes before what was sent now meanwhile, and its time to start is over no more', async () => {
  using opened = openStore();
  const { store } = opened;
  await newSession(store);
  const id = PromptId.parse('a');
  const add = (name: string, more: object) =>
    store.synced(() => admitPrompt(store, { sessionId: SESSION, ...sent(name), ...more }, NOW));
  await add('a', { expiresAt: NOW });
  await add('waiting', {});
  await store.synced(() => store.queue.markHanded(id));
  store.written(() => recoverSession(store, SESSION, NOW));
  for (const name of ['b', 'c', 'd']) await add(name, { steer: true });
  await store.synced(() => retryPrompt(store, SESSION, id, NOW));
  assert.equal(store.written(() => takePrompt(store, SESSION, NOW))?.promptId, id);
});

test('a prompt whose time is over when its turn comes is not taken', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  await store.synced(() => store.sessions.change(session, { held: true }));
  const expiring = { sessionId: SESSION, ...sent('a'), expiresAt: '2026-01-01T00:01:00.000Z' };
  await store.synced(() => admitPrompt(store, expiring, NOW));
  await store.synced(() => store.sessions.change(session, { held: false }));
  const later = '2026-01-01T00:02:00.000Z';
  assert.equal(
    store.written(() => takePrompt(store, SESSION, later)),
    undefined,
  );
  assert.deepEqual(statesOf(store), []);
});

test('what an agent calls its conversation at the end of a turn is kept, and what it has said of its context is told', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  await admit(store, 'a');
  const usage = { used: 10, size: 100 };
  await store.synced(() => store.sessions.change(session, { usage }));
  const turn = { promptId: PromptId.parse('a'), firstSeq: 1 };
  const outcome = { how: 'done', stopReason: 'end_turn', agentSessionId: 'after /clear' } as const;
  store.written(() => endTurn(store, session, turn, outcome, NOW));
  assert.equal(store.sessions.get(SESSION).session.agentSessionId, 'after /clear');
  const told = store.log.read(session, 0, 100).texts.map((text) => JSON.parse(text) as Event);
  const result = told.find((event) => event.type === 'result');
  assert.deepEqual([result?.session_id, result?.usage], ['after /clear', usage]);
});

test('of a queue without end as much is listed as fits, and all of it is counted', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const text = 'x'.repeat(900_000);
  for (let id = 0; id < 12; id += 1) await admit(store, `p${id}`, text);
  assert.deepEqual([store.queue.list(session).length, store.queue.live(session).length], [10, 12]);
  assert.equal(store.sessions.get(SESSION).session.queued, 11);
});

test('recovering twice is the same as once', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  await admit(store, 'a');
  await store.synced(() => store.queue.markHanded(PromptId.parse('a')));
  store.written(() => recoverSession(store, SESSION, NOW));
  const head = store.log.head(session);
  store.written(() => recoverSession(store, SESSION, NOW));
  assert.equal(store.log.head(session), head);
});

test('a turn that fails holds the queue when somebody waits in it, and not when nobody does', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const fail = (id: string): void =>
    store.written(() =>
      endTurn(
        store,
        session,
        { promptId: PromptId.parse(id), firstSeq: 1 },
        { how: 'failed', code: 'agent.failed', message: 'no' },
        NOW,
      ),
    );
  await admit(store, 'a');
  fail('a');
  assert.equal(store.sessions.get(SESSION).held, false);
  await Promise.all([admit(store, 'b'), admit(store, 'c')]);
  fail('b');
  assert.equal(store.sessions.get(SESSION).held, true);
});

test('a prompt whose row a disk has bent holds up nobody', async () => {
  const first = openStore();
  await newSession(first.store);
  for (const id of ['a', 'b']) await admit(first.store, id);
  await first.store.synced(() =>
    changePrompt(first.store, SESSION, PromptId.parse('b'), { message: 'B' }, NOW),
  );
  await admit(first.store, 'c');
  first[Symbol.dispose]();
  const raw = new DatabaseSync(path.join(first.folder, 'holdfast.db'));
  raw.exec(`UPDATE prompt SET message = replace(message, '"B"', '"B')`);
  raw.close();
  using again = openStore(first.folder);
  const { store } = again;
  assert.deepEqual(statesOf(store), ['a running', 'b queued', 'c queued']);
  assert.deepEqual(
    store.queue.list(store.sessions.get(SESSION)).map(({ isDamaged }) => isDamaged),
    [false, true, false],
  );
});

test('a title that a person gave stays, whatever the agent or a prompt would call the session', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const titled = (title: string, by: 'agent' | 'person'): string => {
    store.written(() => store.sessions.setTitle(session, title, by));
    return store.sessions.get(SESSION).session.title;
  };
  await admit(store, 'a');
  assert.equal(store.sessions.get(SESSION).session.title, 'text of a');
  assert.equal(titled('of the agent', 'agent'), 'of the agent');
  assert.equal(titled('mine', 'person'), 'mine');
  assert.equal(titled('of the agent', 'agent'), 'mine');
  await admit(store, 'b');
  assert.equal(store.sessions.get(SESSION).session.title, 'mine');
  assert.equal(titled('mine, too', 'person'), 'mine, too');
});

test('destroying a session takes its prompts along', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  await admit(store, 'a');
  store.written(() => store.sessions.remove(session));
  const { session: fresh } = await newSession(store);
  assert.deepEqual([statesOf(store), fresh.unread], [[], false]);
  // Their ids, too.
  assert.equal((await admit(store, 'a')).state, 'running');
});

test('a prompt that waits gets the place that it is given, however often places were changed', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  for (const id of ['running', 'a', 'b', 'c']) await admit(store, id);
  for (let count = 0; count < 200; count += 1) {
    const moved = count % 2 === 0 ? 'c' : 'b';
    store.written(() => store.queue.move(session, PromptId.parse(moved), 1));
    const [, , second] = statesOf(store);
    assert.equal(second, `${moved} queued`, `after ${count} changes`);
  }
  await admit(store, 'last');
  assert.equal(statesOf(store).at(-1), 'last queued');
  for (const [moved, position] of [
    ['a', 3],
    ['last', 1],
  ] as const)
    store.written(() => store.queue.move(session, PromptId.parse(moved), position));
  assert.deepEqual(statesOf(store), ['running running', 'b queued', 'last queued', 'c queued', 'a queued']);
});
