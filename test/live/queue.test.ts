// Prompts while the agent is busy: they wait in order, are accepted once, and stop when somebody says so.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { Problem, PromptId, type ProblemName, type SessionId } from '../../gateway/protocol/index.ts';
import { sharedGateway } from '../support/sharedGateway.ts';

const gateway = await sharedGateway();
const client = await gateway.connect('window one');

const send = (sessionId: SessionId, message: string, promptId?: PromptId) =>
  client.call('session.send', { sessionId, message, ...(promptId === undefined ? {} : { promptId }) });

const isProblem =
  (name: ProblemName) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.problem === name;

const newId = (): PromptId => PromptId.parse(randomUUID());

test('prompts that are sent while one runs wait in order and run in order', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const answers = [
    await send(sessionId, 'slow 20 5'),
    await send(sessionId, 'echo two'),
    await send(sessionId, 'echo three'),
  ];
  assert.deepEqual(
    answers.map(({ state, position }) => `${state} ${position}`),
    ['running 0', 'queued 1', 'queued 2'],
  );
  const listed = await client.call('queue.list', { sessionId });
  assert.deepEqual(
    listed.prompts.map(({ message, state }) => `${JSON.stringify(message)}: ${state}`),
    ['"slow 20 5": running', '"echo two": queued', '"echo three": queued'],
  );
  await seen.end(answers[2]?.promptId ?? '');
  assert.equal(seen.text, `${slowText(20)}twothree`);
  assert.deepEqual(
    seen.of('prompt').map(({ message }) => message),
    ['slow 20 5', 'echo two', 'echo three'],
  );
  assert.deepEqual((await client.call('queue.list', { sessionId })).prompts, []);
});

test('many prompts sent at the same moment run once each, in the order in which they were acknowledged', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const words = Array.from({ length: 20 }, (_, index) => `echo ${index},`);
  const answers = await Promise.all(words.map((message) => send(sessionId, message)));
  await seen.end(answers.at(-1)?.promptId ?? '');
  assert.equal(seen.text, words.map((word) => word.slice(5)).join(''));
});

test('a prompt says whose it is, with a name for people and an id for programs', async () => {
  const sessionId = await client.newSession();
  const seen = await client.ask(sessionId, 'echo hi');
  const [prompt] = seen.of('prompt');
  assert.equal(prompt?.clientId, client.link.info.clientId);
  assert.equal(prompt.from.clientId, prompt.clientId);
});

test('the same promptId with the same content is accepted once, also over another connection', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const promptId = newId();
  const [first, second] = await Promise.all([
    send(sessionId, 'echo once', promptId),
    send(sessionId, 'echo once', promptId),
  ]);
  assert.equal(first.promptId, promptId);
  assert.deepEqual([second.promptId, second.state], [promptId, first.state]);
  await seen.end(promptId);
  const other = await gateway.connect('window two');
  const third = await other.call('session.send', { sessionId, message: 'echo once', promptId });
  assert.deepEqual([third.promptId, third.state, third.position], [promptId, 'done', 0]);
  const retried = other.call('queue.retry', { sessionId, promptId });
  await assert.rejects(retried, /is done: it cannot retry now\. It is over: send a new one\./);
  assert.equal(seen.text, 'once');
});

test('the same promptId with other content is a conflict and nothing runs', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const promptId = newId();
  await send(sessionId, 'echo once', promptId);
  await assert.rejects(send(sessionId, 'echo twice', promptId), isProblem('prompt.conflict'));
  await seen.end(promptId);
  assert.equal(seen.text, 'once');
});

test('interrupting stops the running prompt in the middle of its answer; the next one runs', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await send(sessionId, 'slow 1000 5');
  const next = await send(sessionId, 'echo after');
  await seen.until(() => seen.of('partial').length >= 5);
  assert.deepEqual(await client.call('session.interrupt', { sessionId }), { ok: true, interrupted: true });
  assert.equal((await seen.end(promptId)).type, 'interrupted');
  await seen.end(next.promptId);
  assert.match(seen.text, /^(s\d+ )+after$/);
  assert.ok(slowText(1000).startsWith(seen.text.slice(0, -'after'.length)));
});

