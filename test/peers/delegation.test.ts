// Tasks given to a peer: taken once, run there, and their end told here, whatever becomes of the link meanwhile.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Task } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { EVERYTHING, linkedGateways, type LocalClient } from '../support/linked.ts';
import { waitFor } from '../support/waitFor.ts';

const peer = 'box';

/** The one task that this gateway knows, once it is as wanted. */
async function taskWhen(client: LocalClient, fits: (task: Task) => boolean): Promise<Task> {
  let last: Task | undefined;
  await waitFor('the task', async () => {
    const { tasks } = await client.call('task.list', {});
    assert.equal(tasks.length, 1);
    [last] = tasks;
    return last !== undefined && fits(last);
  });
  return last as Task;
}

it('a task runs at the peer, and its result comes back', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const { taskId } = await here.call('task.delegate', { peer, prompt: 'slow 3 1' });
  const done = await taskWhen(here, ({ state }) => state === 'completed');
  assert.deepEqual([done.taskId, done.direction, done.result], [taskId, 'out', 's0 s1 s2 ']);
  const there = await taskWhen(both.box.client(), ({ state }) => state === 'completed');
  assert.deepEqual([there.direction, there.peer, there.sessionId], ['in', 'laptop', done.sessionId]);
  // What is over stays so, whatever is told of it late.
  const late = { taskId, state: 'running', sessionId: null, result: null, error: null };
  both.box.peering.tell(1, 'peer.task_report', late);
  await here.call('session.list', { peer });
  assert.deepEqual((await here.call('task.list', {})).tasks, [done]);
  assert.equal(both.box.prepared.length, 1);
  const events = both.box.store.mailEvents.read(0).map(({ data }) => data);
  assert.ok(
    events.some((data) => data.includes('"mailbox.created"') && data.includes(String(done.sessionId))),
  );
});

it('a peer that allows no prompts refuses a task, and that is told', async () => {
  await using both = linkedGateways();
  const here = both.laptop.client();
  await here.call('task.delegate', { peer, prompt: 'hello' });
  const refused = await taskWhen(here, ({ state }) => state === 'failed');
  assert.match(refused.error ?? '', /not allowed there/);
  assert.deepEqual((await both.box.client().call('session.list', {})).sessions, []);
});

it('a task for a peer that is away is kept, and taken once when it comes', async () => {
  await using both = linkedGateways(EVERYTHING);
  await both.cut();
  const here = both.laptop.client();
  const promptId = 'mine';
  const [first, again] = await Promise.all([
    here.call('task.delegate', { peer, prompt: 'slow 200 5', promptId }),
    here.call('task.delegate', { peer, prompt: 'slow 200 5', promptId }),
  ]);
  assert.deepEqual(first, again);
  await assert.rejects(here.call('task.delegate', { peer, prompt: 'another', promptId }), {
    problem: 'prompt.conflict',
  });
  // Whoever waits for the peer is told that it cannot be reached. The task goes on waiting.
  both.laptop.peering.side(1).calls.end();
  await setImmediate();
  await taskWhen(here, ({ state }) => state === 'sent');
  both.link();
  await taskWhen(here, ({ state }) => state === 'running');
  await both.cut();
  both.link();
  await taskWhen(both.box.client(), ({ state }) => state === 'completed');
  await taskWhen(here, ({ state }) => state === 'completed');
  assert.equal((await both.box.client().call('session.list', {})).sessions.length, 1);
});

it('a task that is stopped before its peer could be reached never runs', async () => {
  await using both = linkedGateways(EVERYTHING);
  await both.cut();
  const offered: string[] = [];
  both.box.peering.answer('peer.task', ({ taskId, prompt }) => {
    offered.push(prompt);
    return { taskId, state: 'running', sessionId: null, result: null, error: null };
  });
  const here = both.laptop.client();
  const { taskId } = await here.call('task.delegate', { peer, prompt: 'never' });
  assert.deepEqual(await here.call('task.stop', { taskId }), { ok: true, state: 'stopped', error: null });
  await here.call('task.delegate', { peer, prompt: 'the next' });
  both.link();
  await waitFor('the next', () => offered.length > 0);
  assert.deepEqual(offered, ['the next']);
});

