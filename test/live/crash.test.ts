// kill -9 of the gateway in the middle of an answer: nothing that was seen is lost, and nothing runs twice by itself.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { Problem, PromptId, type PermissionId, type SessionId } from '../../gateway/protocol/index.ts';
import type { Follower, TestClient } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { textOf } from '../support/transcript.ts';
import { waitFor } from '../support/waitFor.ts';

interface Cut {
  readonly sessionId: SessionId;
  readonly promptId: PromptId;
  /** What had been seen when the gateway was killed. */
  readonly before: Follower;
  /** A client of the gateway that came after. */
  readonly client: TestClient;
}

/** A gateway that was killed in the middle of `slow 500`, with one more prompt waiting if wanted, and started again. */
async function cut(gateway: TestGateway, { waiting }: { waiting: boolean }): Promise<Cut> {
  const first = await gateway.connect('window one');
  const sessionId = await first.newSession();
  const before = await first.follow(sessionId);
  const { promptId } = await first.call('session.send', { sessionId, message: 'slow 500 5' });
  if (waiting) await first.call('session.send', { sessionId, message: 'echo waited' });
  await before.until(() => before.of('partial').length >= 20);
  await gateway.kill9();
  await gateway.start();
  return { sessionId, promptId, before, client: await gateway.connect('window one') };
}

test('the transcript up to the kill is intact, the cut prompt is uncertain, and it does not run again', async () => {
  await using gateway = await startGateway();
  const { sessionId, promptId, before, client } = await cut(gateway, { waiting: false });
  const { prompts } = await client.call('queue.list', { sessionId });
  assert.deepEqual(
    prompts.map((prompt) => [prompt.promptId, prompt.state]),
    [[promptId, 'uncertain']],
  );
  const { status, uncertain } = await client.call('session.get', { sessionId });
  assert.deepEqual([status, uncertain], ['stopped', 1]);

  const rest = await client.follow(sessionId, before.cursor);
  assert.equal(rest.gap, false, 'the cursor of before the kill is honoured');
  await rest.end(promptId);
  const all = textOf([...before.events, ...rest.events]);
  assert.ok(all.length >= before.text.length);
  assert.ok(slowText(500).startsWith(all));
  const fresh = await client.follow(sessionId);
  assert.equal(fresh.text, all, 'a snapshot shows the same as what was followed');

  const next = await client.ask(sessionId, 'echo next');
  assert.equal(next.text, `${all}next`);
  assert.equal(next.of('prompt').filter((event) => event.promptId === promptId).length, 1);
});

test('a person may run the uncertain prompt again, and it runs before those that wait', async () => {
  await using gateway = await startGateway();
  const { sessionId, promptId, client } = await cut(gateway, { waiting: true });
  const { prompts, held } = await client.call('queue.list', { sessionId });
  assert.deepEqual([held, prompts.map(({ state }) => state)], [true, ['uncertain', 'queued']]);
  const seen = await client.follow(sessionId);
  await client.call('queue.retry', { sessionId, promptId });
  await seen.until(() => seen.of('result').length === 2);
  assert.ok(seen.text.endsWith(`${slowText(500)}waited`));
  assert.deepEqual(
    seen.of('prompt').map(({ message }) => message),
    ['slow 500 5', 'slow 500 5', 'echo waited'],
  );
});

test('a person may leave the uncertain prompt as it is, and those that wait go on', async () => {
  await using gateway = await startGateway();
  const { sessionId, promptId, client } = await cut(gateway, { waiting: true });
  const seen = await client.follow(sessionId);
  await client.call('queue.remove', { sessionId, promptId });
  await seen.until(() => seen.of('result').length === 1);
  assert.ok(seen.text.endsWith('waited'));
  assert.deepEqual((await client.call('queue.list', { sessionId })).prompts, []);
  await assert.rejects(
    client.call('queue.retry', { sessionId, promptId }),
    (error: unknown) => error instanceof Problem && error.problem === 'prompt.state',
  );
});

test('a prompt that was acknowledged and killed before it ran runs once after the start, unless its time is over', async () => {
  await using gateway = await startGateway();
  const first = await gateway.connect();
  const sessionId = await first.newSession();
  const promptId = PromptId.parse(randomUUID());
  const message = 'echo survived';
  await first.call('queue.pause', { sessionId });
  await first.call('session.send', { sessionId, message, promptId });
  await first.call('session.send', { sessionId, message: 'echo stale', expiresInS: 0.5 });
  await gateway.kill9();
  await gateway.start();
  const client = await gateway.connect();
  const again = await client.call('session.send', { sessionId, message, promptId });
  assert.equal(again.state, 'queued');
  await assert.rejects(
    client.call('session.send', { sessionId, message: 'echo other', promptId }),
    (error: unknown) => error instanceof Problem && error.problem === 'prompt.conflict',
  );
  await waitFor(
    'what is too late to be taken out',
    async () => (await client.call('session.get', { sessionId })).queued === 1,
  );
  const seen = await client.follow(sessionId);
  await client.call('queue.resume', { sessionId });
  await seen.end(promptId);
  assert.equal(seen.text, 'survived');
});

