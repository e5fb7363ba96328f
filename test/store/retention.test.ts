// What is kept of a session is counted as it was written, whatever was tried in vain before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorAt } from '../../gateway/core/log.ts';
import type { Store } from '../../gateway/store/store.ts';
import type { StoredSession } from '../../gateway/store/session.ts';
import { delta, newSession, NOW, openStore, promptEvent } from '../support/store.ts';

/** Inside a transaction. */
function endTurn(store: Store, session: StoredSession, id: string, at = NOW): void {
  const first = store.log.head(session) + 1;
  store.log.append(session, at, [promptEvent(id), delta(0, `answer to ${id}`, id)]);
  store.retention.apply(session, first, store.log.compactFrom(session, first), at);
}

const kept = (store: Store, session: StoredSession): string[] =>
  store.log
    .read(session, 0, 100)
    .texts.map((text) => /"type":"gap"|"promptId":"(\w+)"/.exec(text))
    .filter((found) => found !== null)
    .map((found) => found[1] ?? 'gap');

test('the end of a turn that is tried again until the disk has room counts once', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  store.retention.bounds = { maxEvents: 7, maxBytes: Infinity, maxAgeDays: null };
  store.written(() => endTurn(store, session, 'a'));
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const full = (): void =>
      store.written(() => {
        endTurn(store, session, 'b');
        throw new Error('the disk is full');
      });
    assert.throws(full, /the disk is full/);
  }
  store.written(() => endTurn(store, session, 'b'));
  store.written(() => endTurn(store, session, 'c'));
  assert.deepEqual(kept(store, session), ['a', 'b', 'c']);
  store.written(() => endTurn(store, session, 'd'));
  assert.deepEqual(kept(store, session), ['gap', 'b', 'c', 'd']);
});

test('what happens between turns counts, too', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  store.retention.bounds = { maxEvents: 9, maxBytes: Infinity, maxAgeDays: null };
  for (const id of ['a', 'b', 'c']) {
    store.written(() => endTurn(store, session, id));
    store.written(() => store.log.append(session, NOW, [{ type: 'status', status: 'idle' }]));
  }
  assert.deepEqual(kept(store, session), ['a', 'b', 'c']);
  store.written(() => endTurn(store, session, 'd'));
  assert.deepEqual(kept(store, session), ['gap', 'b', 'c', 'd']);
});

test('a turn leaves when it is older than may be kept, and one of that very age stays', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  store.retention.bounds = { maxEvents: Infinity, maxBytes: Infinity, maxAgeDays: 30 };
  store.written(() => endTurn(store, session, 'a', '2026-01-01T00:00:00.000Z'));
  store.written(() => endTurn(store, session, 'b', '2026-01-31T00:00:00.000Z'));
  assert.deepEqual(kept(store, session), ['a', 'b']);
  const isStrange = (): boolean => store.log.isStrangeTo(session, 'of the agent');
  assert.ok(isStrange());
  store.written(() => endTurn(store, session, 'c', '2026-01-31T00:00:00.001Z'));
  assert.deepEqual(kept(store, session), ['gap', 'b', 'c']);
  assert.ok(!isStrange(), 'what was said before may have been here');
  const resumedAt = [1, 2].map((seq) => store.log.resumeAt(session, cursorAt(store.log.logId, seq)));
  assert.deepEqual(resumedAt, ['gap', 2]);
  const found = store.log.search('answer', 10).map(({ event }) => event.type === 'text' && event.content);
  assert.deepEqual(new Set(found), new Set(['answer to b', 'answer to c']));
});

test('a turn that is longer than may be kept is counted as what is left of it, and each turn for itself', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  store.retention.bounds = { maxEvents: Infinity, maxBytes: 1_000, maxAgeDays: null };
  const turn = (id: string, ...said: readonly number[]): void =>
    store.written(() => {
      const first = store.log.head(session) + 1;
      store.log.append(session, NOW, [promptEvent(id)]);
      for (const [index, length] of said.entries()) {
        const before = store.log.head(session);
        const bytes = store.log.append(session, NOW, [delta(0, 'x'.repeat(length), `${id}${index}`)]);
        store.retention.grown(session, { before, bytes }, NOW);
      }
      store.retention.apply(session, first, store.log.compactFrom(session, first), NOW);
    });
  turn('a', 200, 200);
  turn('b', 200, 200);
  assert.deepEqual(kept(store, session), ['gap', 'b']);
  turn('c', 200, 200, 200, 200);
  assert.deepEqual(kept(store, session), ['gap']);
  turn('d', 1);
  turn('e', 1);
  assert.deepEqual(kept(store, session), ['gap', 'd', 'e']);
});
