// A program that plays Claude's side of a recorded stream-json conversation: `node replayClaude.ts <transcript.jsonl>`.
import { object, text, type JsonObject } from '../../gateway/agents/json.ts';
import { answer, nextMessage, recordedSteps } from './replay.ts';

/** What makes two messages the same step: ids are each client's own, and what a person types does not matter. */
const essence = (message: JsonObject): unknown => {
  const { subtype } = object(message['request']);
  const response = object(message['response']);
  return [message['type'], subtype, response['request_id'], response['response']];
};

/** The ids that this client has given to the recorded requests. */
const ids = new Map<unknown, unknown>();

for (const step of recordedSteps()) {
  const message = object(step['msg']);
  if (step['dir'] === 'out') {
    const sent = await nextMessage();
    const [expected, actual] = [message, sent].map((one) => JSON.stringify(essence(one)));
    if (actual !== expected) {
      process.stderr.write(`recorded: ${expected}\nreceived: ${actual}\n`);
      process.exit(3);
    }
    ids.set(message['request_id'], sent['request_id']);
  } else {
    const response = object(message['response']);
    const id = ids.get(text(response['request_id']));
    answer(id === undefined ? message : { ...message, response: { ...response, request_id: id } });
  }
}
for (;;) await nextMessage(); // Stays until its input ends.
