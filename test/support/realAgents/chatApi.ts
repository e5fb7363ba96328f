// The OpenAI Chat Completions API of the fake model: what OpenCode, Copilot and Qwen speak here.
import { contentText, inputTokens, sendDeltas, type Exchange, type ModelApi } from './modelApi.ts';
import { list, object, text } from '../../../gateway/agents/json.ts';

const toolCalls = ({ reply, number }: Exchange) =>
  (reply.toolUses ?? []).map(({ name, input }, index) => ({
    index,
    id: `call_fake_${number}_${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));

const finishReason = ({ reply }: Exchange): string => (reply.toolUses === undefined ? 'stop' : 'tool_calls');

const usage = ({ reply }: Exchange) => ({
  prompt_tokens: inputTokens,
  completion_tokens: reply.deltas.length,
  total_tokens: inputTokens + reply.deltas.length,
});

const head = ({ number, model }: Exchange) => ({ id: `chatcmpl-fake-${number}`, created: 1, model });

export const chatApi: ModelApi = {
  path: /\/chat\/completions$/,

  read(body) {
    const messages = list(object(body)['messages']).map(object);
    const last = messages.at(-1);
    const user = messages.findLast(({ role }) => role === 'user');
    return {
      text: contentText(user?.['content']),
      toolResult: last?.['role'] === 'tool' ? contentText(last['content']) || '(empty)' : undefined,
      tools: list(object(body)['tools']).map((tool) => {
        const described = object(object(tool)['function']);
        return { name: text(described['name']) ?? '', schema: described['parameters'] };
      }),
    };
  },

  whole: (exchange) => ({
    ...head(exchange),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: exchange.reply.deltas.join(''),
          tool_calls: toolCalls(exchange),
        },
        finish_reason: finishReason(exchange),
      },
    ],
    usage: usage(exchange),
  }),

  async stream(exchange) {
    const { reply, response } = exchange;
    const write = (data: object): boolean =>
      response.write(
        `data: ${JSON.stringify({ ...head(exchange), object: 'chat.completion.chunk', ...data })}\n\n`,
      );
    const send = (delta: object, finish: string | null = null): boolean =>
      write({ choices: [{ index: 0, delta, finish_reason: finish }] });

    send({ role: 'assistant', content: '' });
    for (const thinking of reply.thinking ?? []) send({ reasoning_content: thinking });
    if (!(await sendDeltas(exchange, (content) => send({ content })))) return;
    for (const call of toolCalls(exchange)) send({ tool_calls: [call] });
    send({}, finishReason(exchange));
    write({ choices: [], usage: usage(exchange) });
    response.end('data: [DONE]\n\n');
  },

  error: (status) => ({ error: { code: status, type: 'server_error', message: `fake error ${status}` } }),
};
