// An agent's request for a form to be filled in, or for a page to be opened, as a question to a person.
import { randomUUID } from 'node:crypto';
import { isRecord, withoutUndefined } from '../language.ts';
import type { Form, FormChoice, FormField, PermissionOption, ToolCall } from '../protocol/index.ts';
import type { Answer, Question } from './agent.ts';
import { integer, list, number, object, text, word, type JsonObject } from './json.ts';

const SUBMIT = 'submit';

const DECLINE: PermissionOption = { optionId: 'decline', name: 'Decline', kind: 'reject_once' };

/** What a person can do with a form. */
export const formOptions: readonly PermissionOption[] = [
  { optionId: SUBMIT, name: 'Submit', kind: 'allow_once' },
  DECLINE,
];

const pageOptions: readonly PermissionOption[] = [
  { optionId: SUBMIT, name: 'I have opened it', kind: 'allow_once' },
  DECLINE,
];

const choices = (schema: JsonObject): FormChoice[] | undefined => {
  const titled = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(titled)) {
    return titled.map(object).flatMap((option) => {
      const value = text(option['const']);
      if (value === undefined) return [];
      const [title = value, description] = [word(option['title']), word(option['description'])];
      return [withoutUndefined({ value, title, description })];
    });
  }
  if (!Array.isArray(schema['enum'])) return undefined;
  return schema['enum'].flatMap((value) => (typeof value === 'string' ? [{ value, title: value }] : []));
};

const FORMATS = ['email', 'uri', 'date', 'date-time'] as const;

/** In words of JSON Schema and OpenAPI: ACP has none of its own, and its agents should not ask for secrets at all. */
const isSecret = ({ format, writeOnly }: JsonObject): boolean => format === 'password' || writeOnly === true;

/** One property of the schema; undefined: of a type that nobody here can show. */
const readField = (name: string, schema: JsonObject, required: boolean): FormField | undefined => {
  const head = withoutUndefined({
    name,
    title: word(schema['title']) ?? name,
    required,
    description: word(schema['description']),
  });
  const given = schema['default'];
  switch (schema['type']) {
    case 'string': {
      const offered = choices(schema);
      const preset = withoutUndefined({ default: text(given) });
      const secret = isSecret(schema);
      if (offered !== undefined) return { type: 'choice', ...head, choices: offered, ...preset };
      const bounds = withoutUndefined({
        format: FORMATS.find((format) => format === schema['format']),
        minLength: integer(schema['minLength']),
        maxLength: integer(schema['maxLength']),
        pattern: word(schema['pattern']),
      });
      return { type: 'text', ...head, ...bounds, ...(secret ? { secret } : preset) };
    }
    case 'number':
    case 'integer': {
      const { minimum, maximum } = schema;
      const bounds = { minimum: number(minimum), maximum: number(maximum), default: number(given) };
      return {
        type: 'number',
        ...head,
        isInteger: schema['type'] === 'integer',
        ...withoutUndefined(bounds),
      };
    }
    case 'boolean':
      return { type: 'boolean', ...head, ...(typeof given === 'boolean' ? { default: given } : {}) };
    case 'array': {
      const offered = choices(object(schema['items']));
      if (offered === undefined) return undefined;
      const bounds = { minItems: integer(schema['minItems']), maxItems: integer(schema['maxItems']) };
      const preset = Array.isArray(given) ? given.filter((one) => typeof one === 'string') : undefined;
      return {
        type: 'choices',
        ...head,
        choices: offered,
        ...withoutUndefined({ ...bounds, default: preset }),
      };
    }
    default:
      return undefined;
  }
};

/** undefined: it asks for something that cannot be shown here, and that it cannot do without. */
const readForm = (schema: JsonObject): Form | undefined => {
  const required = new Set(list(schema['required']));
  const asked = Object.entries(object(schema['properties'])).map(([name, property]) => ({
    isNeeded: required.has(name),
    field: readField(name, object(property), required.has(name)),
  }));
  if (asked.some(({ isNeeded, field }) => isNeeded && field === undefined)) return undefined;
  return { fields: asked.flatMap(({ field }) => field ?? []) };
};

const isPage = (url: string | undefined): url is string =>
  url !== undefined && URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);

/** An elicitation/create as a question. `find` knows the tool call that it belongs to, if it does. */
export const readElicitation = (
  params: JsonObject,
  find: (toolCallId: string) => ToolCall | undefined,
): Question => {
  const title = word(params['message']) ?? 'The agent asks for input';
  const toolCallId = word(params['toolCallId']) ?? `form-${randomUUID()}`;
  const toolCall = find(toolCallId) ?? {
    toolCallId,
    tool: 'form',
    title,
    kind: 'other',
    input: null,
    status: 'pending',
    locations: [],
    content: [],
  };
  const url = text(params['url']);
  if (params['mode'] === 'url' && isPage(url)) return { title, toolCall, options: pageOptions, url };
  const form = isRecord(params['requestedSchema']) ? readForm(params['requestedSchema']) : undefined;
  // What cannot be shown can only be declined; nobody is asked to agree to it.
  return form === undefined
    ? { title, toolCall, options: [DECLINE] }
    : { title, toolCall, options: formOptions, form };
};

/** Whether the form was filled in, and not declined. */
export const isSubmit = ({ optionId }: Answer): boolean => optionId === SUBMIT;

/** The answer to an elicitation/create; undefined is no answer, and no consent. */
export const elicitationReply = (answer: Answer | undefined): JsonObject => {
  if (answer === undefined) return { action: 'cancel' };
  if (!isSubmit(answer)) return { action: 'decline' };
  return answer.content === undefined ? { action: 'accept' } : { action: 'accept', content: answer.content };
};
