// Calls to a peer: what a link took with it is asked again, but nothing is done twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Calls } from '../../gateway/peers/calls.ts';
import { Messages } from '../../gateway/peers/messages.ts';
import { PassedOn } from '../../gateway/rpc/dispatch.ts';
import { linkPair } from '../support/linkPair.ts';
import { waitFor } from '../support/waitFor.ts';

/** Calls to a peer that answers when it is told to, and time that passes when it is told to. */
function newCalls() {
  const timers = new Set<() => void>();
  const calls = new Calls({
    name: () => 'box',
    instanceId: 'here',
    after: (_ms, callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
    onPresence: () => {},
  });
  /** What the peer was asked over this link: the methods, with the ids. */
  const link = (run: string) => {
    const asked: { method: string; id: string }[] = [];
    const [box, here] = linkPair('box', 'here');
    new Messages(box, (message) => asked.push(message as { method: string; id: string }));
    calls.linked(new Messages(here, () => {}), run);
    return asked;
  };
  const call = (method: string, isRepeatable: boolean, params: object = {}) =>
    calls.call(method, params, { isRepeatable });
  return { calls, link, call, timers };
}

test('what a link took along is asked again of the same run; of another run only what may be done twice', async () => {
  const { calls, link, call } = newCalls();
  const first = link('run 1');
  const once = call('once', false);
  const again = call('again', true);
  await waitFor('both', () => first.length === 2);
  calls.dropped();
  const second = link('run 1');
  await waitFor('both again', () => second.length === 2);
  assert.deepEqual(second, first);
  calls.dropped();
  const third = link('run 2');
  await assert.rejects(once, /was started anew while this was under way/);
  await waitFor('the one', () => third.length > 0);
  assert.deepEqual(third, [first[1]]);
  calls.receive(third[0]?.id ?? '', { result: 'done' });
  assert.equal(await again, 'done');
});

test('so many are under way at once, in characters too, over one link after another', async () => {
  const { calls, link, call } = newCalls();
  const long = { text: 'x'.repeat(5 * 1024 * 1024) };
  const all = [call('long 1', true, long), call('long 2', true, long)];
  for (let count = 0; count < 100; count += 1) all.push(call(`short ${count}`, true));
  let asked = link('run 1');
  const next = async (count: number): Promise<void> => {
    await waitFor(`${count} calls`, () => asked.length === count);
  };
  const again = (): void => {
    calls.dropped();
    asked = link('run 1');
  };
  const answer = (): void => {
    for (const { id, method } of asked.splice(0)) calls.receive(id, { result: method });
  };
  for (let broken = 0; broken < 2; broken += 1) {
    await next(1);
    again();
  }
  for (const one of ['long 1', 'long 2']) {
    await waitFor(one, () => asked[0]?.method === one);
    if (one === 'long 1') answer();
  }
  await next(64);
  again();
  await next(64);
  answer();
  await next(all.length - 1 - 64);
  answer();
  assert.deepEqual((await Promise.all(all)).slice(0, 3), ['long 1', 'long 2', 'short 0']);
});

test('so many wait for an answer and no more', async () => {
  const { calls, call } = newCalls();
  const all = Array.from({ length: 1_000 }, () => call('x', true));
  await assert.rejects(call('x', true), /Too many calls wait/);
  calls.end();
  for (const { status } of await Promise.allSettled(all)) assert.equal(status, 'rejected');
});

test('a bug there is told as one of there, not as a problem of ours', async () => {
  const { calls, link, call } = newCalls();
  const asked = link('run 1');
  const answer = call('x', true);
  await waitFor('the call', () => asked.length === 1);
  const error = { code: -32603, message: 'a bug', data: { problem: 'internal', errorId: 'e1' } };
  calls.receive(asked[0]?.id ?? '', { error });
  await assert.rejects(answer, (thrown) => thrown instanceof PassedOn && thrown.message === 'a bug');
});

test('a peer that is no peer any more leaves no timer behind', () => {
  const { calls, link, timers } = newCalls();
  link('run 1');
  calls.dropped();
  calls.end();
  assert.equal(timers.size, 0);
});
