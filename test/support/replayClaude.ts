// A program that plays Claude's side of a recorded stream-json conversation: `node replayClaude.ts <transcript.jsonl>`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { object, text } from '../../gateway/agents/json.ts';

const [, , file = ''] = process.argv;
const steps = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => object(JSON.parse(line)));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const receive = async (): Promise<Record<string, unknown>> => {
  const line = await lines.next();
  if (line.done === true) process.exit(0); // The client is gone.
  return { ...object(JSON.parse(line.value)) };
};

/** What makes two messages the same step: ids are each client's own, and what a person types does not matter. */
const essence = (message: Record<string, unknown>): unknown => {
  const { subtype } = object(message['request']);
  const response = object(message['response']);
  return [message['type'], subtype, response['request_id'], response['response']];
};

/** The ids that this client has given to the recorded requests. */
const ids = new Map<unknown, unknown>();

for (const step of steps) {
  const message = { ...object(step['msg']) };
  if (step['dir'] === 'out') {
    const sent = await receive();
    const [expected, actual] = [message, sent].map((one) => JSON.stringify(essence(one)));
    if (actual !== expected) {
      process.stderr.write(`recorded: ${expected}\nreceived: ${actual}\n`);
      process.exit(3);
    }
    ids.set(message['request_id'], sent['request_id']);
  } else {
    const response = object(message['response']);
    const id = ids.get(text(response['request_id']));
    const answer = id === undefined ? message : { ...message, response: { ...response, request_id: id } };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
for (;;) await receive(); // Stays until its input ends.
