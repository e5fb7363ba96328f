// An open question is told in one window at a time, and nowhere any more once it is answered. And: what was read in one
// window is read in all.
import assert from 'node:assert/strict';
import { kill } from 'node:process';
import { test } from 'node:test';
import type { NotificationParams, SessionId } from '../../gateway/protocol/index.ts';
import type { TestClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor } from '../support/waitFor.ts';

const gateway = await sharedGateway();

/** A window, and the questions that it tells of now. */
async function window(
  name: string,
  of = gateway,
): Promise<{ client: TestClient; telling: Set<string>; heard: string[] }> {
  const client = await of.connect(name);
  const telling = new Set<string>();
  const heard: string[] = [];
  const hear = (change: 'add' | 'delete') => (params: NotificationParams<'permission.announced'>) => {
    heard.push(change);
    telling[change](params.permissionId);
  };
  client.link.on('permission.announced', hear('add'));
  client.link.on('permission.settled', hear('delete'));
  return { client, telling, heard };
}

const stand = (folders: string[], focused: boolean, showing: SessionId[] = []) => ({
  folders,
  focused,
  showing,
});

test('one window tells, the folder’s own; the telling follows where people are, and ends with the answer', async () => {
  const [a, b] = [await window('window a'), await window('window b')];
  const sessionId = await a.client.newSession();
  const { path } = await a.client.call('session.get', { sessionId });
  await b.client.call('client.presence', stand(['/elsewhere'], true));
  await a.client.call('client.presence', stand([path], false));
  await a.client.call('session.send', { sessionId, message: 'ask' });
  await waitFor('window a to tell', () => a.telling.size === 1);

  // Somebody looks at the session in window b: nobody needs to be told.
  await b.client.call('client.presence', stand(['/elsewhere'], true, [sessionId]));
  await waitFor('window a to stop', () => a.telling.size === 0);
  await b.client.call('client.presence', stand(['/elsewhere'], false));
  await waitFor('window a to tell again', () => a.telling.size === 1);
  assert.deepEqual(b.heard, []);

  // The window goes: the other one takes over.
  await a.client[Symbol.asyncDispose]();
  await waitFor('window b to tell', () => b.telling.size === 1);
  const { permissions } = await b.client.call('permission.list', { sessionId });
  const [permissionId = ''] = b.telling;
  assert.equal(permissions[0]?.permissionId, permissionId);
  const [permission] = permissions;
  assert.ok(permission);
  const c = await gateway.connect('a terminal');
  await c.call('permission.answer', { permissionId: permission.permissionId, optionId: 'allow' });
  await waitFor('window b to stop', () => b.telling.size === 0);
  assert.deepEqual(b.heard, ['add', 'delete']);
});

test('a form is told as a question: no leave is asked for', async () => {
  const { client } = await window('window a');
  const asked: NotificationParams<'permission.announced'>[] = [];
  client.link.on('permission.announced', (params) => asked.push(params));
  const sessionId = await client.newSession();
  const { path } = await client.call('session.get', { sessionId });
  await client.call('client.presence', stand([path], true));
  for (const message of ['ask', 'form']) {
    await client.call('session.send', { sessionId, message });
    await waitFor('the question', () => asked.length > 0);
    const [told] = asked.splice(0);
    assert.equal(told?.isQuestion, message === 'form' ? true : undefined);
    await client.call('session.interrupt', { sessionId });
    await waitFor('the session to be idle', async () => {
      const { status } = await client.call('session.get', { sessionId });
      return status === 'idle';
    });
  }
});

test('of five windows that are all alike exactly one tells of each question', async () => {
  const windows = await Promise.all([1, 2, 3, 4, 5].map((n) => window(`window ${n}`)));
  for (const { client } of windows) await client.call('client.presence', stand(['/'], true));
  const [first] = windows;
  assert.ok(first);
  for (let n = 0; n < 3; n += 1) {
    const sessionId = await first.client.newSession();
    await first.client.call('session.send', { sessionId, message: 'ask' });
    await waitFor('the question', async () => {
      const { permissions } = await first.client.call('permission.list', { sessionId });
      return permissions.length === 1;
    });
  }
  const told = (): number => windows.reduce((sum, { heard }) => sum + heard.length, 0);
  await waitFor('all to be told', () => told() >= 3);
  // An answer to a later call says that whatever was on the way has arrived.
  for (const { client } of windows) await client.call('gateway.info', {});
  assert.equal(told(), 3);
  const all = windows.flatMap(({ telling }) => [...telling]);
  assert.equal(new Set(all).size, 3);
});

