// An ACP agent that asks for an account and its password with every prompt, and says only how long that password is.
import { createInterface } from 'node:readline';
import { object, text } from '../../gateway/agents/json.ts';

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

const requestedSchema = {
  type: 'object',
  properties: {
    account: { type: 'string', title: 'Account' },
    password: { type: 'string', title: 'Password', format: 'password' },
  },
  required: ['account', 'password'],
};

let prompt: unknown;

createInterface(process.stdin).on('line', (line) => {
  const { id, method, result } = object(JSON.parse(line));
  const sessionId = 'secret';
  if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') send({ id, result: { sessionId } });
  else if (method === 'session/prompt') {
    prompt = id;
    const params = { mode: 'form', message: 'Who are you?', sessionId, requestedSchema };
    send({ id: 0, method: 'elicitation/create', params });
  } else if (id === 0 && result !== undefined) {
    const { account, password } = object(object(result)['content']);
    const said = `${text(account)} has ${text(password)?.length} characters`;
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: said } };
    send({ method: 'session/update', params: { sessionId, update } });
    send({ id: prompt, result: { stopReason: 'end_turn' } });
  }
});
