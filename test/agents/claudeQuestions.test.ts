// Claude's questions as options, and the answers as its protocol wants them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choicesAnswer,
  choicesIn,
  permissionAnswer,
  permissionOptions,
} from '../../gateway/agents/claudeQuestions.ts';

const input = { command: 'rm x' };
const rule = {
  type: 'addRules',
  behavior: 'allow',
  destination: 'userSettings',
  rules: [{ toolName: 'Bash', ruleContent: 'rm:*' }, { toolName: 'Read' }],
};
const request = {
  input,
  permission_suggestions: [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }, rule],
};

test('without a suggested rule there is nothing to allow for good', () => {
  const kinds = permissionOptions({ input, permission_suggestions: [request.permission_suggestions[0]] });
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['allow_once', 'reject_once'],
  );
});

test('"always" says all that it allows and where, and changes no mode', () => {
  const option = permissionOptions(request)[1];
  assert.equal(option?.name, 'Always allow Bash(rm:*), Read everywhere');
  const answer = permissionAnswer(request, option.optionId);
  assert.deepEqual(answer, { behavior: 'allow', updatedInput: input, updatedPermissions: [rule] });
});

test('only the two options that allow do allow', () => {
  assert.deepEqual(permissionAnswer(request, 'allow'), { behavior: 'allow', updatedInput: input });
  for (const optionId of ['reject', '', 'nonsense']) {
    assert.equal(permissionAnswer(request, optionId)['behavior'], 'deny');
  }
});

const asked = {
  questions: [
    { question: 'Which colour?', options: [{ label: 'Red' }, { label: 'Blue', description: 'like water' }] },
    { question: 'How many?', options: [{ label: 'One' }] },
  ],
};

test('several questions are answered together', () => {
  const choices = choicesIn(asked);
  assert.deepEqual(
    choices.map(({ options }) => options.map(({ name }) => name)),
    [
      ['Red', 'Blue: like water', 'None of these'],
      ['One', 'None of these'],
    ],
  );
  assert.deepEqual(choicesAnswer(asked, choices, ['1', '0']), {
    behavior: 'allow',
    updatedInput: { ...asked, answers: { 'Which colour?': 'Blue', 'How many?': 'One' } },
  });
});

test('one question without an answer leaves all of them unanswered', () => {
  const choices = choicesIn(asked);
  for (const optionIds of [['1', 'reject'], ['1'], ['7', '0']]) {
    assert.equal(choicesAnswer(asked, choices, optionIds)['behavior'], 'deny');
  }
});
