// Agents that nobody needs: ended after a while, and brought back by the next prompt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentId, PromptId } from '../../gateway/protocol/index.ts';
import { recordedClaude } from '../support/agents.ts';
import { startGateway } from '../support/gateway.ts';

test('an idle agent is ended, the session is stopped, and the next prompt brings it back', async () => {
  await using gateway = await startGateway({ config: { idleAgentMinutes: 0.003 } });
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const follower = await client.ask(sessionId, 'say one');
  const stopped = await follower.until((event) => event.type === 'status' && event.status === 'stopped');
  const { sessions } = await client.call('monitor.sessions', {});
  assert.equal(sessions.find((session) => session.sessionId === sessionId)?.process, null);

  const promptId = PromptId.parse('after-the-rest');
  await client.call('session.send', { sessionId, promptId, message: 'say two' });
  assert.equal((await follower.end(promptId)).type, 'result');
  await follower.until(
    (event) => event.type === 'status' && event.status === 'stopped' && event.seq > stopped.seq,
  );
});

test('an agent that works, or waits for an answer, is not idle however long it takes', async () => {
  await using gateway = await startGateway({ config: { idleAgentMinutes: 0.003 } });
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const follower = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 40 20' });
  assert.equal(
    (await follower.end(promptId)).type,
    'result',
    'it took four times as long as an idle agent has',
  );
  const end = await follower.until((event) => event.type === 'status' && event.status === 'stopped');
  assert.ok(end.seq > (await follower.end(promptId)).seq);
});

test('a plain command and a plain Claude are agents of a gateway by its configuration', async () => {
  const { command, args } = recordedClaude('think');
  const config = {
    agents: {
      shout: { command: 'tr', args: ['a-z', 'A-Z'], protocol: 'command' },
      recorded: { command, args, protocol: 'claude' },
    },
  };
  await using gateway = await startGateway({ config });
  const client = await gateway.connect();
  const loud = await client.newSession({ agent: AgentId.parse('shout') });
  for (const said of ['one', 'two']) {
    const { text } = await client.ask(loud, said);
    assert.ok(text.endsWith(said.toUpperCase()), text);
  }
  const thinking = await client.newSession({ agent: AgentId.parse('recorded') });
  assert.equal((await client.ask(thinking, 'THINK')).text, 'Thought done.');
});
