// An agent's failures, in words that say what to do.
import { RequestError } from '@agentclientprotocol/sdk';
import { AgentError } from './agent.ts';
import { cut } from './cut.ts';
import { list, object, word } from './json.ts';

const AUTH_REQUIRED = -32000;
const HTTP_UNAUTHORIZED = 401; // gemini passes the model's own code on

/** What the agent said at initialize about logging in: "Run `opencode auth login` in the terminal". */
export const loginAdvice = (name: string, authMethods: unknown): string => {
  const ways = list(authMethods).flatMap((value) => {
    const method = object(value);
    return word(method['description']) ?? word(method['name']) ?? [];
  });
  const how =
    ways.length === 0
      ? `Start ${name} in a terminal and log in there, or set its API key`
      : ways.join(', or: ');
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
