// A program that plays the agent's side of a recorded ACP conversation: `node replayAgent.ts <transcript.jsonl>`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { object, text } from '../../gateway/agents/json.ts';

const [, , file = ''] = process.argv;
const steps = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => object(JSON.parse(line)));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const received: Record<string, unknown>[] = [];

/** What the client has sent before, out of turn, counts as well: a recording says nothing of other timings. */
const receive = async (
  matches: (message: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> => {
  for (;;) {
    const index = received.findIndex(matches);
    const [message] = index === -1 ? [] : received.splice(index, 1);
    if (message !== undefined) return message;
    const line = await lines.next();
    if (line.done === true) process.exit(0); // The client is gone.
    received.push({ ...object(JSON.parse(line.value)) });
  }
};

/** The ids that this client has given to the recorded requests. */
const ids = new Map<unknown, unknown>();

for (const step of steps) {
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
    const answer = isReply ? { ...message, id: ids.get(message['id']) } : message;
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
await receive(() => false); // Stays until its input ends.
