// An agent's failures, in words that say what to do.
import { RequestError } from '@agentclientprotocol/sdk';
import { AgentError } from './agent.ts';
import { cut } from './cut.ts';
import { list, object, text, word, type JsonObject } from './json.ts';
import type { Program } from './process.ts';

const AUTH_REQUIRED = -32000;
const HTTP_UNAUTHORIZED = 401; // gemini passes the model's own code on

/** As a person types it in a terminal. */
const typed = (words: readonly string[]): string =>
  words
    .map((one) => (/^[\w@%+=:,./-]+$/.test(one) ? one : `'${one.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');

const words = (value: unknown): string[] => list(value).flatMap((one) => text(one) ?? []);

/** What has to be run in a terminal: in the words of some, all of it; in ACP's, what follows after its own command. */
const commandOf = ({ command, args }: Program, method: JsonObject): string | undefined => {
  const whole = object(object(method['_meta'])['terminal-auth']);
  const first = word(whole['command']);
  if (first !== undefined) return typed([first, ...words(whole['args'])]);
  if (method['type'] !== 'terminal') return undefined;
  const env = Object.entries(object(method['env'])).map(([name, value]) => `${name}=${String(value)}`);
  return typed([...(env.length === 0 ? [] : ['env', ...env]), command, ...args, ...words(method['args'])]);
};

/** How to log in, as exactly as it is known, from what the agent said of it at initialize. */
export const loginAdvice = (program: Program, authMethods: unknown): string => {
  const { name, login } = program;
  const ways = list(authMethods).flatMap((value) => {
    const method = object(value);
    const command = commandOf(program, method);
    if (command === undefined) return word(method['description']) ?? word(method['name']) ?? [];
    return `${word(method['name']) ?? 'Log in'}: run \`${command}\` in a terminal`;
  });
  const said =
    ways.length === 0
      ? `Start ${name} in a terminal and log in there, or set its API key`
      : ways.join(', or: ');
  const how = login === undefined ? said : `Run \`${login}\` in a terminal`;
  return `${how}. Then send the prompt again.`;
};

/** Some pass on whole pages of HTML. */
const MOST_CHARS = 8_192;

/** Details are where agents put the cause: a string, or {details: "..."}. */
const detailsOf = (data: unknown): string => {
  const said = word(data) ?? word(object(data)['details']) ?? word(object(data)['message']);
  return said === undefined ? '' : `: ${said}`;
};

/** An error reply to one of our requests. */
export const replyError = (name: string, error: RequestError, advice: string): AgentError => {
  if (error.code === AUTH_REQUIRED || error.code === HTTP_UNAUTHORIZED) {
    return new AgentError('agent.auth', `${name} needs you to log in. ${advice}`, error);
  }
  return new AgentError(
    'agent.failed',
    `${name} answered with an error: ${cut(`${error.message}${detailsOf(error.data)}`, MOST_CHARS)}`,
    error,
  );
};
