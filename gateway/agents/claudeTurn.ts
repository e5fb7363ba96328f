// A turn of plain Claude: a person's message in its words, and the end of the turn in ours.
import type { ContentBlock, Message } from '../protocol/index.ts';
import { AgentError, type TurnEnd } from './agent.ts';
import { bounded, list, text, word, type JsonObject } from './json.ts';

const block = (part: ContentBlock): object => {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      return { type: 'image', source: { type: 'base64', media_type: part.mimeType, data: part.data } };
    case 'resource_link':
      return { type: 'text', text: part.uri };
    case 'resource':
      return { type: 'text', text: `${part.resource.uri}:\n${part.resource.text}` };
  }
};

/** `uuid` comes back in command_lifecycle lines, which say whose turn it is. */
export const userLine = (message: Message, uuid: string): object => ({
  type: 'user',
  message: {
    role: 'user',
    content: typeof message === 'string' ? [{ type: 'text', text: message }] : message.map(block),
  },
  parent_tool_use_id: null,
  session_id: '',
  uuid,
});

/** Some failures to log in have no HTTP status: "Not logged in · Please run /login". */
const LOGIN = /\/login\b|authenticat|invalid api key/i;
const HTTP_UNAUTHORIZED = 401;

const failure = (name: string, result: JsonObject): AgentError => {
  const errors = list(result['errors']).flatMap((error) => word(error) ?? []);
  const said = word(result['result']) ?? (errors.join('; ') || (text(result['subtype']) ?? 'unknown'));
  if (result['api_error_status'] === HTTP_UNAUTHORIZED || LOGIN.test(said)) {
    const advice = 'Start `claude` in a terminal and log in there with /login, or set ANTHROPIC_API_KEY';
    return new AgentError(
      'agent.auth',
      `${name} needs you to log in. ${advice}. Then send the prompt again.\n${said}`,
    );
  }
  return new AgentError('agent.failed', `${name} answered with an error: ${said}`);
};

/** A `result` line. A failure of the model is a "success" with is_error: only that member says so. */
export const turnEnd = (name: string, result: JsonObject): TurnEnd | AgentError => {
  const usage = result['usage'] === undefined ? {} : { usage: bounded(result['usage']) };
  if ((text(result['terminal_reason']) ?? '').startsWith('aborted')) {
    return { stopReason: 'cancelled', ...usage };
  }
  if (result['subtype'] === 'error_max_turns') return { stopReason: 'max_turn_requests', ...usage };
  if (result['is_error'] === true) return failure(name, result);
  const stopReason = word(result['stop_reason']) ?? 'end_turn';
  // Its own word for "this text was all": local commands and hooks end with it as well.
  return { stopReason: stopReason === 'stop_sequence' ? 'end_turn' : stopReason, ...usage };
};
