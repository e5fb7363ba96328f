// What an agent is told of a conversation that it has no memory of.
import { textOf, type Event, type Message } from '../protocol/index.ts';

/** About 8,000 tokens: enough to go on with, little enough for every agent. The end counts more than the start. */
const MAX_LENGTH = 32_000;

/**
 * The message with the conversation before it. Quoted line by line, so that nothing in it can pass for an instruction
 * of the person who writes now.
 */
export function withHistory(events: readonly Event[], message: Message): Message {
  const said = events.flatMap((event) => {
    if (event.type === 'prompt') return [`User: ${textOf(event.message)}`];
    if (event.type === 'text') return [`You: ${event.content}`];
    // What a very long message goes on with.
    if (event.type === 'partial') return [event.content];
    if (event.type === 'tool_use') return [`You used a tool: ${event.title}`];
    return [];
  });
  if (said.length === 0) return message;
  const all = said.join('\n');
  const kept = all.length > MAX_LENGTH ? `[...]${all.slice(-MAX_LENGTH)}`.toWellFormed() : all;
  const quoted = kept.replaceAll(/^/gm, '> ');
  const intro =
    'This conversation goes on from an earlier one, which you do not remember. It went like this:';
  const text = `${intro}\n\n${quoted}\n\nNow the user says:`;
  return [
    { type: 'text', text },
    ...(typeof message === 'string' ? [{ type: 'text', text: message } as const] : message),
  ];
}
