// What an agent tells of a conversation from before: bounded, and never beginning in the middle of a turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcpEarlier } from '../../gateway/agents/acpEarlier.ts';
import { readUpdate } from '../../gateway/agents/acpUpdates.ts';
import { ToolCards } from '../../gateway/agents/acpTools.ts';

const hear = (earlier: AcpEarlier, kind: string, said: string): void => {
  const raw = { sessionUpdate: kind, content: { type: 'text', text: said } };
  earlier.hear(raw, readUpdate(raw, new ToolCards()));
};

test('of a conversation that is too long the newest turns are kept, whole', () => {
  const earlier = new AcpEarlier();
  for (let turn = 0; turn < 400; turn += 1) {
    hear(earlier, 'user_message_chunk', `prompt ${turn}`);
    for (let piece = 0; piece < 4; piece += 1) hear(earlier, 'agent_message_chunk', 'x'.repeat(30_000));
  }
  const told = earlier.take();
  const prompts = told.flatMap((update) => (update.type === 'prompt' ? [update.text] : []));
  assert.equal(told[0]?.type, 'prompt');
  assert.equal(prompts.at(-1), 'prompt 399');
  assert.ok(prompts.length < 200 && prompts.length > 50, `${prompts.length} turns`);
  assert.equal(told.length, prompts.length * 5);
});

test('a prompt is told in what its blocks say, and ill-formed text as what can be stored', () => {
  const earlier = new AcpEarlier();
  hear(earlier, 'user_message_chunk', 'half \ud83d');
  const link = {
    sessionUpdate: 'user_message_chunk',
    content: { type: 'resource_link', uri: 'file:///a.ts' },
  };
  earlier.hear(link, []);
  earlier.hear({ sessionUpdate: 'current_mode_update', currentModeId: 'plan' }, [
    { type: 'mode', modeId: 'plan' },
  ]);
  assert.deepEqual(earlier.take(), [
    { type: 'prompt', text: 'half \ufffd' },
    { type: 'prompt', text: '[file:///a.ts]' },
  ]);
});