/** A gateway that ended while an agent's question was open, and started again. */
async function cutAsking(
  gateway: TestGateway,
  end: () => Promise<unknown> = () => gateway.kill9(),
): Promise<Cut & { permissionId: PermissionId }> {
  const first = await gateway.connect('window one');
  const sessionId = await first.newSession();
  const before = await first.follow(sessionId);
  const { promptId } = await first.call('session.send', { sessionId, message: 'ask' });
  const { permissionId } = await before.untilType('permission');
  await end();
  await gateway.start();
  const client = await gateway.connect('window two');
  return { sessionId, promptId, before, client, permissionId };
}

const openIn = async (client: TestClient, sessionId: SessionId): Promise<PermissionId[]> => {
  const { permissions } = await client.call('permission.list', { sessionId });
  return permissions.map(({ permissionId }) => permissionId);
};

for (const how of ['kill', 'clean end'] as const) {
  test(`a question that was open at the ${how} waits on; its answer is heard when the prompt runs again`, async () => {
    await using gateway = await startGateway();
    const end = how === 'kill' ? undefined : () => gateway.stop();
    const { sessionId, promptId, client, permissionId } = await cutAsking(gateway, end);
    const seen = await client.follow(sessionId);
    assert.deepEqual(await openIn(client, sessionId), [permissionId]);
    assert.deepEqual(
      seen.snapshot?.permissions.map((open) => open.permissionId),
      [permissionId],
    );
    const { pendingPermissions } = await client.call('session.get', { sessionId });
    assert.equal(pendingPermissions, 1);
    assert.equal((await seen.end(promptId)).type, 'uncertain');
    await client.call('permission.answer', { permissionId, optionId: 'allow' });
    await assert.rejects(
      client.call('permission.answer', { permissionId, optionId: 'reject' }),
      /Already answered by window two/,
    );
    assert.deepEqual(await openIn(client, sessionId), []);
    const again = await client.follow(sessionId, seen.cursor);
    await client.call('queue.retry', { sessionId, promptId });
    await again.end(promptId);
    assert.match(again.text, /You allowed question 1/);
    const [asked] = again.of('permission');
    const [told] = again.of('permission_resolved');
    assert.deepEqual([told?.permissionId, told?.optionId], [asked?.permissionId, 'allow']);
    assert.equal(told?.by?.name, 'window two');
    assert.ok(!again.of('status').some(({ status }) => status === 'waiting'), 'somebody was asked again');
  });
}

test('a question whose prompt runs again before anybody has answered is asked again, once', async () => {
  await using gateway = await startGateway();
  const { sessionId, promptId, client, permissionId } = await cutAsking(gateway);
  const seen = await client.follow(sessionId);
  await client.call('queue.retry', { sessionId, promptId });
  await seen.until(() => seen.of('permission').length === 2);
  const [, anew] = seen.of('permission');
  assert.deepEqual(await openIn(client, sessionId), [anew?.permissionId]);
  await assert.rejects(
    client.call('permission.answer', { permissionId, optionId: 'allow' }),
    /took this question back/,
  );
  await client.call('session.interrupt', { sessionId });
});

test('a question goes with the uncertain prompt that somebody leaves as it is', async () => {
  await using gateway = await startGateway();
  const { sessionId, promptId, client, permissionId } = await cutAsking(gateway);
  await client.call('queue.remove', { sessionId, promptId });
  assert.deepEqual(await openIn(client, sessionId), []);
  await assert.rejects(
    client.call('permission.answer', { permissionId, optionId: 'allow' }),
    /took this question back/,
  );
});

test('a clean end in the middle of an answer says the same as a kill, and the rest is on disk', async () => {
  await using gateway = await startGateway();
  const first = await gateway.connect();
  const sessionId = await first.newSession({ title: 'Kept' });
  const before = await first.follow(sessionId);
  const { promptId } = await first.call('session.send', { sessionId, message: 'slow 500 5' });
  await before.until(() => before.of('partial').length >= 10);
  assert.equal(await gateway.stop(), 0);
  await gateway.start();
  const client = await gateway.connect();
  const seen = await client.follow(sessionId);
  assert.equal(seen.snapshot?.session.title, 'Kept');
  assert.equal((await seen.end(promptId)).type, 'uncertain');
  assert.ok(seen.text.startsWith(before.text) && slowText(500).startsWith(seen.text));
});

test('a prompt that no agent had yet at a clean end runs after the start, and is not uncertain', async () => {
  await using gateway = await startGateway();
  const first = await gateway.connect();
  const sessionId = await first.newSession();
  const { promptId } = await first.call('session.send', { sessionId, message: 'echo not lost' });
  // The agent needs longer to start than this needs to arrive.
  await first.call('gateway.stop', {});
  await gateway.stop();
  await gateway.start();
  const client = await gateway.connect();
  const seen = await client.follow(sessionId);
  assert.equal((await seen.end(promptId)).type, 'result');
  assert.equal(seen.text, 'not lost');
});
