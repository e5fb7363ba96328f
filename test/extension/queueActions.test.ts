// What the panel does to waiting prompts, against a real gateway: sent now, held or not, and edited with what goes along.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { editQueued, sendNow } from '../../extension/queueActions.ts';
import { AgentId, PromptId } from '../../gateway/protocol/index.ts';
import { waitFor } from '../support/waitFor.ts';
import { link, place } from './gateway.ts';

const LIMIT = { timeout: 60_000 };
const id = (text: string): PromptId => PromptId.parse(text);

/** A session whose agent works and will not stop by itself, with two prompts that wait. */
async function working(t: TestContext) {
  const { home, window } = place(t);
  const connection = window('window test');
  connection.want();
  await link(connection, 'connected');
  const { sessionId } = await connection.call('session.create', { path: home, agent: AgentId.parse('demo') });
  const send = (promptId: string, message: string) =>
    connection.call('session.send', { sessionId, promptId: id(promptId), message });
  await send('p0', 'silent');
  await send('p1', 'echo one');
  await send('p2', 'echo two');
  const ran = async (): Promise<string> =>
    (await connection.call('session.history', { sessionId })).messages
      .flatMap((event) => (event.type === 'prompt' ? [event.promptId] : []))
      .join(' ');
  return { connection, sessionId, ran, session: () => connection.call('session.get', { sessionId }) };
}

const allRan = (ran: () => Promise<string>): Promise<true> =>
  waitFor('all three to have run', async () => (await ran()).split(' ').length === 3);

test('a prompt that is sent now stops what runs and goes before the others', LIMIT, async (t) => {
  const { connection, sessionId, ran } = await working(t);
  await sendNow(connection, sessionId, id('p2'));
  await allRan(ran);
  assert.equal(await ran(), 'p0 p2 p1');
});

test('a hold ends when somebody sends now', LIMIT, async (t) => {
  const { connection, sessionId, ran, session } = await working(t);
  await connection.call('queue.pause', { sessionId });
  await sendNow(connection, sessionId, id('p2'));
  await allRan(ran);
  assert.equal((await session()).held, false);
});

test(
  'a prompt that runs already, or whose turn comes just then, is not stopped for itself',
  LIMIT,
  async (t) => {
    const { connection, sessionId, ran } = await working(t);
    await assert.rejects(sendNow(connection, sessionId, id('p0')), /running/);
    assert.equal(await ran(), 'p0');
    const { prompts } = await connection.call('queue.list', { sessionId });
    assert.equal(prompts.find(({ promptId }) => promptId === 'p0')?.state, 'running');

    await connection.call('queue.edit', { sessionId, promptId: id('p2'), message: 'silent' });
    // What runs ends at the last moment, just before it would be stopped.
    const late: Parameters<typeof sendNow>[0] = {
      call: async (method, params) => {
        if (method === 'session.interrupt') {
          await connection.call('session.interrupt', { sessionId });
          await waitFor('its turn', async () => (await ran()) === 'p0 p2');
        }
        return connection.call(method, params);
      },
    };
    await sendNow(late, sessionId, id('p2'));
    assert.deepEqual(
      (await connection.call('queue.list', { sessionId })).prompts.map(
        (one) => `${one.promptId} ${one.state}`,
      ),
      ['p2 running', 'p1 queued'],
    );
  },
);

test('another text leaves what goes along with a prompt', LIMIT, async (t) => {
  const { connection, sessionId } = await working(t);
  const file = { type: 'resource_link' as const, uri: 'file:///a.ts', name: 'a.ts' };
  const message = [{ type: 'text' as const, text: 'see' }, file];
  await connection.call('session.send', { sessionId, promptId: id('p3'), message });
  await editQueued(connection, sessionId, id('p3'), 'look at');
  await editQueued(connection, sessionId, id('p1'), 'echo first');
  const { prompts } = await connection.call('queue.list', { sessionId });
  const of = (promptId: string) => prompts.find((prompt) => prompt.promptId === promptId)?.message;
  assert.deepEqual(of('p3'), [{ type: 'text', text: 'look at' }, file]);
  assert.equal(of('p1'), 'echo first');
});