test('a session that comes to rest while nobody looks is told of in one window, and one that somebody stopped in none', async () => {
  await using own = await startGateway();
  const [a, b] = [await window('window a', own), await window('window b', own)];
  const ended: string[] = [];
  for (const [name, { client }] of [
    ['a', a],
    ['b', b],
  ] as const) {
    client.link.on('session.ended', ({ sessionId, outcome }) =>
      ended.push(`${name} ${sessionId} ${outcome}`),
    );
  }
  const { client } = a;
  const [good, bad, stopped, seen] = [
    await client.newSession(),
    await client.newSession(),
    await client.newSession(),
    await client.newSession(),
  ];
  await a.client.call('client.presence', stand(['/'], false));
  await b.client.call('client.presence', stand(['/elsewhere'], true, [seen]));
  // What waits runs next: the session has come to rest only after it.
  await client.call('session.send', { sessionId: good, message: 'echo one' });
  await client.ask(good, 'echo two');
  await client.ask(seen, 'echo seen');
  await client.call('session.send', { sessionId: stopped, message: 'silent' });
  await waitFor(
    'the turn',
    async () => (await client.call('session.get', { sessionId: stopped })).status === 'busy',
  );
  await client.call('session.interrupt', { sessionId: stopped });
  await client.call('session.send', { sessionId: bad, message: 'fail' });
  await waitFor('the failure to be told', () => ended.some((words) => words.endsWith('failed')));
  assert.deepEqual(ended, [`a ${good} finished`, `a ${bad} failed`]);
});

test('the end of a turn that began before there was a window is told, too', async () => {
  await using own = await startGateway();
  const { client } = await window('window a', own);
  const ended: string[] = [];
  client.link.on('session.ended', ({ sessionId, outcome }) => ended.push(`${sessionId} ${outcome}`));
  const sessionId = await client.newSession();
  const process = async () => (await client.call('monitor.sessions', {})).sessions[0];
  await client.call('session.send', { sessionId, message: 'silent' });
  await waitFor('the turn', async () => (await process())?.status === 'busy');
  await client.call('client.presence', stand(['/'], false));
  const pid = (await process())?.process?.pid;
  assert.ok(pid !== undefined);
  kill(pid, 'SIGKILL');
  await waitFor('the end to be told', () => ended.length > 0);
  assert.deepEqual(ended, [`${sessionId} failed`]);
});

test('a turn that has ended is unread until somebody has read it, in whatever window', async () => {
  const [a, b] = [await window('window a'), await window('window b')];
  const { client } = a;
  const sessionId = await client.newSession();
  const state = async () => {
    const { readSeq, unread } = await b.client.call('session.get', { sessionId });
    return { readSeq, unread };
  };
  assert.deepEqual(await state(), { readSeq: 0, unread: false });
  const seen = await client.ask(sessionId, 'echo hello');
  assert.equal((await state()).unread, true);
  const end = seen.of('result')[0]?.seq ?? 0;
  const changes: boolean[] = [];
  b.client.link.on('session.changed', ({ session }) => {
    if (session.sessionId === sessionId) changes.push(session.unread);
  });
  await b.client.call('session.watch', {});
  await client.call('session.mark_read', { sessionId, seq: end - 1 });
  assert.equal((await state()).unread, true);
  // More than there is is as much as there is.
  await client.call('session.mark_read', { sessionId, seq: end + 1000 });
  await waitFor('the other window to hear of it', () => changes.at(-1) === false);
  const read = await state();
  assert.ok(read.readSeq >= end && read.readSeq < end + 1000);
  await client.call('session.mark_read', { sessionId, seq: 1 });
  assert.deepEqual(await state(), read, 'nothing becomes unread again');

  await client.call('session.send', { sessionId, message: 'silent' });
  await waitFor('the turn', async () => (await client.call('session.get', { sessionId })).status === 'busy');
  await client.call('session.interrupt', { sessionId });
  await waitFor('the end', async () => (await client.call('session.get', { sessionId })).status === 'idle');
  assert.equal((await state()).unread, false, 'whoever stopped it knows');
});
