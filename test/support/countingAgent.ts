// A small ACP agent that starts quickly, and a witness: it writes down every prompt before it does anything about it.
// It takes no notice of being cancelled; `deaf` it never answers at all.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const [receipts = ''] = process.argv.slice(2);
const WORDS = 20;

interface Request {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly prompt?: readonly { readonly text?: string }[] };
}

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

async function answer({ method, params }: Request): Promise<object> {
  switch (method) {
    case 'initialize':
      return { protocolVersion: 1, agentCapabilities: {}, authMethods: [] };
    case 'session/new':
      return { sessionId: `counting-${process.pid}` };
    case 'session/prompt': {
      const text = params?.prompt?.at(-1)?.text ?? '';
      appendFileSync(receipts, `${text}\n`);
      if (text === 'deaf') return new Promise(() => {});
      for (let word = 0; word < WORDS; word += 1) {
        const content = { type: 'text', text: `${text} ${word}, ` };
        const update = { sessionUpdate: 'agent_message_chunk', content };
        send({ method: 'session/update', params: { sessionId: params?.sessionId, update } });
        await delay(2);
      }
      return { stopReason: 'end_turn' };
    }
    default:
      return {};
  }
}

process.stdout.on('error', () => process.exit(0));
createInterface(process.stdin)
  .on('line', (line) => {
    // Its only peer is the gateway.
    const request = JSON.parse(line) as Request;
    const { id } = request;
    if (id !== undefined) void answer(request).then((result) => send({ id, result }));
  })
  .on('close', () => process.exit(0));
