// What a peer's policy must allow for a call, where that depends on its parameters, and what may be asked for again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRepeatable, lacks } from '../../gateway/core/peerPolicy.ts';
import { methods, PeerPolicy, type MethodName } from '../../gateway/protocol/index.ts';

const SEES: PeerPolicy = {
  ...PeerPolicy.parse({}),
  see: true,
  prompt: false,
  interrupt: false,
  answer: false,
};
const PROMPTS: PeerPolicy = { ...SEES, prompt: true };

const imported = (mode: string): object => ({ bundle: { session: { mode } } });

test('what a call needs follows from what it says', () => {
  const table: readonly [PeerPolicy, MethodName, unknown, ReturnType<typeof lacks>][] = [
    [SEES, 'session.draft', {}, undefined],
    [SEES, 'session.draft', { text: '' }, 'prompt'],
    [PROMPTS, 'session.draft', { text: 'x' }, undefined],
    [PROMPTS, 'session.import', imported('plan'), undefined],
    [PROMPTS, 'session.import', imported('code'), 'answer'],
    [PROMPTS, 'session.create', { mode: 'auto' }, 'answer'],
    [PROMPTS, 'session.send', { steer: true }, 'interrupt'],
    [PROMPTS, 'gateway.stop', {}, 'everything'],
  ];
  for (const [policy, method, params, lacking] of table)
    assert.equal(lacks(policy, method, params), lacking, `${method} ${JSON.stringify(params)}`);
});

test('what would be done twice is not asked for again when nobody knows what became of it', () => {
  const again = (
    ['session.get', 'session.send', 'session.create', 'queue.retry', 'permission.answer'] as const
  ).filter((method) => isRepeatable(method, methods[method].access));
  assert.deepEqual(again, ['session.get', 'session.send']);
});
