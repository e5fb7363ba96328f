// Our four modes mean the same for every agent, or are refused: over what the real agents offer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOffer } from '../../gateway/agents/acpOffers.ts';
import { chooseMode, forgetCurrent, readModeOffer } from '../../gateway/agents/modes.ts';
import type { Mode } from '../../gateway/protocol/index.ts';

const modes = (currentModeId: string, ...ids: string[]) => ({
  modes: { currentModeId, availableModes: ids.map((id) => ({ id, name: id })) },
});
const option = (id: string, category: string, currentValue: string, ...values: string[]) => ({
  id,
  category,
  type: 'select',
  currentValue,
  options: values.map((value) => ({ value, name: value })),
});
const copilot = (name: string): string => `https://agentclientprotocol.com/protocol/session-modes#${name}`;

/** What each agent answers to session/new, as far as modes go. */
const OFFERS = {
  claude: modes('default', 'default', 'acceptEdits', 'plan', 'auto'),
  claudeBypass: modes('default', 'default', 'acceptEdits', 'plan', 'auto', 'bypassPermissions'),
  codex: {
    ...modes('agent', 'read-only', 'workspace-write', 'agent', 'agent-full-access'),
    configOptions: [option('collaboration_mode', 'collaboration_mode', 'default', 'default', 'plan')],
  },
  opencode: { configOptions: [option('mode', 'mode', 'build', 'build', 'plan')] },
  gemini: modes('default', 'default', 'autoEdit', 'yolo', 'plan'),
  copilot: modes(copilot('agent'), copilot('agent'), copilot('plan'), copilot('autopilot')),
  qwen: modes('auto', 'plan', 'default', 'auto-edit', 'auto', 'yolo'),
  bare: {},
};

type Choice = ReturnType<typeof chooseMode>;
const keep: Choice = [];
const set = (modeId: string): Choice => [{ type: 'mode', modeId }];
const choose = (configId: string, value: string): Choice => [{ type: 'option', configId, value }];

const CASES: Record<keyof typeof OFFERS, Record<Mode, Choice>> = {
  claude: { ask: keep, code: set('acceptEdits'), plan: set('plan'), auto: set('auto') },
  claudeBypass: { ask: keep, code: set('acceptEdits'), plan: set('plan'), auto: set('bypassPermissions') },
  codex: {
    ask: set('read-only'),
    code: set('workspace-write'),
    plan: choose('collaboration_mode', 'plan'),
    auto: set('agent-full-access'),
  },
  opencode: { ask: keep, code: undefined, plan: choose('mode', 'plan'), auto: undefined },
  gemini: { ask: keep, code: set('autoEdit'), plan: set('plan'), auto: set('yolo') },
  copilot: { ask: keep, code: undefined, plan: set(copilot('plan')), auto: set(copilot('autopilot')) },
  qwen: { ask: set('default'), code: set('auto-edit'), plan: set('plan'), auto: set('yolo') },
  bare: { ask: keep, code: undefined, plan: undefined, auto: undefined },
};

for (const [agent, expected] of Object.entries(CASES)) {
  test(`the modes of ${agent}`, () => {
    // The keys of CASES are those of OFFERS, which Object.entries does not know.
    const offer = readModeOffer(OFFERS[agent as keyof typeof OFFERS]);
    for (const mode of ['ask', 'code', 'plan', 'auto'] as const) {
      assert.deepEqual(chooseMode(mode, offer), expected[mode], mode);
    }
  });
}

test('a running agent comes back from planning, whatever is set by then', () => {
  const back = (offer: object) => chooseMode('ask', forgetCurrent(readModeOffer({ ...offer })));
  assert.deepEqual(back(OFFERS.opencode), choose('mode', 'build'));
  assert.deepEqual(back(OFFERS.claude), set('default'));
  assert.deepEqual(back(OFFERS.codex), [
    { type: 'mode', modeId: 'read-only' },
    { type: 'option', configId: 'collaboration_mode', value: 'default' },
  ]);
});

test('options in groups and nonsense are read as far as they can be', () => {
  const offer = readModeOffer({
    modes: { availableModes: [{ id: 'plan' }, { name: 'no id' }, null, 7] },
    configOptions: [
      { id: 'mode', options: [{ group: 'g', options: [{ value: 'build' }] }, 'nonsense'] },
      'nonsense',
    ],
  });
  assert.deepEqual(offer.modes, ['plan']);
  assert.deepEqual(offer.options, [{ id: 'mode', category: 'mode', current: undefined, values: ['build'] }]);
});

test('options that are nested without end are read like any other', () => {
  const depth = 100_000;
  const nested: unknown = JSON.parse(`${'{"options":['.repeat(depth)}{}${']}'.repeat(depth)}`);
  const effort = option('effort', 'thought_level', 'low', 'low');
  const { shown } = readOffer({ configOptions: [{ ...effort, options: [nested, ...effort.options] }] });
  assert.deepEqual(
    shown.options.map(({ optionId, values }) => [optionId, values.map(({ value }) => value)]),
    [['effort', ['low']]],
  );
});
