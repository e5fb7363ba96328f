// A program that plays the agent's side of a recorded ACP conversation: `node replayAgent.ts <transcript.jsonl>`.
import { object, text, type JsonObject } from '../../gateway/agents/json.ts';
import { answer, nextMessage, recordedSteps } from './replay.ts';

const received: JsonObject[] = [];

/** What the client has sent before, out of turn, counts as well: a recording says nothing of other timings. */
const receive = async (matches: (message: JsonObject) => boolean): Promise<JsonObject> => {
  for (;;) {
    const index = received.findIndex(matches);
    const [message] = index === -1 ? [] : received.splice(index, 1);
    if (message !== undefined) return message;
    received.push(await nextMessage());
  }
};

/** The ids that this client has given to the recorded requests. */
const ids = new Map<unknown, unknown>();

for (const step of recordedSteps()) {
  const message = object(step['msg']);
  const method = text(message['method']);
  if (step['dir'] === 'out') {
    const isAnswer = method === undefined;
    const sent = await receive((candidate) =>
      isAnswer
        ? !('method' in candidate) && candidate['id'] === message['id']
        : candidate['method'] === method,
    );
    if (!isAnswer && 'id' in message) ids.set(message['id'], sent['id']);
  } else {
    const isReply = method === undefined;
    answer(isReply ? { ...message, id: ids.get(message['id']) } : message);
  }
}
await receive(() => false); // Stays until its input ends.
