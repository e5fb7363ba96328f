// What an agent remembers by itself: its conversations are listed, adopted and forked, and it is told when one ends.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Problem, type Event, type SessionId, textOf } from '../../gateway/protocol/index.ts';
import { recordedClaude, richAgent } from '../support/agents.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { waitFor } from '../support/waitFor.ts';

const RICH = 'rich';

const rich = (folder: string): object => ({
  agents: { rich: richAgent(folder), plain: { command: 'cat', protocol: 'command' } },
});

const said = async (
  client: TestClient,
  sessionId: SessionId,
  message: string,
): Promise<string | undefined> => {
  const { events } = await client.ask(sessionId, message);
  return events.findLast((event) => event.type === 'partial')?.content;
};

const isProblem =
  (problem: string, pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.problem === problem && pattern.test(error.message);

test('a fork goes its own way: it remembers what was said before, shows it, and neither hears the other', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const first = await client.newSession({ agent: RICH, title: 'Harbour' });
  await client.ask(first, 'one');
  await client.ask(first, 'two');
  const { sessionId: fork } = await client.call('session.fork', { sessionId: first });
  const shown = await client.call('session.get', { sessionId: fork });
  assert.deepEqual([shown.title, shown.agent, shown.status], ['Harbour (fork)', 'rich', 'idle']);
  assert.notEqual(
    shown.agentSessionId,
    (await client.call('session.get', { sessionId: first })).agentSessionId,
  );
  assert.equal(await said(client, fork, 'three'), 'one, two');
  assert.equal(await said(client, first, 'four'), 'one, two');
  assert.equal(await said(client, fork, 'five'), 'one, two, three');
  const { messages } = await client.call('session.history', { sessionId: fork });
  assert.deepEqual(
    messages.flatMap((event) => (event.type === 'prompt' ? [event.message] : [])),
    ['one', 'two', 'three', 'five'],
  );
  assert.equal(
    messages.some((event) => event.type === 'text' && event.content.includes('told before')),
    false,
    'what the agent tells again is in the log already',
  );
});

test('a fork keeps what was chosen, which is only what is offered', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const first = await client.newSession({ agent: RICH, mode: 'plan' });
  await client.ask(first, 'one');
  await client.call('session.set_option', { sessionId: first, optionId: 'effort', value: 'high' });
  await assert.rejects(
    client.call('session.set_model', { sessionId: first, model: 'none' }),
    isProblem('model.unsupported', /no model "none"/),
  );
  const { sessionId } = await client.call('session.fork', { sessionId: first, title: 'Another way' });
  const { mode, title } = await client.call('session.get', { sessionId });
  assert.deepEqual([mode, title], ['plan', 'Another way']);
  assert.equal(await said(client, sessionId, 'settings'), 'small high slow');
});

test('what cannot be forked is refused in words, and leaves no session behind', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const fork = (sessionId: SessionId): Promise<unknown> => client.call('session.fork', { sessionId });
  const fresh = await client.newSession({ agent: RICH });
  await assert.rejects(fork(fresh), isProblem('agent.unable', /create a new one/));
  const demo = await client.newSession();
  await client.ask(demo, 'echo hello');
  await assert.rejects(fork(demo), isProblem('agent.unable', /Demo agent cannot fork/));
  const seen = await client.follow(demo);
  const { promptId } = await client.call('session.send', { sessionId: demo, message: 'silent' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  await assert.rejects(fork(demo), isProblem('prompt.state', /A turn is running/));
  await client.call('session.interrupt', { sessionId: demo });
  await seen.end(promptId);
  assert.equal((await client.call('session.list', {})).sessions.length, 2);
});

test('the conversations that an agent remembers are listed, page after page, and by folder', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  const folder = newFolder('work');
  const here = await client.newSession({ agent: RICH, path: folder });
  await client.ask(here, 'here');
  for (const word of ['a', 'b', 'c']) await client.ask(await client.newSession({ agent: RICH }), word);
  const { sessions } = await client.call('agent.sessions', { agent: RICH });
  assert.deepEqual(
    sessions.map(({ title }) => title),
    ['here', 'a', 'b', 'c'],
  );
  const ofFolder = await client.call('agent.sessions', { agent: RICH, path: folder });
  assert.deepEqual(
    ofFolder.sessions.map(({ agentSessionId, path: where, sessionId }) => [agentSessionId, where, sessionId]),
    [['rich-001', folder, here]],
  );
  await assert.rejects(
    client.call('agent.sessions', { agent: 'demo' }),
    isProblem('agent.unable', /does not tell/),
  );
});

test('a conversation that the agent had elsewhere goes on here', async () => {
  const memory = newFolder();
  const folder = newFolder('work');
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const before = await client.newSession({ agent: RICH, path: folder });
  await client.ask(before, 'remember me');
  await client.call('session.destroy', { sessionId: before });

  const [past] = (await client.call('agent.sessions', { agent: RICH, path: folder })).sessions;
  assert.deepEqual([past?.title, past?.sessionId], ['remember me', null]);
  const goOn = (): Promise<SessionId> =>
    client.newSession({ agent: RICH, path: folder, agentSessionId: past?.agentSessionId ?? '' });
  const [sessionId, meanwhile] = await Promise.all([goOn(), goOn()]);
  assert.equal(await said(client, sessionId, 'go on'), 'remember me');
  assert.deepEqual([meanwhile, await goOn()], [sessionId, sessionId], 'two sessions share one memory');
});

/** What a log says in words: prompts, answers, and calls of tools. */
const words = (messages: readonly Event[]): string[] =>
  messages.flatMap((event) => {
    if (event.type === 'prompt')
      return [`${event.earlier === true ? 'before' : 'now'}: ${textOf(event.message)}`];
    if (event.type === 'text') return [event.content];
    return event.type === 'tool_use' ? [event.title] : [];
  });

