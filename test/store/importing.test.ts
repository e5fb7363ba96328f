// A log that comes from elsewhere: in however many parts, it is the same, and no part is gone through with each later one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionId, type EventBody } from '../../gateway/protocol/index.ts';
import { importEvents } from '../../gateway/store/conversation.ts';
import { admit, delta, newSession, NOW, openStore, promptEvent, SESSION } from '../support/store.ts';

const turn = (index: number): EventBody[] => [
  promptEvent(`p${index}`),
  ...Array.from({ length: 7 }, (_, at) => delta(at * 3, `${at}, `, `m${index}`)),
];

test('a log that is imported in parts is the same as in one, and each part is joined once', async (t) => {
  using opened = openStore();
  const { store } = opened;
  const events = Array.from({ length: 9 }, (_, index) => turn(index))
    .flat()
    .map((body) => ({ ts: NOW, ...body }));
  const [whole, parts] = [SessionId.parse('whole'), SessionId.parse('parts')];
  const logs = [await newSession(store, whole), await newSession(store, parts)];
  store.written(() => importEvents(store, whole, events));
  const joined = t.mock.method(store.log, 'compactFrom');
  for (let at = 0; at < events.length; at += 5)
    store.written(() => importEvents(store, parts, events.slice(at, at + 5)));
  const [one, other] = logs.map((log) =>
    store.log.read(log, 0, 1000).texts.map((text) => text.replace(/"sessionId":"\w+"/, '')),
  );
  assert.deepEqual(other, one);
  assert.equal(one?.length, 18);
  assert.equal(store.log.search('6', 100).length, 18);
  await newSession(store);
  await admit(store, 'own');
  assert.throws(() => store.written(() => importEvents(store, SESSION, events)), /has prompts of its own/);
  // Each begins with the turn that the part before has left open.
  const firsts = joined.mock.calls.map(({ arguments: [, first] }) => first);
  assert.deepEqual(firsts.slice(0, 5), [1, 1, 9, 9, 17]);
});
