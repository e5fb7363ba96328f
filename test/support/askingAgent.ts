// An ACP agent whose every prompt is a number: it asks whether it may run a command of so many characters.
import { list, object, text } from '../../gateway/agents/json.ts';
import { onMessage, send, update } from './acpLines.ts';

let prompt: unknown;

const OPTIONS = [
  { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
  { optionId: 'no', name: 'No', kind: 'reject_once' },
];

onMessage(({ id, method, params, result }) => {
  if (method === 'initialize') send({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') send({ id, result: { sessionId: 'asking' } });
  else if (method === 'session/prompt') {
    prompt = id;
    const length = Number(text(object(list(object(params)['prompt'])[0])['text']));
    const rawInput = { command: `echo ${'x'.repeat(length - 11)} && rm` };
    const toolCall = { toolCallId: 'call', title: 'Run', kind: 'execute', status: 'pending', rawInput };
    update('asking', { sessionUpdate: 'tool_call', ...toolCall });
    // As most agents do: the question names the call, and says no more of it.
    const asked = { sessionId: 'asking', toolCall: { toolCallId: 'call' }, options: OPTIONS };
    send({ id: 0, method: 'session/request_permission', params: asked });
  } else if (id === 0 && result !== undefined) {
    send({ id: prompt, result: { stopReason: 'end_turn', usage: object(result)['outcome'] } });
  }
});
