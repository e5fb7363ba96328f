// Forms of agents: kept, answered once and checked like any other question.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../gateway/protocol/index.ts';
import { askedFor, type Asked } from '../support/asked.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';

const gateway = await sharedGateway();
const client = await gateway.connect('window one');

/** The agent has just asked for a form to be filled in, or for a page to be opened. */
const asked = (message = 'form', mode?: 'auto'): Promise<Asked> => askedFor(client, message, mode);

const isRefused =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.problem === 'permission.option' && pattern.test(error.message);

const CONTENT = { greeting: 'Ahoy', name: 'Ada', times: 2, manners: ['bow', 'wave'], aloud: true };

test('a form is a question with fields, and no mode answers it', async () => {
  const { sessionId, seen, permission } = await asked('form', 'auto');
  const [event] = seen.of('permission');
  assert.deepEqual([event?.form, event?.digest], [permission.form, permission.digest]);
  assert.equal(permission.title, 'How shall I greet?');
  assert.deepEqual(
    permission.form?.fields.map(({ name, type, required }) => [name, type, required]),
    [
      ['greeting', 'choice', true],
      ['name', 'text', true],
      ['times', 'number', false],
      ['manners', 'choices', false],
      ['aloud', 'boolean', false],
    ],
  );
  const { status, pendingPermissions, pendingQuestions } = await client.call('session.get', { sessionId });
  assert.deepEqual([status, pendingPermissions, pendingQuestions], ['waiting', 1, 1]);
  await client.call('session.interrupt', { sessionId });
});

test('what was filled in reaches the agent, and everybody sees it with the name of who did', async () => {
  const { promptId, seen, permission } = await asked();
  const { permissionId, digest } = permission;
  await client.call('permission.answer', { permissionId, optionId: 'submit', content: CONTENT, digest });
  await seen.end(promptId);
  assert.match(seen.text, /- greeting: Ahoy\n- name: Ada\n- times: 2\n- manners: bow,wave\n- aloud: true\n/);
  const [resolved] = seen.of('permission_resolved');
  assert.deepEqual(
    [resolved?.optionId, resolved?.content, resolved?.by?.name],
    ['submit', CONTENT, 'window one'],
  );
});

test('what does not fit the form is refused field by field, and the question stays open', async () => {
  const { sessionId, promptId, seen, permission } = await asked();
  const { permissionId } = permission;
  const submit = (content?: object): Promise<unknown> =>
    client.call('permission.answer', {
      permissionId,
      optionId: 'submit',
      ...(content === undefined ? {} : { content: { ...content } }),
    });
  await assert.rejects(submit(), isRefused(/has to be filled in/));
  await assert.rejects(submit({ name: 'Ada' }), isRefused(/Greeting: .+Correct it, or decline/));
  await assert.rejects(
    submit({ ...CONTENT, greeting: 'Oi' }),
    isRefused(/Greeting: choose one of: Hello, Ahoy/),
  );
  await assert.rejects(submit({ ...CONTENT, times: 9 }), isRefused(/How often: /));
  await assert.rejects(submit({ ...CONTENT, times: 1.5 }), isRefused(/How often: /));
  await assert.rejects(submit({ ...CONTENT, manners: ['spit'] }), isRefused(/Manners: choose one of/));
  await assert.rejects(submit({ ...CONTENT, more: 'x' }), isRefused(/more/));
  assert.equal((await client.call('session.get', { sessionId })).pendingPermissions, 1);
  await submit({ greeting: 'Hello', name: 'Ada' });
  await seen.end(promptId);
  assert.match(seen.text, /Thank you/);
});

test('declining tells the agent so, and keeps nothing of what was filled in', async () => {
  const { promptId, seen, permission } = await asked();
  const { permissionId } = permission;
  await client.call('permission.answer', { permissionId, optionId: 'decline', content: CONTENT });
  await seen.end(promptId);
  assert.match(seen.text, /You declined/);
  assert.equal(seen.of('permission_resolved')[0]?.content, undefined);
});

test('of two windows the first to submit wins, and the other is told who', async () => {
  const { permission, promptId, seen } = await asked();
  const other = await gateway.connect('window two');
  const { permissionId } = permission;
  await other.call('permission.answer', { permissionId, optionId: 'submit', content: CONTENT });
  await assert.rejects(
    client.call('permission.answer', { permissionId, optionId: 'submit', content: CONTENT }),
    (error: unknown) => error instanceof Problem && /Already answered by window two/.test(error.message),
  );
  await seen.end(promptId);
});

test('a page to open is shown with its address, and opened only by a person', async () => {
  const { permission, promptId, seen } = await asked('page');
  assert.equal(permission.url, 'https://agentclientprotocol.com/');
  await client.call('permission.answer', { permissionId: permission.permissionId, optionId: 'submit' });
  await seen.end(promptId);
  assert.match(seen.text, /Thank you/);
});

test('stopping the turn takes its form back', async () => {
  const { sessionId, seen } = await asked();
  await client.call('session.interrupt', { sessionId });
  const resolved = await seen.untilType('permission_resolved');
  assert.deepEqual([resolved.optionId, resolved.by], [null, null]);
});

test('a form survives its windows and the gateway: what was filled in is heard when its prompt runs again', async () => {
  await using own = await startGateway();
  const first = await own.connect('window one');
  const sessionId = await first.newSession();
  const seen = await first.follow(sessionId);
  const { promptId } = await first.call('session.send', { sessionId, message: 'form' });
  await seen.untilType('permission');
  await first[Symbol.asyncDispose]();
  const second = await own.connect('window two');
  const [permission] = (await second.call('permission.list', { sessionId })).permissions;
  assert.equal(permission?.form?.fields.length, 5);
  await own.kill9();
  await own.start();
  const third = await own.connect('window three');
  const { permissionId } = permission;
  await third.call('permission.answer', { permissionId, optionId: 'submit', content: CONTENT });
  const again = await third.follow(sessionId);
  await third.call('queue.retry', { sessionId, promptId });
  await again.untilType('result');
  assert.match(again.text, /Ada/);
  assert.deepEqual((await third.call('permission.list', { sessionId })).permissions, []);
});
