// What Claude asks before it uses a tool, as questions with options, and what each answer is in its protocol.
import type { PermissionOption } from '../protocol/index.ts';
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

export const permissionOptions = (request: JsonObject): PermissionOption[] => [
  { optionId: ALLOW, kind: 'allow_once', name: 'Allow once' },
  ...alwaysOption(request),
  { optionId: REJECT, kind: 'reject_once', name: 'Reject' },
];

export const permissionAnswer = (request: JsonObject, optionId: string): JsonObject => {
  const allowed = { behavior: 'allow', updatedInput: request['input'] };
  if (optionId === ALLOW) return allowed;
  if (optionId === ALWAYS) return { ...allowed, updatedPermissions: rulesIn(request) };
  return { behavior: 'deny', message: REFUSED };
};

/** One question of the tool AskUserQuestion: a choice between labels. */
export interface Choice {
  readonly question: string;
  readonly labels: readonly string[];
  readonly options: readonly PermissionOption[];
}

export const choicesIn = (input: JsonObject): Choice[] =>
  list(input['questions'])
    .map(object)
    .map((asked) => {
      const offered = list(asked['options']).map(object);
      const labels = offered.map((option) => text(option['label']) ?? '');
      const names = offered.map((option, index) => {
        const description = word(option['description']);
        return description === undefined ? (labels[index] ?? '') : `${labels[index]}: ${description}`;
      });
      return {
        question: text(asked['question']) ?? '',
        labels,
        options: [
          ...names.map((name, index) => ({ optionId: String(index), kind: 'allow_once' as const, name })),
          { optionId: REJECT, kind: 'reject_once' as const, name: 'None of these' },
        ],
      };
    });

/** The labels that were chosen, in the order of the choices; undefined when one was refused. */
export const choicesAnswer = (
  input: JsonObject,
  choices: readonly Choice[],
  optionIds: readonly string[],
): JsonObject => {
  const answers: Record<string, string> = {};
  for (const [index, { question, labels }] of choices.entries()) {
    const label = labels[Number(optionIds[index])];
    if (label === undefined) return { behavior: 'deny', message: UNANSWERED };
    answers[question] = label;
  }
  return { behavior: 'allow', updatedInput: { ...input, answers } };
};
