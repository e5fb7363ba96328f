// What Claude asks before it uses a tool, as questions with options, and what each answer is in its protocol.
import { withoutUndefined } from '../language.ts';
import type { Form, FormField, PermissionOption } from '../protocol/index.ts';
import { isSubmit } from './acpForm.ts';
import type { Answer } from './agent.ts';
import { list, object, text, word, type JsonObject } from './json.ts';

export const ALLOW = 'allow';
const ALWAYS = 'always';
const REJECT = 'reject';

/** What the model reads when a person says no. */
const REFUSED = 'The user does not want this. Do not try it another way; ask how to go on.';
const UNANSWERED = 'The user chose none of these. Go on without an answer, or ask in plain words.';

/** The rules that Claude suggests for "do not ask again". Its other suggestions would change the mode as well. */
const rulesIn = (request: JsonObject): JsonObject[] =>
  list(request['permission_suggestions'])
    .map(object)
    .filter(({ type, behavior }) => type === 'addRules' && behavior === 'allow');

const ruleName = (value: unknown): string => {
  const rule = object(value);
  const content = word(rule['ruleContent']);
  return `${text(rule['toolName']) ?? ''}${content === undefined ? '' : `(${content})`}`;
};

/** Where a rule is kept says for how long and for whom it holds. */
const PLACES: Readonly<Record<string, string>> = {
  session: 'in this session',
  localSettings: 'in this folder',
  projectSettings: 'in this project, for everybody',
  userSettings: 'everywhere',
};

const alwaysOption = (request: JsonObject): PermissionOption[] => {
  const rules = rulesIn(request);
  if (rules.length === 0) return [];
  const names = rules.flatMap((suggestion) => list(suggestion['rules']).map(ruleName));
  const place = PLACES[text(rules[0]?.['destination']) ?? ''];
  const name = `Always allow ${names.join(', ')}${place === undefined ? '' : ` ${place}`}`;
  return [{ optionId: ALWAYS, kind: 'allow_always', name }];
};

/** What a person can answer when Claude asks for a tool. */
export const permissionOptions = (request: JsonObject): PermissionOption[] => [
  { optionId: ALLOW, kind: 'allow_once', name: 'Allow once' },
  ...alwaysOption(request),
  { optionId: REJECT, kind: 'reject_once', name: 'Reject' },
];

/** The answer in Claude's protocol. */
export const permissionAnswer = (request: JsonObject, optionId: string): JsonObject => {
  const allowed = { behavior: 'allow', updatedInput: request['input'] };
  if (optionId === ALLOW) return allowed;
  if (optionId === ALWAYS) return { ...allowed, updatedPermissions: rulesIn(request) };
  return { behavior: 'deny', message: REFUSED };
};

/** What Claude's questions are called in the form that shows them. Its own adapter for ACP says the same. */
const chosen = (index: number): string => `question_${index}`;
const typed = (index: number): string => `question_${index}_custom`;

/** The questions of the tool AskUserQuestion as a form: for each one a choice, and room for another answer. */
export const questionsForm = (input: JsonObject): { title: string; form: Form } | undefined => {
  const questions = list(input['questions']).map(object);
  const [first] = questions;
  if (first === undefined) return undefined;
  const isOne = questions.length === 1;
  const fields = questions.flatMap((asked, index): FormField[] => {
    const choices = list(asked['options']).map((value) => {
      const { label, description } = object(value);
      const name = text(label) ?? '';
      return withoutUndefined({ value: name, title: name, description: word(description) });
    });
    const question = text(asked['question']) ?? '';
    const title = (isOne ? word(asked['header']) : undefined) ?? question;
    const type = asked['multiSelect'] === true ? 'choices' : 'choice';
    return [
      { type, name: chosen(index), title, required: false, choices },
      { type: 'text', name: typed(index), title: 'Something else', required: false },
    ];
  });
  const title = isOne ? (text(first['question']) ?? '') : `${questions.length} questions`;
  return { title, form: { fields } };
};

/** Several answers in one text, as Claude takes it apart again. */
const joined = (answers: readonly string[]): string =>
  answers.map((one) => (/, |"/.test(one) ? JSON.stringify(one) : one)).join(', ');

/** What was answered, by the questions' own words; one without an answer is left out. */
export const questionsAnswer = (input: JsonObject, answer: Answer): JsonObject => {
  if (!isSubmit(answer)) return { behavior: 'deny', message: UNANSWERED };
  const answers: Record<string, string> = {};
  for (const [index, asked] of list(input['questions']).map(object).entries()) {
    const picked = answer.content?.[chosen(index)] ?? [];
    const other = word(answer.content?.[typed(index)]);
    const labels = Array.isArray(picked) ? picked : [String(picked)];
    const all = other === undefined ? labels : [...labels, other];
    const said = asked['multiSelect'] === true ? joined(all) : all.join(', ');
    if (said !== '') answers[text(asked['question']) ?? ''] = said;
  }
  return { behavior: 'allow', updatedInput: { ...input, answers } };
};
