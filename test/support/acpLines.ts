// What the small ACP agents of the tests have in common: JSON lines in and out, until their gateway is gone.
import { createInterface } from 'node:readline';
import { object, type JsonObject } from '../../gateway/agents/json.ts';

export const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

export const update = (sessionId: unknown, said: object): void =>
  send({ method: 'session/update', params: { sessionId, update: said } });

/** Says something in a session. */
export const say = (sessionId: unknown, text: string): void =>
  update(sessionId, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });

/** Calls back with each message that comes. The program ends when nothing more can. */
export function onMessage(callback: (message: JsonObject) => void): void {
  process.stdout.on('error', () => process.exit(0));
  createInterface(process.stdin)
    .on('line', (line) => callback(object(JSON.parse(line))))
    .on('close', () => process.exit(0));
}
