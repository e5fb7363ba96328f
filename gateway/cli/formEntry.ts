// Filling in a form in the terminal: what each field is, and what the words that somebody types mean to it.
import { isSecret, misfits, type Form, type FormContent, type FormField } from '../protocol/index.ts';
import { harmless, oneLine } from './plainText.ts';
import { UsageError } from './verb.ts';

type Value = FormContent[string];

/** What is to be filled in, in full: nothing that is asked for is cut. */
export const fieldLines = ({ fields }: Form): string[] =>
  fields.flatMap((field) => {
    const { name, title, description, required } = field;
    const choices = field.type === 'choice' || field.type === 'choices' ? field.choices : [];
    return [
      `  ${oneLine(title)}${required ? ' (needed)' : ''}  ${oneLine(name)}, ${kindOf(field)}`,
      ...(description === undefined ? [] : [`    ${harmless(description)}`]),
      ...choices.map(
        (choice, index) =>
          `    ${index + 1}  ${oneLine(choice.title)}${choice.description === undefined ? '' : `: ${oneLine(choice.description)}`}`,
      ),
    ];
  });

function kindOf(field: FormField): string {
  const { default: preset } = field;
  const unless = preset === undefined ? '' : `; unless said: ${oneLine(String(preset))}`;
  switch (field.type) {
    case 'text':
      return `${field.secret ? 'secret ' : ''}${field.format ?? 'text'}${field.pattern === undefined ? '' : ` like ${oneLine(field.pattern)}`}${unless}`;
    case 'number': {
      const { minimum, maximum } = field;
      const bounds = [minimum ?? '', maximum ?? ''].join(' to ');
      return `a${field.isInteger ? ' whole' : ''} number${bounds === ' to ' ? '' : `, ${bounds}`}${unless}`;
    }
    case 'boolean':
      return `yes or no${unless}`;
    case 'choice':
      return `one of these${unless}`;
    case 'choices':
      return `any of these, with commas between${unless}`;
  }
}

/** What somebody typed for a field; an empty text is its default, or nothing. Throws UsageError with what would do. */
export function valueFrom(field: FormField, typed: string): Value | undefined {
  const value = typed === '' ? field.default : read(field, typed);
  const content = value === undefined ? {} : { [field.name]: value };
  const why = misfits({ fields: [field] }, content);
  if (why.length > 0) throw new UsageError(oneLine(`${why.join('. ')}.`));
  return value;
}

function read(field: FormField, typed: string): Value {
  switch (field.type) {
    case 'text':
      return typed;
    case 'number':
      return Number(typed);
    case 'boolean':
      // Anything else is no answer: the check says so.
      return /^(y|yes|true)$/i.test(typed) ? true : /^(n|no|false)$/i.test(typed) ? false : typed;
    case 'choice':
      return chosen(field.choices, typed);
    case 'choices':
      return typed.split(',').map((one) => chosen(field.choices, one.trim()));
  }
}

/** Its own words come before its number. */
function chosen(choices: Extract<FormField, { type: 'choice' }>['choices'], typed: string): string {
  const found =
    choices.find(({ value }) => value === typed) ??
    choices.find(({ title }) => title.toLowerCase() === typed.toLowerCase()) ??
    (/^[1-9]\d?$/.test(typed) ? choices[Number(typed) - 1] : undefined);
  return found?.value ?? typed;
}

/**
 * What `name=value` arguments say, and of secrets one line each, which are never arguments; fields that are not named
 * get their defaults. Throws UsageError.
 */
export function contentFrom(
  { fields }: Form,
  given: readonly string[],
  secretLines: readonly string[] = [],
): FormContent {
  const typed = new Map(
    given.map((one): [string, string] => {
      const at = one.indexOf('=');
      if (at < 1) throw new UsageError(`"${oneLine(one)}" is not NAME=VALUE.`);
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
  const unknown = [...typed.keys()].filter((name) => !fields.some((field) => field.name === name));
  if (unknown.length > 0) {
    const names = fields.map(({ name }) => oneLine(name)).join(', ');
    throw new UsageError(
      `The form has no "${unknown.map((name) => oneLine(name)).join('", "')}". It has: ${names}.`,
    );
  }
  const secrets = fields.filter(isSecret);
  const shown = secrets.find(({ name }) => typed.has(name));
  if (shown !== undefined) {
    throw new UsageError(
      `${oneLine(shown.name)} is a secret: give it on standard input, in a line of its own.`,
    );
  }
  secrets.forEach(({ name }, index) => typed.set(name, secretLines[index] ?? ''));
  return filled(fields.map((field) => [field.name, valueFrom(field, typed.get(field.name) ?? '')]));
}

const filled = (values: readonly (readonly [string, Value | undefined])[]): FormContent =>
  Object.fromEntries(values.filter((one): one is [string, Value] => one[1] !== undefined));

/** A form that is being filled in, line by line. */
export class FormEntry {
  readonly #fields: readonly FormField[];
  readonly #values: (readonly [string, Value | undefined])[] = [];

  constructor({ fields }: Form) {
    this.#fields = fields;
  }

  /** undefined: all is filled in. */
  get field(): FormField | undefined {
    return this.#fields[this.#values.length];
  }

  get content(): FormContent {
    return filled(this.#values);
  }

  /** What to type next. */
  get hint(): string {
    const { field } = this;
    return field === undefined
      ? 'Enter sends it.'
      : `${oneLine(field.title)}${isSecret(field) ? ' (not shown)' : ''}:${field.required ? '' : ' (Enter leaves it out)'}`;
  }

  /** Takes what was typed for the field. Throws UsageError when it does not fit. */
  enter(typed: string): void {
    const { field } = this;
    if (field !== undefined) this.#values.push([field.name, valueFrom(field, typed.trim())]);
  }
}
