// What happens to a session while its agent is being started.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AgentId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { isAlive } from '../support/processes.ts';
import { waitFor } from '../support/waitFor.ts';

const folder = newFolder('starting');
const gated = path.join(import.meta.dirname, '..', 'support', 'gatedAgent.ts');
const gateOf = (name: string): string => path.join(folder, `${name}.gate`);
const pidFileOf = (name: string): string => path.join(folder, `${name}.pid`);
const agentOf = (name: string) => ({
  command: process.execPath,
  args: [gated, gateOf(name), pidFileOf(name)],
});

const gateway = await sharedGateway({
  config: { agents: { one: agentOf('one'), two: agentOf('two'), three: agentOf('three') } },
});
const client = await gateway.connect('window one');

test('a mode that is chosen while the agent starts is the one in which it works', async () => {
  const sessionId = await client.newSession({ agent: AgentId.parse('one'), mode: 'code' });
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'ask' });
  await waitFor('the agent', () => existsSync(pidFileOf('one')));
  const changed = client.call('session.set_mode', { sessionId, mode: 'ask' });
  // Answered after the call above has come in: the agent is let in after that.
  await client.call('gateway.info', {});
  writeFileSync(gateOf('one'), '');
  await changed;
  const { permissionId } = await seen.untilType('permission');
  await client.call('permission.answer', { permissionId, optionId: 'reject' });
  assert.equal((await seen.end(promptId)).type, 'result');
});

test('a conversation that is named while the agent starts is the one that it goes on with', async () => {
  const sessionId = await client.newSession({ agent: AgentId.parse('three') });
  const first = client.call('session.resume', { sessionId });
  await waitFor('the agent', () => existsSync(pidFileOf('three')));
  const second = client.call('session.resume', { sessionId, agentSessionId: 'another' });
  await client.call('gateway.info', {});
  writeFileSync(gateOf('three'), '');
  assert.deepEqual(await first, { ok: true, fallback: false });
  // It was asked for, which this agent cannot do.
  assert.deepEqual(await second, { ok: true, fallback: true });
});

test('a session that is destroyed while its agent starts leaves no agent behind', async () => {
  const sessionId = await client.newSession({ agent: AgentId.parse('two') });
  const resumed = assert.rejects(client.call('session.resume', { sessionId }), {
    problem: 'agent.failed',
    message: /stopped while it started/,
  });
  const pidFile = pidFileOf('two');
  const pid = await waitFor(
    'the agent',
    () => (existsSync(pidFile) && Number(readFileSync(pidFile))) || false,
  );
  await client.call('session.destroy', { sessionId });
  assert.equal(isAlive(pid), false);
  await resumed;
});