it('a task that is stopped while its peer is away is stopped when that is linked again', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const { taskId } = await here.call('task.delegate', { peer, prompt: 'ask 1' });
  await taskWhen(here, ({ state }) => state === 'waiting');
  await both.cut();
  const stopping = here.call('task.stop', { taskId });
  both.laptop.peering.side(1).calls.end();
  const { state, error } = await stopping;
  assert.equal(state, 'waiting');
  assert.match(error ?? '', /stopped as soon as/);
  both.link();
  await taskWhen(both.box.client(), ({ state }) => state === 'stopped');
  await taskWhen(here, ({ state, error }) => state === 'stopped' && error === null);
});

it('a task for a peer that is removed has failed', async () => {
  await using both = linkedGateways(EVERYTHING);
  const { peering } = both.laptop;
  await waitFor('its mailboxes', () => peering.mailboxes().length > 0);
  await both.cut();
  const here = both.laptop.client();
  await here.call('task.delegate', { peer, prompt: 'hello' });
  peering.removed(1);
  assert.deepEqual(peering.mailboxes(), []);
  await taskWhen(
    here,
    ({ state, error }) => state === 'failed' && error?.startsWith('box was removed') === true,
  );
});

it('any number of tasks for a peer that is away are taken when it comes, however busy it is', async () => {
  await using both = linkedGateways(EVERYTHING);
  await both.cut();
  // Two hundred agents at once would be too much for a test.
  both.box.peering.answer('peer.task', async ({ taskId }) => {
    await setImmediate();
    return { taskId, state: 'running', sessionId: null, result: null, error: null };
  });
  const here = both.laptop.client();
  const given = Array.from({ length: 200 }, (_, n) =>
    here.call('task.delegate', { peer, prompt: `${n}`, promptId: `p${n}` }),
  );
  await Promise.all(given);
  both.link();
  const states = async (): Promise<Set<string>> =>
    new Set((await here.call('task.list', {})).tasks.map(({ state }) => state));
  await waitFor('all to be taken or refused', async () => !(await states()).has('sent'));
  assert.deepEqual([...(await states())], ['running']);
});

it('a task for a peer that is just ending is kept until that is back, and nothing else begins there', async () => {
  await using both = linkedGateways(EVERYTHING);
  const there = both.box.client();
  const { sessionId } = await there.call('session.create', { path: newFolder('work'), agent: 'demo' });
  // Accepted already, and about to be taken.
  await there.call('session.send', { sessionId, message: 'hello' });
  await there.call('gateway.drain', {});
  await both.box.store.synced(() => {});
  await setImmediate();
  await both.cut();
  const here = both.laptop.client();
  const given = here.call('task.delegate', { peer, prompt: 'hello' });
  // Its link comes while it is written down.
  both.link();
  await given;
  await waitFor('the offer', () => both.laptop.store.tasks.list()[0]?.isOffered);
  // Answered in order: what became of the offer is known after this.
  const { sessions } = await here.call('session.list', { peer });
  assert.deepEqual(
    sessions.map(({ sessionId: id, status }) => [id, status]),
    [[sessionId, 'stopped']],
  );
  assert.equal((await here.call('task.list', {})).tasks[0]?.state, 'sent');
  both.box.peering.answer('peer.task', ({ taskId }) => {
    return { taskId, state: 'running', sessionId: null, result: null, error: null };
  });
  await both.cut();
  both.link();
  await taskWhen(here, ({ state }) => state === 'running');
});

it('what ends while the link is broken is told when it is back, also by a peer that takes no more tasks', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  await here.call('task.delegate', { peer, prompt: 'slow 30 5' });
  await taskWhen(here, ({ state }) => state === 'running');
  await both.cut();
  await taskWhen(both.box.client(), ({ state }) => state === 'completed');
  assert.equal((await here.call('task.list', {})).tasks[0]?.state, 'running');
  // As if its gateway had died when the turn had ended, and before the task was looked at: its next start does.
  const { store, delegation } = both.box;
  for (const task of store.tasks.list())
    store.written(() => store.tasks.change(task, { state: 'running', result: null }, task.task.updatedAt));
  delegation.recover();
  both.box.permit({ prompt: false });
  both.link();
  await taskWhen(here, ({ state, result }) => state === 'completed' && result?.startsWith('s0 ') === true);
});

it('a task is stopped from here; a question in it is shown as waiting', async () => {
  await using both = linkedGateways(EVERYTHING);
  const here = both.laptop.client();
  const { taskId } = await here.call('task.delegate', { peer, prompt: 'ask 1' });
  await taskWhen(here, ({ state }) => state === 'waiting');
  await here.call('task.stop', { taskId });
  await taskWhen(here, ({ state }) => state === 'stopped');
  await taskWhen(both.box.client(), ({ state }) => state === 'stopped');
});
