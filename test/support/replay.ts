// What the programs have in common that replay a recorded conversation: its steps, and JSON lines in and out.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { object, type JsonObject } from '../../gateway/agents/json.ts';

/** The steps of the transcript that the program was given. */
export function recordedSteps(): JsonObject[] {
  const [, , file = ''] = process.argv;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => object(JSON.parse(line)));
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The client's next message. The program ends when the client is gone. */
export async function nextMessage(): Promise<JsonObject> {
  const line = await lines.next();
  if (line.done === true) process.exit(0);
  return object(JSON.parse(line.value));
}

export const answer = (message: JsonObject): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};
