// An ACP agent that asks for an account and its password with every prompt, and says only how long that password is.
import { object, text } from '../../gateway/agents/json.ts';
import { onMessage, say, send } from './acpLines.ts';

const requestedSchema = {
  type: 'object',
  properties: {
    account: { type: 'string', title: 'Account' },
    password: { type: 'string', title: 'Password', format: 'password' },
  },
  required: ['account', 'password'],
};

let prompt: unknown;

onMessage(({ id, method, result }) => {
  const sessionId = 'secret';
  if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') send({ id, result: { sessionId } });
  else if (method === 'session/prompt') {
    prompt = id;
    const params = { mode: 'form', message: 'Who are you?', sessionId, requestedSchema };
    send({ id: 0, method: 'elicitation/create', params });
  } else if (id === 0 && result !== undefined) {
    const { account, password } = object(object(result)['content']);
    say(sessionId, `${text(account)} has ${text(password)?.length} characters`);
    send({ id: prompt, result: { stopReason: 'end_turn' } });
  }
});
