// A small ACP agent that starts quickly, and a witness: it writes down every prompt before it does anything about it.
// It takes no notice of being cancelled; `deaf` it never answers at all.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { list, object, text, type JsonObject } from '../../gateway/agents/json.ts';
import { onMessage, say, send } from './acpLines.ts';

const [receipts = ''] = process.argv.slice(2);
const WORDS = 20;

async function answer(method: unknown, { sessionId, prompt }: JsonObject): Promise<object> {
  switch (method) {
    case 'initialize':
      return { protocolVersion: 1, agentCapabilities: {}, authMethods: [] };
    case 'session/new':
      return { sessionId: `counting-${process.pid}` };
    case 'session/prompt': {
      const words = text(object(list(prompt).at(-1))['text']) ?? '';
      appendFileSync(receipts, `${words}\n`);
      if (words === 'deaf') return new Promise(() => {});
      for (let word = 0; word < WORDS; word += 1) {
        say(sessionId, `${words} ${word}, `);
        await delay(2);
      }
      return { stopReason: 'end_turn' };
    }
    default:
      return {};
  }
}

onMessage(({ id, method, params }) => {
  if (id !== undefined) void answer(method, object(params)).then((result) => send({ id, result }));
});
