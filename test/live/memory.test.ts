// What is kept, found, carried elsewhere and given back: search, bundles, bounds, confirmed reading, lost memories.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientId, Cursor, type Result, type SessionId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { ask } from '../support/rawHttp.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { textOf } from '../support/transcript.ts';
import { waitFor } from '../support/waitFor.ts';

const gateway = await sharedGateway();
let client = await gateway.connect('window one');

test('words of prompts and of answers are found, whatever operators they look like', async () => {
  const sessionId = await client.newSession({ title: 'Elephants' });
  // Not in the first turn, in which an agent also starts, and there is more to be joined.
  await client.ask(sessionId, 'echo hello');
  await client.ask(sessionId, 'echo a herd of "grey" elephants AND (one mouse), 大象和老鼠');
  const find = async (query: string) =>
    (await client.call('session.search', { query })).hits.filter((hit) => hit.sessionId === sessionId);
  const hits = await find('herd eleph');
  assert.deepEqual(hits.map(({ type }) => type).toSorted(), ['prompt', 'text']);
  assert.ok(hits.every(({ title, snippet }) => title === 'Elephants' && snippet.includes('herd')));
  assert.equal((await find('"grey" AND (mouse')).length, 2);
  assert.equal((await find('herd giraffe')).length, 0);
  assert.equal((await find('老鼠')).length, 2);
  assert.equal((await find('鼠老')).length, 0);
  assert.equal((await find('-')).length, 0);
  await client.call('session.destroy', { sessionId });
  assert.equal((await find('herd')).length, 0);
});

test('what looks like a pattern that never ends is only words', async () => {
  const start = performance.now();
  for (const query of ['(a+)+$', '.*'.repeat(100), '%'.repeat(200), 'a* NEAR/9 b', '"'.repeat(199)])
    assert.ok(Array.isArray((await client.call('session.search', { query })).hits), query);
  await assert.rejects(client.call('session.search', { query: 'a'.repeat(201) }), /Too big/);
  assert.ok(performance.now() - start < 20_000);
});

test('a session is carried to another gateway by pages, and goes on there', async () => {
  const sessionId = await client.newSession({ title: 'Carried' });
  for (const word of ['one', 'two', 'three']) await client.ask(sessionId, `echo ${word}`);
  await using elsewhere = await startGateway();
  const there = await elsewhere.connect('elsewhere');
  let imported: SessionId | undefined;
  let next: number | undefined = 0;
  while (next !== undefined) {
    const page: Result<'session.export'> = await client.call('session.export', {
      sessionId,
      after: next,
      limit: 4,
    });
    const into = imported === undefined ? {} : { sessionId: imported };
    const made = await there.call('session.import', {
      bundle: page.bundle,
      path: newFolder('work'),
      ...into,
    });
    imported = made.sessionId;
    next = page.next;
  }
  assert.ok(imported !== undefined);
  const mine = (await client.call('session.history', { sessionId })).messages;
  const theirs = (await there.call('session.history', { sessionId: imported })).messages;
  assert.equal(textOf(theirs), textOf(mine));
  assert.equal((await there.call('session.get', { sessionId: imported })).title, 'Carried');
  const again = await there.ask(imported, 'echo four');
  assert.match(again.text, /four$/);
});

test('an agent that has lost its memory is handed the conversation, quoted', async () => {
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'echo the password is swordfish');
  await gateway.kill9();
  await gateway.start();
  client = await gateway.connect('window one');
  assert.deepEqual(await client.call('session.resume', { sessionId }), { ok: true, fallback: true });
  assert.deepEqual(await client.call('session.resume', { sessionId }), { ok: true, fallback: true });
  const seen = await client.ask(sessionId, 'recall');
  assert.match(seen.text, /swordfish/);
});

