// The log on disk: pages that begin with a turn, compacting, and rows that a disk has bent.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { PromptId, SessionId, type Event, type EventBody } from '../../gateway/protocol/index.ts';
import type { StoredSession } from '../../gateway/store/session.ts';
import type { Store } from '../../gateway/store/store.ts';
import { delta, newSession, NOW, openStore, promptEvent } from '../support/store.ts';
import { textOf } from '../support/transcript.ts';

/** Turns of three deltas each. */
function writeTurns(store: Store, session: StoredSession, count: number): void {
  for (let turn = 1; turn <= count; turn += 1) {
    const message = `answer ${turn}`;
    const bodies = [promptEvent(`p${turn}`), ...['a', 'b', 'c'].map((text, at) => delta(at, text, message))];
    store.written(() => store.log.append(session, NOW, bodies));
  }
}

test('events are numbered from 1 in their session, whatever happens in others', async () => {
  using opened = openStore();
  const { store } = opened;
  const one = await newSession(store, SessionId.parse('one'));
  const two = await newSession(store, SessionId.parse('two'));
  writeTurns(store, one, 2);
  writeTurns(store, two, 1);
  assert.equal(store.log.head(one), 8);
  assert.equal(store.log.head(two), 4);
  const events = store.log.read(two, 0, 100).texts.map((text) => JSON.parse(text) as Event);
  assert.deepEqual(
    events.map(({ seq, sessionId }) => `${sessionId} ${seq}`),
    ['two 1', 'two 2', 'two 3', 'two 4'],
  );
});

test('reading after a seq gives what follows, up to a limit', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  writeTurns(store, session, 2);
  const { after, last, texts } = store.log.read(session, 3, 2);
  assert.deepEqual([after, last, texts.length], [3, 5, 2]);
  assert.deepEqual(store.log.read(session, 8, 10).texts, []);
});

test('reading gives fewer events where they are long, and goes on from the last of them', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const long = Array.from({ length: 40 }, (_, index) => delta(0, 'x'.repeat(100_000), `m${index}`));
  store.written(() => store.log.append(session, NOW, long));
  const sizes: number[] = [];
  for (let after = 0; after < 40;) {
    const { last, texts } = store.log.read(session, after, 500);
    assert.equal(last, after + texts.length);
    sizes.push(texts.length);
    after = last;
  }
  assert.ok(Math.max(...sizes) <= 6, `${sizes.join(' ')} of 100 kB`);
  // One that is longer than all of that still comes, alone.
  store.written(() => store.log.append(session, NOW, [delta(0, 'x'.repeat(400_000)), delta(0, 'y')]));
  assert.deepEqual(
    [40, 41].map((after) => store.log.read(session, after, 500).last),
    [41, 42],
  );
});

test('a page begins with a prompt, holds at least what was asked for, and names the page before', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  writeTurns(store, session, 5);
  const page = store.log.page(session, store.log.head(session) + 1, 6);
  assert.equal(page.messages[0]?.type, 'prompt');
  assert.equal(textOf(page.messages), 'abcabc');
  assert.equal(page.before, 13);
});

test('a page of a very long turn begins with a tool call, and the pages before it hold the rest', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const call = (id: number): EventBody => ({
    type: 'tool_use',
    toolCallId: `t${id}`,
    tool: 'read',
    title: 'x'.repeat(300_000),
    kind: 'read',
    input: null,
    status: 'completed',
    locations: [],
    content: [],
  });
  for (const id of [1, 2, 3, 4, 5]) {
    const said = [delta(0, 'a', `m${id}`), delta(1, 'b', `m${id}`), call(id)];
    store.written(() => store.log.append(session, NOW, id === 1 ? [promptEvent('p1'), ...said] : said));
  }
  store.written(() => store.log.append(session, NOW, [delta(0, 'c', 'm6'), delta(1, 'd', 'm6')]));
  const last = store.log.page(session, store.log.head(session) + 1, 1);
  assert.deepEqual(
    last.messages.map(({ type }) => type),
    ['tool_use', 'text'],
  );
  const rest = store.log.page(session, last.before ?? 0, 1);
  assert.deepEqual([rest.messages[0]?.type, rest.messages.length, rest.before], ['tool_use', 2, 13]);
  assert.equal(store.log.page(session, 13, 1).messages[0]?.type, 'prompt');
});