test('interrupting at once after sending counts: nothing is running afterwards', async () => {
  for (let round = 0; round < 5; round += 1) {
    const sessionId = await client.newSession();
    const seen = await client.follow(sessionId);
    const { promptId } = await send(sessionId, 'slow 1000 5');
    const { interrupted } = await client.call('session.interrupt', { sessionId });
    assert.equal(interrupted, true);
    assert.equal((await seen.end(promptId)).type, 'interrupted');
  }
});

test('interrupting an agent that is silent works as well', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await send(sessionId, 'silent');
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  assert.equal((await client.call('session.interrupt', { sessionId })).interrupted, true);
  assert.equal((await seen.end(promptId)).type, 'interrupted');
});

test('interrupting a session in which nothing runs says so', async () => {
  const sessionId = await client.newSession();
  assert.deepEqual(await client.call('session.interrupt', { sessionId }), { ok: true, interrupted: false });
});

test('a waiting prompt can be taken out; a running one cannot, and the message says what to do', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const running = await send(sessionId, 'slow 60 5');
  const waiting = await send(sessionId, 'echo never');
  await client.call('queue.remove', { sessionId, promptId: waiting.promptId });
  await assert.rejects(
    client.call('queue.remove', { sessionId, promptId: running.promptId }),
    (error: unknown) => isProblem('prompt.state')(error) && /session\.interrupt/.test(String(error)),
  );
  await seen.end(running.promptId);
  assert.equal(seen.text, slowText(60));
  assert.equal(seen.of('dequeued').length, 1);
});

test('a queue that is paused starts nothing until it is resumed', async () => {
  const sessionId = await client.newSession();
  await client.call('queue.pause', { sessionId });
  const seen = await client.follow(sessionId);
  assert.equal(seen.snapshot?.held, true);
  const { promptId, state } = await send(sessionId, 'echo at last');
  assert.equal(state, 'queued');
  assert.equal((await client.call('queue.list', { sessionId })).held, true);
  await client.call('queue.resume', { sessionId });
  await seen.end(promptId);
  assert.equal(seen.text, 'at last');
});

test('after a failure those who wait are held, and a failed prompt runs again before them', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const failing = await send(sessionId, 'fail');
  const waiting = await send(sessionId, 'echo waited');
  const error = await seen.end(failing.promptId);
  assert.ok(error.type === 'error');
  assert.match(error.message, /you asked me to fail/);
  const { held, prompts } = await client.call('queue.list', { sessionId });
  assert.deepEqual([held, prompts.map(({ state }) => state)], [true, ['queued']]);
  await client.call('queue.retry', { sessionId, promptId: failing.promptId });
  await seen.until(() => seen.of('error').length === 2);
  assert.ok(!seen.text.includes('waited'));
  await client.call('queue.resume', { sessionId });
  await seen.end(waiting.promptId);
});

test('problems of the queue name what is wrong', async () => {
  const sessionId = await client.newSession();
  const promptId = newId();
  await assert.rejects(client.call('queue.retry', { sessionId, promptId }), isProblem('prompt.unknown'));
  const { promptId: done } = await send(sessionId, 'echo done');
  await (await client.follow(sessionId)).end(done);
  await assert.rejects(client.call('queue.retry', { sessionId, promptId: done }), isProblem('prompt.state'));
  const nowhere = { sessionId: 'no-such-session' };
  await assert.rejects(client.call('queue.list', nowhere), isProblem('session.unknown'));
  await assert.rejects(
    client.call('session.send', { ...nowhere, message: 'hi' }),
    isProblem('session.unknown'),
  );
});
