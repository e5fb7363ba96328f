// Forms: questions of an agent whose answer is more than one of its options.
import { z } from 'zod';
import { object } from './shape.ts';

// ---- shapes ----

/** One of the values that a field can have. */
export const FormChoice = object(() => ({
  value: z.string(),
  title: z.string(),
  description: z.string().optional(),
}));
export type FormChoice = z.infer<typeof FormChoice>;

const field = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({
    type: z.literal(type),
    name: z.string().describe('Its key in the content of the answer'),
    title: z.string(),
    description: z.string().optional(),
    required: z.boolean(),
    ...shape,
  });

/** One thing to fill in. A type that a client does not know: it can offer only what refuses. */
export const FormField = z.lazy(() =>
  z.discriminatedUnion('type', [
    field('text', {
      format: z.enum(['email', 'uri', 'date', 'date-time']).optional(),
      minLength: z.int().optional(),
      maxLength: z.int().optional(),
      pattern: z.string().optional().describe('A hint for people; only the agent checks it'),
      default: z.string().optional(),
      secret: z
        .literal(true)
        .optional()
        .describe('Not to be shown as it is typed; it reaches the agent, and is in no log'),
    }),
    field('number', {
      isInteger: z.boolean(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
      default: z.number().optional(),
    }),
    field('boolean', { default: z.boolean().optional() }),
    field('choice', { choices: z.array(FormChoice), default: z.string().optional() }),
    field('choices', {
      choices: z.array(FormChoice),
      minItems: z.int().optional(),
      maxItems: z.int().optional(),
      default: z.array(z.string()).optional(),
    }),
  ]),
);
export type FormField = z.infer<typeof FormField>;

/** What an agent wants to be filled in. */
export const Form = object(() => ({ fields: z.array(FormField) }));
export type Form = z.infer<typeof Form>;

/** What was filled in, by the names of the fields. Fields that are not required may be left out. */
export const FormContent = z.record(
  z.string().max(1000),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
);
export type FormContent = z.infer<typeof FormContent>;

/** Whether what is entered there is never shown, kept or told. */
export const isSecret = (field: FormField | undefined): boolean =>
  field?.type === 'text' && field.secret === true;

/** What may be kept and told of it. */
export function withoutSecrets({ fields }: Form, content: FormContent): FormContent {
  const secrets = new Set(fields.filter(isSecret).map(({ name }) => name));
  return Object.fromEntries(Object.entries(content).filter(([name]) => !secrets.has(name)));
}

// ---- the check ----

const FORMATS = {
  email: () => z.email(),
  uri: () => z.url(),
  date: () => z.iso.date(),
  'date-time': () => z.iso.datetime({ offset: true }),
};

const among = (choices: readonly FormChoice[]) => {
  const values = choices.map(({ value }) => value);
  return z.string().refine((value) => values.includes(value), `choose one of: ${values.join(', ')}`);
};

/** An agent's pattern is not tried here: some patterns never come to an end. */
const valueOf = (asked: FormField): z.ZodType => {
  switch (asked.type) {
    case 'text': {
      const { format, minLength = 0, maxLength = Infinity } = asked;
      const bounded = z.string().min(minLength).max(maxLength);
      return format === undefined ? bounded : bounded.and(FORMATS[format]());
    }
    case 'number': {
      const { isInteger, minimum = -Infinity, maximum = Infinity } = asked;
      return (isInteger ? z.int() : z.number()).min(minimum).max(maximum);
    }
    case 'boolean':
      return z.boolean();
    case 'choice':
      return among(asked.choices);
    case 'choices': {
      const { minItems = 0, maxItems = Infinity } = asked;
      return z.array(among(asked.choices)).min(minItems).max(maxItems);
    }
  }
};

/** What is wrong with the content of an answer, field by field, in words; empty: it fits the form. */
export function misfits({ fields }: Form, content: FormContent): string[] {
  const titles = new Map(fields.map(({ name, title }) => [name, title]));
  const shape = fields.map(
    (one) => [one.name, one.required ? valueOf(one) : valueOf(one).optional()] as const,
  );
  const { error } = z.strictObject(Object.fromEntries(shape)).safeParse(content);
  return (error?.issues ?? []).map(({ path: [name], message }) => {
    if (name === undefined) return message;
    const isMissing = content[String(name)] === undefined;
    return `${titles.get(String(name)) ?? String(name)}: ${isMissing ? 'this is needed' : message}`;
  });
}