test('what a client has not confirmed is given again, and again', async () => {
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'echo remember me');
  const clientId = ClientId.parse('phone');
  const first = await client.call('session.reconnect', { sessionId, clientId });
  assert.deepEqual(await client.call('session.reconnect', { sessionId, clientId }), first);
  assert.equal(textOf(first.bufferedEvents), 'remember me');
  const { cursor } = first;
  const rest = await client.call('session.reconnect', { sessionId, clientId, cursor });
  assert.equal(rest.gap, false);
  assert.ok(!rest.bufferedEvents.some(({ type }) => type === 'text' || type === 'prompt'));
  assert.deepEqual(await client.call('session.reconnect', { sessionId, clientId }), rest);
  // A confirmation from before that comes late takes nothing back.
  const before = Cursor.parse(`${cursor.split(':')[0]}:1`);
  await client.call('session.reconnect', { sessionId, clientId, cursor: before });
  assert.deepEqual(await client.call('session.reconnect', { sessionId, clientId }), rest);
});

test('a log keeps within its bounds, in whole turns, and says what is gone', async () => {
  const bounds = { maxEvents: 16, maxBytes: 1_000_000, maxAgeDays: null };
  await using small = await startGateway({ config: { log: bounds } });
  const there = await small.connect();
  assert.deepEqual((await there.call('gateway.info', {})).bounds, bounds);
  const sessionId = await there.newSession();
  const early = await there.ask(sessionId, 'echo turn 0');
  const { cursor } = early;
  for (let n = 1; n < 6; n += 1) await there.ask(sessionId, `echo turn ${n}`);
  const { messages } = await there.call('session.history', { sessionId });
  const [gap, prompt] = messages;
  assert.ok(gap?.type === 'gap' && gap.from === 1 && gap.to === gap.seq, JSON.stringify(gap));
  assert.equal(prompt?.type, 'prompt');
  assert.ok(messages.length <= 18, `${messages.length} events are kept`);
  assert.match(textOf(messages), /turn 5$/);
  const late = await there.follow(sessionId, cursor);
  assert.equal(late.gap, true);
  assert.match(late.text, /turn 5$/);
});

test('one turn that is more than may be kept loses its beginning, and goes on', async () => {
  const bounds = { maxEvents: 100_000, maxBytes: 40_000, maxAgeDays: null };
  await using small = await startGateway({ config: { log: bounds } });
  const there = await small.connect();
  const sessionId = await there.newSession();
  await there.ask(sessionId, 'echo before');
  const seen = await there.ask(sessionId, 'stream 200 500 1000');
  const whole = seen.text;
  const { messages } = await there.call('session.history', { sessionId });
  assert.deepEqual([messages[0]?.type, messages.filter(({ type }) => type === 'result').length], ['gap', 1]);
  const kept = messages
    .flatMap((event) => (event.type === 'partial' || event.type === 'text' ? [event.content] : []))
    .join('');
  assert.ok(kept.length < 100_000, `${kept.length} characters are kept`);
  assert.ok(kept.length > 0 && whole.endsWith(kept), 'what is kept is the end');
  assert.match((await there.ask(sessionId, 'echo after')).text, /after$/);
});

test('a gateway that is drained lets its turn end, takes no new prompt, and then ends', async () => {
  await using draining = await startGateway();
  const there = await draining.connect();
  const sessionId = await there.newSession();
  const seen = await there.follow(sessionId);
  const { promptId } = await there.call('session.send', { sessionId, message: 'slow 30 20' });
  await seen.untilType('partial');
  assert.deepEqual(await there.call('gateway.drain', {}), { ok: true, turns: 1 });
  await assert.rejects(there.call('session.send', { sessionId, message: 'echo no' }), /ending/);
  assert.equal((await seen.end(promptId)).type, 'result');
  assert.equal(await draining.ended(), 0);
});

test('a gateway that is drained says that it is not ready, until its last turn ends it', async () => {
  await using draining = await startGateway();
  const there = await draining.connect();
  const sessionId = await there.newSession();
  await there.call('session.send', { sessionId, message: 'silent' });
  const isBusy = async () => (await there.call('session.get', { sessionId })).status === 'busy';
  await waitFor('the turn', isBusy);
  const readiness = () => ask(draining.socket, { method: 'GET', path: '/readyz' });
  assert.equal((await readiness()).status, 200);
  assert.equal((await there.call('health.check', {})).draining, false);
  await there.call('gateway.drain', {});
  assert.equal((await readiness()).status, 503);
  assert.equal((await there.call('health.check', {})).draining, true);
  // It may be gone before it can answer.
  await Promise.allSettled([there.call('session.interrupt', { sessionId })]);
  assert.equal(await draining.ended(), 0);
});
