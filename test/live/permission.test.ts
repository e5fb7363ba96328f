// Questions of agents: they wait for a person, are answered once, and silence is never consent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../gateway/protocol/index.ts';
import { recorded } from '../support/agents.ts';
import { askedFor, type Asked } from '../support/asked.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';

const gateway = await sharedGateway();
const client = await gateway.connect('window one');

/** The agent has just asked for permission. */
const asked = (): Promise<Asked> => askedFor(client, 'ask');

const isResolvedBy =
  (name: string) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.problem === 'permission.resolved' && error.message.includes(name);

test('a question shows what it is about, and the session waits', async () => {
  const { sessionId, seen, permission } = await asked();
  const [event] = seen.of('permission');
  assert.deepEqual(
    [permission.permissionId, permission.title, permission.digest, permission.options],
    [event?.permissionId, event?.title, event?.digest, event?.options],
  );
  assert.match(permission.toolCall.title, /greeting\.ts/);
  const session = await client.call('session.get', { sessionId });
  assert.deepEqual([session.status, session.pendingPermissions], ['waiting', 1]);
  assert.equal(session.pendingQuestions, undefined, 'leave is asked for');
  const all = await client.call('permission.list', {});
  assert.ok(all.permissions.some(({ permissionId }) => permissionId === permission.permissionId));
  await client.call('session.interrupt', { sessionId });
});

test('allowing lets the agent go on, and everybody sees who allowed it', async () => {
  const { sessionId, promptId, seen, permission } = await asked();
  const { permissionId, digest } = permission;
  await client.call('permission.answer', { permissionId, optionId: 'allow', digest });
  await seen.end(promptId);
  assert.match(seen.text, /You allowed question 1/);
  const [resolved] = seen.of('permission_resolved');
  assert.deepEqual([resolved?.optionId, resolved?.by?.name], ['allow', 'window one']);
  assert.equal((await client.call('session.get', { sessionId })).pendingPermissions, 0);
});

test('rejecting tells the agent so', async () => {
  const { promptId, seen, permission } = await asked();
  const { permissionId } = permission;
  await client.call('permission.answer', { permissionId, optionId: 'reject' });
  await seen.end(promptId);
  assert.match(seen.text, /You rejected question 1/);
});

test('of two windows that answer at the same moment one wins, and the other is told who', async () => {
  const { promptId, seen, permission } = await asked();
  const other = await gateway.connect('window two');
  const { permissionId } = permission;
  const answers = await Promise.allSettled([
    client.call('permission.answer', { permissionId, optionId: 'allow' }),
    other.call('permission.answer', { permissionId, optionId: 'reject' }),
  ]);
  const won = answers.findIndex(({ status }) => status === 'fulfilled');
  const [lost] = answers.filter((answer) => answer.status === 'rejected');
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.ok(isResolvedBy(won === 0 ? 'window one' : 'window two')(lost?.reason));
  await seen.end(promptId);
  assert.match(seen.text, won === 0 ? /You allowed/ : /You rejected/);
  assert.equal(seen.of('permission_resolved').length, 1);
});

test('a late answer is told by whom and how it was answered', async () => {
  const { promptId, seen, permission } = await asked();
  const { permissionId } = permission;
  await client.call('permission.answer', { permissionId, optionId: 'allow' });
  await seen.end(promptId);
  const other = await gateway.connect('window two');
  await assert.rejects(
    other.call('permission.answer', { permissionId, optionId: 'reject' }),
    (error: unknown) => {
      assert.ok(isResolvedBy('window one')(error) && error instanceof Problem);
      assert.equal(error.data['optionId'], 'allow');
      return true;
    },
  );
});

test('consent to something else than what was asked does not count, and the question stays', async () => {
  const { sessionId, permission } = await asked();
  const { permissionId } = permission;
  const isRefused = (error: unknown): boolean =>
    error instanceof Problem && error.problem === 'permission.option';
  const wrong = { permissionId, optionId: 'allow', digest: '0'.repeat(64) };
  await assert.rejects(client.call('permission.answer', wrong), isRefused);
  await assert.rejects(client.call('permission.answer', { permissionId, optionId: 'always' }), isRefused);
  const { permissions } = await client.call('permission.list', { sessionId });
  assert.equal(permissions.length, 1);
  await client.call('session.interrupt', { sessionId });
});

test('an unknown question is named as such', async () => {
  await assert.rejects(
    client.call('permission.answer', { permissionId: 'no-such', optionId: 'allow' }),
    (error: unknown) => error instanceof Problem && error.problem === 'permission.unknown',
  );
});

test('interrupting takes the question back; an answer after that changes nothing', async () => {
  const { sessionId, promptId, seen, permission } = await asked();
  await client.call('session.interrupt', { sessionId });
  assert.equal((await seen.end(promptId)).type, 'interrupted');
  const [resolved] = seen.of('permission_resolved');
  assert.deepEqual([resolved?.optionId, resolved?.by], [null, null]);
  await assert.rejects(
    client.call('permission.answer', { permissionId: permission.permissionId, optionId: 'allow' }),
    /took this question back/,
  );
  assert.deepEqual((await client.call('permission.list', { sessionId })).permissions, []);
});

test('a question outlives the window that was to answer it', async () => {
  const leaving = await gateway.connect('a window that reloads');
  const sessionId = await leaving.newSession();
  const before = await leaving.follow(sessionId);
  const { promptId } = await leaving.call('session.send', { sessionId, message: 'ask' });
  await before.untilType('permission');
  await leaving[Symbol.asyncDispose]();
  const seen = await client.follow(sessionId);
  const [permission] = seen.snapshot?.permissions ?? [];
  assert.ok(permission !== undefined);
  await client.call('permission.answer', { permissionId: permission.permissionId, optionId: 'allow' });
  await seen.end(promptId);
  assert.match(seen.text, /You allowed/);
});

test('questions one after the other are each their own', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'ask 3' });
  for (let question = 1; question <= 3; question += 1) {
    await seen.until(() => seen.of('permission').length === question);
    const { permissionId } = seen.of('permission')[question - 1] ?? {};
    assert.ok(permissionId !== undefined);
    const optionId = question === 2 ? 'reject' : 'allow';
    await client.call('permission.answer', { permissionId, optionId });
  }
  await seen.end(promptId);
  assert.match(seen.text, /allowed question 1[^]*rejected question 2[^]*allowed question 3/);
});

test('of two questions that are open at once each has its own answer, in whatever order they are answered', async () => {
  const { command, args } = recorded('codex-two');
  await using own = await startGateway({ config: { agents: { two: { command, args } } } });
  const window = await own.connect();
  const sessionId = await window.newSession({ agent: 'two', mode: 'code' });
  const seen = await window.follow(sessionId);
  const { promptId } = await window.call('session.send', { sessionId, message: 'TWO' });
  await seen.until(() => seen.of('permission').length === 2);
  const { permissions } = await window.call('permission.list', { sessionId });
  assert.deepEqual(
    permissions.map(({ title }) => title),
    ['touch two.txt # 1', 'touch two.txt # 2'],
  );
  for (const [index, { permissionId }] of permissions.toReversed().entries()) {
    await window.call('permission.answer', { permissionId, optionId: 'allow_once' });
    const { pendingPermissions } = await window.call('session.get', { sessionId });
    assert.equal(pendingPermissions, 1 - index);
  }
  assert.equal((await seen.end(promptId)).type, 'result');
});