test('pages from the end to the start hold everything exactly once, whatever their size', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  writeTurns(store, session, 7);
  for (const limit of [1, 2, 3, 5, 8, 100]) {
    const pages: Event[][] = [];
    let before: number | undefined = store.log.head(session) + 1;
    while (before !== undefined) {
      const page: { messages: Event[]; before?: number } = store.log.page(session, before, limit);
      pages.unshift(page.messages);
      before = page.before;
    }
    const all = pages.flat();
    assert.equal(textOf(all), 'abc'.repeat(7), `pages of ${limit}`);
    assert.equal(all.filter(({ type }) => type === 'prompt').length, 7);
  }
});

test('a turn that is compacted keeps its place, its last seq and the numbers that follow', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  writeTurns(store, session, 2);
  store.written(() => store.log.compactFrom(session, store.log.firstOfTurn(session)));
  const events = store.log.read(session, 0, 100).texts.map((text) => JSON.parse(text) as Event);
  assert.deepEqual(
    events.map(({ seq, type }) => `${seq} ${type}`),
    ['1 prompt', '2 partial', '3 partial', '4 partial', '5 prompt', '8 text'],
  );
  assert.equal(store.log.head(session), 8);
  writeTurns(store, session, 1);
  assert.equal(store.log.head(session), 12);
});

test('what a prompt led to is told of its own turn, whatever was said and failed in others', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const failed = (id: string): EventBody => ({
    ...{ type: 'error', promptId: PromptId.parse(id), code: 'agent.failed', message: `no ${id}` },
  });
  const answer = (content: string): EventBody => ({ type: 'text', messageId: content, content });
  store.written(() =>
    store.log.append(session, NOW, [
      ...[
        promptEvent('a'),
        answer('the answer to a'),
        promptEvent('b'),
        answer('the answer to b'),
        failed('b'),
      ],
    ]),
  );
  const outcomeOf = (id: string) => store.log.outcomeOf(session, { promptId: PromptId.parse(id), seq: 1 });
  assert.deepEqual(outcomeOf('a'), { text: 'the answer to a', error: null });
  assert.deepEqual(outcomeOf('b'), { text: 'the answer to b', error: 'no b' });
});

test('the end of the log is the same after the store was opened again', async () => {
  const first = openStore();
  const session = await newSession(first.store);
  writeTurns(first.store, session, 2);
  const cursor = first.store.log.cursor(session);
  first[Symbol.dispose]();
  using again = openStore(first.folder);
  assert.equal(again.store.log.cursor(session), cursor);
  assert.equal(again.store.log.resumeAt(session, cursor), 8);
});

test('an event whose bytes have changed on disk is shown as a gap, and the others are intact', async () => {
  const first = openStore();
  const session = await newSession(first.store);
  writeTurns(first.store, session, 1);
  first[Symbol.dispose]();
  // What a disk does to a byte, done where SQLite's own checks see nothing wrong.
  const raw = new DatabaseSync(path.join(first.folder, 'holdfast.db'));
  raw.exec(`UPDATE event SET json = replace(json, '"content":"b"', '"content":"X"')`);
  raw.close();
  using again = openStore(first.folder);
  const events = again.store.log.read(session, 0, 100).texts.map((text) => JSON.parse(text) as Event);
  assert.deepEqual(
    events.map((event) => (event.type === 'gap' ? `gap ${event.from}-${event.to}` : event.type)),
    ['prompt', 'partial', 'gap 3-3', 'partial'],
  );
  const [, , gap] = events;
  assert.equal(gap?.sessionId, session.sessionId);
  assert.equal(gap.seq, 3);
});

test('a removed session leaves no events, and its place is never given to another', async () => {
  const { folder, store, ...opened } = openStore();
  const session = await newSession(store);
  writeTurns(store, session, 1);
  store.written(() => store.log.compactFrom(session, 1));
  assert.equal(store.log.search('text', 10).length, 1);
  store.written(() => {
    store.log.remove(session);
    store.sessions.remove(session);
  });
  const other = await newSession(store, SessionId.parse('other'));
  assert.notEqual(other.key, session.key);
  assert.equal(store.log.head(other), 0);
  opened[Symbol.dispose]();
  using raw = new DatabaseSync(path.join(folder, 'holdfast.db'));
  // Not even the words by which it was found.
  const left = raw.prepare('SELECT id FROM event UNION ALL SELECT rowid FROM search').all();
  assert.deepEqual(left, []);
});

test('a page that ends far behind the log holds nothing of other sessions', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const other = await newSession(store, SessionId.parse('s2'));
  store.written(() => {
    store.log.append(session, NOW, [promptEvent('own')]);
    store.log.append(other, NOW, [promptEvent('foreign')]);
  });
  const { messages } = store.log.page(session, Number.MAX_SAFE_INTEGER, 6);
  assert.deepEqual(
    messages.map((event) => 'promptId' in event && event.promptId),
    ['own'],
  );
});
