// Agents that never answer: whoever asks something of them hears so, in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalogue } from '../../gateway/agents/catalogue.ts';
import { Agents } from '../../gateway/live/agents.ts';
import { systemClock } from '../../gateway/live/clock.ts';
import { AgentId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';

const catalogue = new Catalogue({
  agents: { silent: { name: 'Silent', command: 'sleep', args: ['600'] } },
  node: process.execPath,
  script: '',
});
const registry = { url: '', file: '' };
const agents = new Agents({ catalogue, clock: systemClock, home: newFolder('home'), registry }, 200);
const silent = AgentId.parse('silent');

test('a check of an agent that says nothing says that it did not answer', async () => {
  assert.deepEqual(await agents.check(silent), {
    ok: false,
    detail: 'Silent did not answer within 0.2 seconds.',
  });
});

test('what it remembers cannot be asked of it either', async () => {
  await assert.rejects(agents.pastSessions(silent, undefined), {
    problem: 'agent.failed',
    message: 'Silent did not answer within 0.2 seconds.',
  });
});
