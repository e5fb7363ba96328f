// An ACP agent whose every prompt is a number: it asks whether it may run a command of so many characters.
import { createInterface } from 'node:readline';
import { list, object, text } from '../../gateway/agents/json.ts';

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

let prompt: unknown;

const OPTIONS = [
  { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
  { optionId: 'no', name: 'No', kind: 'reject_once' },
];

createInterface(process.stdin).on('line', (line) => {
  const { id, method, params, result } = object(JSON.parse(line));
  if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') send({ id, result: { sessionId: 'asking' } });
  else if (method === 'session/prompt') {
    prompt = id;
    const length = Number(text(object(list(object(params)['prompt'])[0])['text']));
    const rawInput = { command: `echo ${'x'.repeat(length - 11)} && rm` };
    const toolCall = { toolCallId: 'call', title: 'Run', kind: 'execute', status: 'pending', rawInput };
    const update = { sessionUpdate: 'tool_call', ...toolCall };
    send({ method: 'session/update', params: { sessionId: 'asking', update } });
    // As most agents do: the question names the call, and says no more of it.
    const asked = { sessionId: 'asking', toolCall: { toolCallId: 'call' }, options: OPTIONS };
    send({ id: 0, method: 'session/request_permission', params: asked });
  } else if (id === 0 && result !== undefined) {
    send({ id: prompt, result: { stopReason: 'end_turn', usage: object(result)['outcome'] } });
  }
});
