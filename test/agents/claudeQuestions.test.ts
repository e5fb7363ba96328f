// Claude's questions as options, and the answers as its protocol wants them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  permissionAnswer,
  permissionOptions,
  questionsAnswer,
  questionsForm,
} from '../../gateway/agents/claudeQuestions.ts';
import { object } from '../../gateway/agents/json.ts';
import type { FormContent } from '../../gateway/protocol/index.ts';

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
  const others = [request.permission_suggestions[0], { ...rule, behavior: 'deny' }];
  const kinds = permissionOptions({ input, permission_suggestions: others });
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
    { question: 'Which sizes?', multiSelect: true, options: [{ label: 'S' }, { label: 'M, L' }] },
  ],
};

test('questions are a form with a choice for each, and room for another answer', () => {
  const { title, form } = questionsForm(asked) ?? {};
  assert.equal(title, '2 questions');
  assert.deepEqual(
    form?.fields.map(({ type, name, required }) => [type, name, required]),
    [
      ['choice', 'question_0', false],
      ['text', 'question_0_custom', false],
      ['choices', 'question_1', false],
      ['text', 'question_1_custom', false],
    ],
  );
  assert.deepEqual(form?.fields[0]?.type === 'choice' && form.fields[0].choices, [
    { value: 'Red', title: 'Red' },
    { value: 'Blue', title: 'Blue', description: 'like water' },
  ]);
  assert.equal(questionsForm({}), undefined);
});

test('what was filled in is answered by the words of the questions, and the rest is left out', () => {
  const answersTo = (content: FormContent): unknown =>
    object(questionsAnswer(asked, { optionId: 'submit', content })['updatedInput'])['answers'];
  assert.deepEqual(answersTo({ question_0: 'Blue', question_1: ['S', 'M, L'], question_1_custom: 'huge' }), {
    'Which colour?': 'Blue',
    'Which sizes?': 'S, "M, L", huge',
  });
  assert.deepEqual(answersTo({ question_0_custom: 'green, or so' }), { 'Which colour?': 'green, or so' });
  assert.deepEqual(answersTo({}), {});
});

test('a form that was declined answers nothing', () => {
  assert.equal(questionsAnswer(asked, { optionId: 'decline' })['behavior'], 'deny');
});
