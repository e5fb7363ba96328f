// A verb for every method of the contract, made from its schema: a new method needs nothing here.
import { z } from 'zod';
import { isRecord } from '../language.ts';
import { methods, type Method, type SessionId } from '../protocol/index.ts';
import type { GatewayClient } from '../rpc/connect.ts';
import { openPermissions, callByName, findSession, withGateway } from './client.ts';
import { oneLine } from './plainText.ts';
import { SESSION } from './sessions.ts';
import { textFrom } from './stdin.ts';
import { UsageError, type Call, type Verb } from './verb.ts';
import { isWatching, watch } from './watch.ts';
import { say } from './words.ts';

/** One parameter of a method, as the command line takes it. */
interface Parameter {
  readonly name: string;
  /** "agent-session-id" */
  readonly flag: string;
  readonly about: string;
  readonly isNeeded: boolean;
  readonly kind: 'text' | 'number' | 'boolean' | 'json';
}

export const contractVerbs = (): Verb[] =>
  Object.entries<Method>(methods).map(([name, method]) => verbOf(name, method));

/** `session.set_mode` is called as `session set-mode`; needed parameters stand in their order, or come as options. */
export const verbNameOf = (method: string): string => method.replaceAll('_', '-').replaceAll('.', ' ');

function verbOf(name: string, method: Method): Verb {
  const parameters = parametersOf(method);
  const needed = parameters.filter(({ isNeeded }) => isNeeded);
  return {
    name: verbNameOf(name),
    summary: method.summary,
    args: needed.map(({ name, flag, about }) => [
      `[${flag.replace(/-id$/, '')}]`,
      name === 'sessionId' ? SESSION[1] : about,
    ]),
    options: parameters.flatMap(optionsOf),
    more: [
      `Calls ${name}.`,
      ...(needed.length === 0
        ? []
        : ['Arguments may be given as options instead; a text of - is read from standard input.']),
      ...(isWatching(name) ? ['What happens is told until Ctrl-C; with --json, each in a line.'] : []),
    ].join(' '),
    run: (call) => run(name, method, parameters, call),
  };
}

const optionsOf = ({ flag, about, kind }: Parameter): [string, string][] =>
  kind === 'boolean'
    ? [
        [`--${flag}`, about],
        [`--no-${flag}`, 'the opposite'],
      ]
    : [[`--${flag} <${kind}>`, about]];

async function run(
  name: string,
  method: Method,
  parameters: readonly Parameter[],
  call: Call,
): Promise<void> {
  const params = await paramsOf(parameters, call);
  const isComplete = method.params.safeParse(asIfWhole(params));
  if (!isComplete.success) throw new UsageError(explain(isComplete.error, parameters));
  const paramsAt = (client: GatewayClient) => withWholeIds(client, params, parameters);
  if (isWatching(name)) return watch(call, name, paramsAt);
  await withGateway(async (client) => {
    const result = await callByName(client, name, await paramsAt(client));
    call.out.answer(result, say(name, result));
  });
}

/** What was typed, under the names of the contract. */
async function paramsOf(parameters: readonly Parameter[], call: Call): Promise<Record<string, unknown>> {
  const params: Record<string, unknown> = {};
  const args = [...call.args];
  for (const parameter of parameters) {
    const key = parameter.flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const flag = call.flag(key);
    const text = call.option(key) ?? (parameter.isNeeded && flag === undefined ? args.shift() : undefined);
    if (flag !== undefined) params[parameter.name] = flag;
    else if (text !== undefined) params[parameter.name] = await valueOf(parameter, text);
  }
  if (args.length > 0) throw new UsageError(`"${args.join(' ')}" is too much. Quote texts of several words.`);
  return params;
}

async function valueOf({ kind, flag }: Parameter, text: string): Promise<unknown> {
  switch (kind) {
    case 'text':
      return textFrom(text);
    case 'number':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
      throw new UsageError(`${flag} is a number, which "${oneLine(text)}" is not.`);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new UsageError(`${flag} is true or false.`);
    case 'json':
      try {
        return JSON.parse(await textFrom(text)) as unknown;
      } catch {
        throw new UsageError(`--${flag} is JSON, which "${oneLine(text)}" is not.`);
      }
  }
}

/** Sessions may be named by title; a unique beginning is enough for every id that can be looked up. */
async function withWholeIds(
  client: GatewayClient,
  params: Record<string, unknown>,
  parameters: readonly Parameter[],
): Promise<Record<string, unknown>> {
  const { sessionId, promptId, permissionId } = params;
  const whole = { ...params };
  let session: SessionId | undefined;
  if (typeof sessionId === 'string') {
    session = (await findSession(client, sessionId)).sessionId;
    whole['sessionId'] = session;
  }
  // A promptId that is not needed is one that the caller makes up.
  const namesPrompt = parameters.some(({ name, isNeeded }) => name === 'promptId' && isNeeded);
  if (typeof promptId === 'string' && namesPrompt && session !== undefined) {
    const { prompts } = await client.call('queue.list', { sessionId: session });
    whole['promptId'] = expand(
      promptId,
      prompts.map((prompt) => prompt.promptId),
    );
  }
  if (typeof permissionId === 'string') {
    const open = await openPermissions(client);
    whole['permissionId'] = expand(
      permissionId,
      open.map((permission) => permission.permissionId),
    );
  }
  return whole;
}

/** For a check before there is a gateway to ask: a title or a beginning stands for an id. */
const asIfWhole = (params: Record<string, unknown>): Record<string, unknown> =>
  typeof params['sessionId'] === 'string' ? { ...params, sessionId: 'some' } : params;

/** The only id that begins so; else the text as it is, which the gateway knows or refuses. */
function expand(text: string, ids: readonly string[]): string {
  const [first, second] = ids.filter((id) => id.startsWith(text));
  return first === undefined || second !== undefined ? text : first;
}

function parametersOf(method: Method): Parameter[] {
  const { properties = {}, required = [] } = z.toJSONSchema(method.params, {
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    flag: name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-'),
    about: aboutOf(schema),
    isNeeded: required.includes(name),
    kind: kindOf(schema),
  }));
}

function aboutOf(schema: unknown): string {
  if (!isRecord(schema)) return '';
  const { description, enum: choices } = schema;
  const words = typeof description === 'string' ? [description] : [];
  if (Array.isArray(choices) && words.length === 0) words.push(`one of: ${choices.join(', ')}`);
  return words.join('');
}

function kindOf(schema: unknown): Parameter['kind'] {
  if (!isRecord(schema)) return 'json';
  const choices: unknown = schema['anyOf'];
  const kinds: unknown[] = [schema, ...(Array.isArray(choices) ? (choices as unknown[]) : [])];
  const types = kinds.filter(isRecord).map(({ type }) => type);
  if (types.includes('string')) return 'text';
  if (types.includes('integer') || types.includes('number')) return 'number';
  return types.includes('boolean') ? 'boolean' : 'json';
}

function explain(error: z.ZodError, parameters: readonly Parameter[]): string {
  const lines = error.issues.map(({ path: [name, ...rest], message }) => {
    const parameter = parameters.find((one) => one.name === name);
    const where = [parameter?.flag ?? String(name ?? ''), ...rest.map(String)].join('.');
    return message.endsWith('received undefined') ? `${where}: is missing` : `${where}: ${message}`;
  });
  return lines.join('; ');
}
