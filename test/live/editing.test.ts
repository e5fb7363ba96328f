// What people do with prompts that wait: another text, another place, now instead of later, or not at all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PromptId, type SessionId } from '../../gateway/protocol/index.ts';
import type { Follower } from '../support/client.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { waitFor } from '../support/waitFor.ts';

const gateway = await sharedGateway();
const client = await gateway.connect('window one');

interface Busy {
  readonly sessionId: SessionId;
  readonly seen: Follower;
  readonly ids: PromptId[];
}

/** A session that is busy until it is stopped, with prompts that wait. */
async function busyWith(...waiting: string[]): Promise<Busy> {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  await client.call('session.send', { sessionId, message: 'silent' });
  const ids: PromptId[] = [];
  for (const message of waiting) {
    ids.push((await client.call('session.send', { sessionId, message })).promptId);
  }
  return { sessionId, seen, ids };
}

const at = (ids: readonly PromptId[], index: number): PromptId => PromptId.parse(ids[index]);

const waitingTexts = async (sessionId: SessionId): Promise<unknown[]> => {
  const { prompts } = await client.call('queue.list', { sessionId });
  return prompts.filter(({ state }) => state === 'queued').map(({ message }) => message);
};

test('a waiting prompt gets another text, and everybody who follows hears of it', async () => {
  const { sessionId, seen, ids } = await busyWith('echo wrong');
  const promptId = at(ids, 0);
  await client.call('queue.edit', { sessionId, promptId, message: 'echo right' });
  assert.deepEqual(await waitingTexts(sessionId), ['echo right']);
  await seen.until((event) => event.type === 'queued' && event.message === 'echo right');
  await client.call('session.interrupt', { sessionId });
  await seen.end(promptId);
  assert.match(seen.text, /right$/);
});

test('waiting prompts change places, to either end and between two others', async () => {
  const { sessionId, ids } = await busyWith('echo one', 'echo two', 'echo three');
  const move = (index: number, position: number) =>
    client.call('queue.move', { sessionId, promptId: at(ids, index), position });
  await move(2, 0);
  assert.deepEqual(await waitingTexts(sessionId), ['echo three', 'echo one', 'echo two']);
  await move(2, 99);
  assert.deepEqual(await waitingTexts(sessionId), ['echo one', 'echo two', 'echo three']);
  await move(0, 1);
  assert.deepEqual(await waitingTexts(sessionId), ['echo two', 'echo one', 'echo three']);
});

test('a prompt that runs cannot be changed, an unknown one neither, and both say so', async () => {
  const { sessionId } = await busyWith();
  const { prompts } = await client.call('queue.list', { sessionId });
  const promptId = PromptId.parse(prompts[0]?.promptId);
  await assert.rejects(
    client.call('queue.edit', { sessionId, promptId, message: 'echo late' }),
    /is running/,
  );
  const nobody = PromptId.parse('nobody');
  await assert.rejects(
    client.call('queue.move', { sessionId, promptId: nobody, position: 0 }),
    /has no prompt nobody/,
  );
});

test('a prompt that is sent now stops the turn and goes before all that waits', async () => {
  const { sessionId, seen, ids } = await busyWith('echo patient');
  const { promptId, position } = await client.call('session.send', {
    sessionId,
    message: 'echo urgent',
    steer: true,
  });
  assert.equal(position, 1);
  await seen.end(promptId);
  await seen.end(at(ids, 0));
  const said = seen.of('partial').map(({ content }) => content);
  assert.ok(said.indexOf('urgent') < said.indexOf('patient'), said.join(', '));
  assert.equal(seen.of('interrupted').length, 1);
});

test('a prompt that is sent now does not wait behind a hold; sent again, it stops nothing', async () => {
  const { sessionId, seen } = await busyWith('echo patient');
  await client.call('queue.pause', { sessionId });
  const urgent = { sessionId, message: 'silent', promptId: PromptId.parse('urgent'), steer: true };
  await client.call('session.send', urgent);
  await seen.until((event) => event.type === 'prompt' && event.promptId === 'urgent');
  const next = { sessionId, message: 'echo next', promptId: PromptId.parse('next') };
  const { position } = await client.call('session.send', next);
  assert.deepEqual(await client.call('session.send', { ...next, steer: true }), {
    ...(await client.call('session.send', next)),
    position,
  });
  await client.call('session.send', urgent);
  assert.equal(seen.of('interrupted').length, 1);
  const { prompts, held } = await client.call('queue.list', { sessionId });
  assert.deepEqual([prompts[0]?.promptId, prompts[0]?.state, held], ['urgent', 'running', false]);
});

test('a prompt that has not started in time is taken out, also while its queue is held', async () => {
  const { sessionId, seen } = await busyWith();
  await client.call('queue.pause', { sessionId });
  const stale = { sessionId, message: 'echo stale', expiresInS: 0.05 };
  const { promptId } = await client.call('session.send', stale);
  await seen.until((event) => event.type === 'dequeued' && event.promptId === promptId);
  assert.equal((await client.call('session.get', { sessionId })).queued, 0);
});

test('a draft that one window writes stands in the other, and is not told to its author', async () => {
  const sessionId = await client.newSession();
  const other = await gateway.connect('window two');
  const heard: string[] = [];
  const echoed: string[] = [];
  other.link.on('session.drafted', ({ text }) => heard.push(text));
  client.link.on('session.drafted', ({ text }) => echoed.push(text));
  await client.follow(sessionId);
  await other.follow(sessionId);
  await client.call('session.draft', { sessionId, text: 'half a thought' });
  await waitFor('the other window to hear of the draft', () => heard.length > 0);
  assert.deepEqual([heard, echoed], [['half a thought'], []]);
  assert.equal((await other.call('session.draft', { sessionId })).text, 'half a thought');
});

test('a prompt that was edited is still the one that was sent: sending the first text again changes nothing', async () => {
  const { sessionId } = await busyWith();
  const sent = { sessionId, message: 'echo first', promptId: PromptId.parse('edited-later') };
  const { promptId } = await client.call('session.send', sent);
  for (const message of ['echo second', 'echo third'])
    await client.call('queue.edit', { sessionId, promptId, message });
  assert.equal((await client.call('session.send', sent)).state, 'queued');
  assert.deepEqual(await waitingTexts(sessionId), ['echo third']);
});

test('whoever follows a session is told who else does, and hears when one of them leaves', async () => {
  const sessionId = await client.newSession();
  const other = await gateway.connect('window two');
  const heard: string[] = [];
  client.link.on('session.followed', (news) => {
    if (news.sessionId === sessionId) heard.push(news.followers.map(({ name }) => name).join(' and '));
  });
  await client.follow(sessionId);
  await waitFor('the first news', () => heard.at(-1) === 'window one');
  await other.follow(sessionId);
  await waitFor('two followers', () => heard.at(-1) === 'window one and window two');
  await other[Symbol.asyncDispose]();
  await waitFor('one follower', () => heard.at(-1) === 'window one');
});

test('whoever follows a session anew hears everything once, all the same', async () => {
  const sessionId = await client.newSession();
  const heard: number[] = [];
  client.link.on('session.events', (told) => {
    if (told.sessionId === sessionId) heard.push(...told.events.map(({ seq }) => seq));
  });
  await client.call('session.subscribe', { sessionId });
  await client.ask(sessionId, 'echo once');
  assert.ok(heard.length > 1);
  assert.deepEqual(heard, [...new Set(heard)]);
});
