// A conversation from before, as turns of the log: each prompt with its answer, in order, and over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EarlierUpdate } from '../../gateway/agents/agent.ts';
import { earlierTurns } from '../../gateway/live/earlier.ts';

const told: readonly EarlierUpdate[] = [
  { type: 'message', text: 'and so on' },
  { type: 'prompt', text: 'look at', key: 'u1' },
  { type: 'prompt', text: 'this file', key: 'u1' },
  { type: 'thought', text: 'Hm' },
  { type: 'message', text: 'It ', key: 'a1' },
  { type: 'message', text: 'is fine.', key: 'a1' },
  { type: 'prompt', text: 'one', key: 'u2' },
  { type: 'prompt', text: 'two', key: 'u3' },
];

test('blocks of one message are one prompt, and every prompt has an end', () => {
  let id = 0;
  const newId = (): string => `p${(id += 1)}`;
  const bodies = earlierTurns(told, { head: 10, agentSessionId: 'old', newId });
  assert.deepEqual(
    bodies.map((body) => [
      body.type,
      'promptId' in body ? body.promptId : 'messageId' in body && body.messageId,
    ]),
    [
      ['partial', 'm11'],
      ['prompt', 'p2'],
      ['thought', 'm13'],
      ['partial', 'm14'],
      ['partial', 'm14'],
      ['result', 'p2'],
      ['prompt', 'p3'],
      ['result', 'p3'],
      ['prompt', 'p4'],
      ['result', 'p4'],
    ],
  );
  const prompts = bodies.filter((body) => body.type === 'prompt');
  assert.deepEqual(
    prompts.map(({ message, earlier }) => [message, earlier]),
    [
      ['look at\nthis file', true],
      ['one', true],
      ['two', true],
    ],
  );
});