test('what was said before stands in the log of whoever goes on with it: once, first, and marked', async () => {
  const memory = newFolder();
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const before = await client.newSession({ agent: RICH });
  for (const message of ['one', 'two']) await client.ask(before, message);
  const { agentSessionId } = await client.call('session.get', { sessionId: before });
  await client.call('session.destroy', { sessionId: before });

  const sessionId = await client.newSession({ agent: RICH, agentSessionId: agentSessionId ?? '' });
  const told = ['before: one', 'Look for one', 'before: two', 'Look for two', 'one'];
  const log = async (): Promise<string[]> =>
    words((await client.call('session.history', { sessionId })).messages);
  assert.deepEqual(await log(), told);
  const { title, unread, status } = await client.call('session.get', { sessionId });
  assert.deepEqual([title, unread, status], ['one', false, 'idle']);
  const { hits } = await client.call('session.search', { query: 'two' });
  assert.deepEqual(
    hits.map((hit) => [hit.sessionId, hit.snippet]),
    [[sessionId, 'two']],
  );

  await client.ask(sessionId, 'three');
  await gateway.restart();
  const again = await gateway.connect();
  await again.call('session.resume', { sessionId });
  const { messages } = await again.call('session.history', { sessionId });
  assert.deepEqual(words(messages), [...told, 'now: three', 'one, two'], 'not told a second time');
});

/** What an agent calls a conversation in which something was said, in another session. */
async function overThere(client: TestClient): Promise<string> {
  const sessionId = await client.newSession({ agent: RICH });
  await client.ask(sessionId, 'over there');
  const { agentSessionId } = await client.call('session.get', { sessionId });
  return agentSessionId ?? '';
}

test('a session that goes on with another conversation is told that one as well', async () => {
  const memory = newFolder();
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const agentSessionId = await overThere(client);
  const sessionId = await client.newSession({ agent: RICH });
  await client.ask(sessionId, 'over here');
  await client.call('session.resume', { sessionId, agentSessionId });
  const told = ['now: over here', 'before: over there', 'Look for over there'];
  const { messages } = await client.call('session.history', { sessionId });
  assert.deepEqual(words(messages), told);

  await gateway.restart();
  const again = await gateway.connect();
  await again.call('session.resume', { sessionId });
  const after = await again.call('session.history', { sessionId });
  assert.deepEqual(words(after.messages), told, 'not told a second time');
});

test('an agent that has lost its memory is told what was said, however often it starts before the next prompt', async () => {
  const memory = newFolder();
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: RICH });
  await client.ask(sessionId, 'one');
  await gateway.restart();
  rmSync(path.join(memory, 'rich-001.json'));
  const resume = async (): Promise<boolean> => {
    const { fallback } = await (await gateway.connect()).call('session.resume', { sessionId });
    return fallback;
  };
  assert.equal(await resume(), true);
  await gateway.restart();
  assert.equal(await resume(), false, 'it remembers its new conversation, in which nothing was said');
  const again = await gateway.connect();
  assert.equal(await said(again, sessionId, 'retold?'), 'yes');
  assert.equal(await said(again, sessionId, 'retold?'), 'no');
  await gateway.restart();
  assert.equal(await said(await gateway.connect(), sessionId, 'retold?'), 'no');
});

test('what waits in the queue is for the conversation that the session goes on with', async () => {
  const memory = newFolder();
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const agentSessionId = await overThere(client);
  const sessionId = await client.newSession({ agent: RICH });
  const seen = await client.follow(sessionId);
  const running = await client.call('session.send', { sessionId, message: 'wait' });
  const waiting = await client.call('session.send', { sessionId, message: 'where am I' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  await client.call('session.resume', { sessionId, agentSessionId });
  assert.equal((await seen.end(running.promptId)).type, 'interrupted');
  assert.equal((await seen.end(waiting.promptId)).type, 'result');
  assert.equal(seen.of('partial').at(-1)?.content, 'over there');
});

test('a conversation that the agent has begun by itself, as Claude does at /clear, is the one that it goes on with', async () => {
  const { command, args } = recordedClaude('think');
  const config = { agents: { recorded: { command, args, protocol: 'claude' } } };
  await using gateway = await startGateway({ config });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'recorded' });
  const { events } = await client.ask(sessionId, 'THINK');
  const result = events.find((event) => event.type === 'result');
  const { agentSessionId } = await client.call('session.get', { sessionId });
  assert.deepEqual(
    [agentSessionId, result?.session_id],
    Array.from({ length: 2 }, () => 'a2c54a99-c397-47c9-83df-57071c6c3467'),
  );
});

test('a conversation that the agent does not know is refused, and leaves no session behind', async () => {
  await using gateway = await startGateway({ config: rich(newFolder()) });
  const client = await gateway.connect();
  await assert.rejects(
    client.newSession({ agent: RICH, agentSessionId: 'rich-404' }),
    isProblem('agent.unable', /agent\.sessions/),
  );
  await assert.rejects(
    client.newSession({ agent: 'plain', agentSessionId: 'of yesterday' }),
    isProblem('agent.unable', /agent\.sessions/),
  );
  assert.equal((await client.call('session.list', {})).sessions.length, 0);
});

test('an agent is told when its session ends', async () => {
  const memory = newFolder();
  await using gateway = await startGateway({ config: rich(memory) });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: RICH });
  await client.ask(sessionId, 'hello');
  const closed = path.join(memory, 'closed');
  assert.equal(existsSync(closed), false);
  await client.call('session.destroy', { sessionId });
  await waitFor('the end to be told', () => existsSync(closed));
  assert.equal(readFileSync(closed, 'utf8'), 'rich-001\n');
});
