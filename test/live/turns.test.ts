// A turn as clients see it: in order, once, to everybody; from any cursor, in the middle or afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longText, slowText } from '../../gateway/agents/demoScript.ts';
import { Cursor, type Event } from '../../gateway/protocol/index.ts';
import { cursorAt } from '../../gateway/core/log.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { textOf } from '../support/transcript.ts';

const gateway = await sharedGateway();
const client = await gateway.connect('window one');

/** Every seq exactly once, counting up by one. */
function assertGapless(events: readonly Event[], from: number): void {
  assert.deepEqual(
    events.map(({ seq }) => seq),
    Array.from({ length: events.length }, (_, index) => from + index),
  );
}

test('an answer streams to two clients, each event once and in order, the same for both', async () => {
  const other = await gateway.connect('window two');
  const sessionId = await client.newSession();
  const [one, two] = [await client.follow(sessionId), await other.follow(sessionId)];
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 50 2' });
  await Promise.all([one.end(promptId), two.end(promptId)]);
  assert.equal(one.text, slowText(50));
  assertGapless(one.events, 1);
  assert.ok(one.of('partial').length > 5, 'it did not stream');
  await Promise.all([one, two].map((seen) => seen.until(isIdle)));
  assert.deepEqual(two.events, one.events);
});

const isIdle = (event: Event): boolean => event.type === 'status' && event.status === 'idle';

test('a turn tells its story: prompt, agent, answer, usage, result', async () => {
  const sessionId = await client.newSession();
  const seen = await client.ask(sessionId, 'echo hello');
  const types = seen.events.map(({ type }) => type);
  const story = ['prompt', 'status', 'system', 'status', 'commands', 'partial', 'usage', 'result', 'status'];
  assert.deepEqual(new Set(types), new Set(story));
  assert.equal(types[0], 'prompt');
  assert.ok(types.indexOf('system') < types.indexOf('partial'));
  assert.ok(types.indexOf('partial') < types.indexOf('result'));
  const [result] = seen.of('result');
  assert.equal(result?.stopReason, 'end_turn');
});

test('what is cut at any event and resumed from the cursor there is the whole', async () => {
  const sessionId = await client.newSession();
  const whole = await client.ask(sessionId, 'slow 30 1');
  await whole.until(isIdle);
  const { logId } = client.link.info;
  const last = whole.events.at(-1)?.seq ?? 0;
  for (let cut = 0; cut <= last; cut += 1) {
    const rest = await client.follow(sessionId, cursorAt(logId, cut));
    assert.equal(rest.gap, false);
    assert.equal(rest.snapshot, undefined);
    if (cut < last) await rest.until(({ seq }) => seq === last);
    assert.equal(textOf([...whole.events.slice(0, cut), ...rest.events]), slowText(30), `cut at ${cut}`);
    assert.ok(rest.events.every(({ seq }) => seq > cut));
  }
});

test('a client that goes in the middle of an answer and comes back misses nothing and sees nothing twice', async () => {
  const sessionId = await client.newSession();
  const leaving = await gateway.connect('a window that reloads');
  const before = await leaving.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 120 5' });
  await before.until(() => before.of('partial').length >= 20);
  await leaving[Symbol.asyncDispose]();
  const back = await gateway.connect('a window that reloads', leaving.link.info.clientId);
  const rest = await back.follow(sessionId, before.cursor);
  await rest.end(promptId);
  const all = [...before.events, ...rest.events];
  assert.equal(textOf(all), slowText(120));
  assert.equal(new Set(all.map(({ seq }) => seq)).size, all.length);
});

test('a snapshot in the middle of an answer, and what follows it, is the whole', async () => {
  const sessionId = await client.newSession();
  const live = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 100 5' });
  await live.until(() => live.of('partial').length >= 20);
  const late = await gateway.connect('window two');
  const seen = await late.follow(sessionId);
  assert.equal(seen.gap, false);
  assert.equal(seen.snapshot?.session.status, 'busy');
  assert.deepEqual(
    seen.snapshot.queue.map(({ state }) => state),
    ['running'],
  );
  await seen.end(promptId);
  assert.equal(seen.text, slowText(100));
  assert.equal(live.text, slowText(100));
});

test('a cursor of another log, or from the future, is a gap, and comes with a snapshot', async () => {
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'echo hello');
  for (const cursor of ['0123456789abcdef:1', `${client.link.info.logId}:100000`]) {
    const seen = await client.follow(sessionId, Cursor.parse(cursor));
    assert.equal(seen.gap, true, cursor);
    assert.equal(seen.text, 'hello');
  }
});

test('after its turn an answer is kept as one message, and history reads it by pages', async () => {
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'long 200');
  await client.ask(sessionId, 'echo second');
  const page = await client.call('session.history', { sessionId, limit: 1 });
  assert.equal(textOf(page.messages), 'second');
  assert.ok(page.before !== undefined);
  const first = await client.call('session.history', { sessionId, before: page.before });
  assert.equal(textOf(first.messages), longText(200));
  assert.equal(first.messages.filter(({ type }) => type === 'text').length, 1);
  assert.equal(first.before, undefined);
});

test('a snapshot of a finished session is short and says where it stands', async () => {
  const sessionId = await client.newSession({ title: 'My session' });
  await client.ask(sessionId, 'tool');
  await client.call('session.draft', { sessionId, text: 'not sent yet' });
  const { snapshot } = await client.follow(sessionId);
  assert.equal(snapshot?.session.title, 'My session');
  assert.equal(snapshot.draft, 'not sent yet');
  assert.deepEqual(snapshot.queue, []);
  assert.equal(snapshot.messages.filter(({ type }) => type === 'tool_update').length, 1);
});

test('a client that watches hears of every session that is made, changes or goes', async () => {
  const watcher = await gateway.connect('a watcher');
  const heard: string[] = [];
  watcher.link.on('session.changed', ({ session }) => heard.push(`${session.sessionId} ${session.title}`));
  watcher.link.on('session.removed', ({ sessionId }) => heard.push(`${sessionId} removed`));
  await watcher.call('session.watch', {});
  const sessionId = await client.newSession();
  await client.call('session.rename', { sessionId, title: 'Renamed' });
  await client.call('session.destroy', { sessionId });
  // The answer to this comes after all that was told before it.
  await watcher.call('gateway.info', {});
  assert.deepEqual(heard, [`${sessionId} New session`, `${sessionId} Renamed`, `${sessionId} removed`]);
});

test('the events of one session do not reach those who follow another', async () => {
  const [one, two] = [await client.newSession(), await client.newSession()];
  const other = await client.follow(two);
  await client.ask(one, 'echo hello');
  await client.call('gateway.info', {});
  assert.deepEqual(other.events, []);
});

test('who has unsubscribed hears no more', async () => {
  const sessionId = await client.newSession();
  const other = await gateway.connect('window two');
  const seen = await other.follow(sessionId);
  await other.call('session.unsubscribe', { sessionId });
  await client.ask(sessionId, 'echo hello');
  await other.call('gateway.info', {});
  assert.deepEqual(seen.events, []);
});
