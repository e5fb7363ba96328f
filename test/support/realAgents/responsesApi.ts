// The OpenAI Responses API of the fake model: what Codex speaks.
import { contentText, inputTokens, sendDeltas, type Exchange, type ModelApi } from './modelApi.ts';
import type { ModelTool } from './fakeReply.ts';
import { list, object, text } from '../../../gateway/agents/json.ts';

/** Tools may come in namespaces; those of the type "custom" take text instead of JSON. */
const flatTools = (tools: unknown, namespace?: string): ModelTool[] =>
  list(tools)
    .map(object)
    .flatMap((tool) =>
      tool['type'] === 'namespace'
        ? flatTools(tool['tools'], text(tool['name']))
        : [
            {
              name: text(tool['name']) ?? text(tool['type']) ?? '',
              schema: tool['parameters'],
              isText: tool['type'] === 'custom',
              ...(namespace === undefined ? {} : { namespace }),
            },
          ],
    );

const usage = ({ reply }: Exchange) => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: reply.deltas.length,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: inputTokens + reply.deltas.length,
});

const response = ({ number, model }: Exchange, status: string) => ({
  id: `resp_fake_${number}`,
  object: 'response',
  created_at: 1,
  status,
  model,
  output: [] as unknown[],
  parallel_tool_calls: true,
  tools: [],
});

const messageItem = ({ number, reply }: Exchange) => ({
  type: 'message',
  id: `msg_fake_${number}`,
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: reply.deltas.join(''), annotations: [] }],
});

const callItems = ({ number, reply }: Exchange) =>
  (reply.toolUses ?? []).map(({ name, namespace, input }, index) => ({
    type: 'function_call',
    id: `fc_fake_${number}_${index}`,
    call_id: `call_fake_${number}_${index}`,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    arguments: JSON.stringify(input),
    status: 'completed',
  }));

export const responsesApi: ModelApi = {
  path: /\/responses$/,

  read(body) {
    const items = list(object(body)['input']).map(object);
    const last = items.at(-1);
    const user = items.findLast(({ role }) => role === 'user');
    const isResult = (text(last?.['type']) ?? '').endsWith('_output');
    return {
      text: contentText(user?.['content']),
      toolResult: isResult ? contentText(last?.['output']) || '(empty)' : undefined,
      tools: flatTools(object(body)['tools']),
    };
  },

  whole: (exchange) => ({
    ...response(exchange, 'completed'),
    output: [messageItem(exchange), ...callItems(exchange)],
    usage: usage(exchange),
  }),

  async stream(exchange) {
    let sequence = 0;
    const send = (type: string, data: object): boolean => {
      const event = { type, sequence_number: sequence, ...data };
      sequence += 1;
      return exchange.response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    const item = messageItem(exchange);
    const place = { item_id: item.id, output_index: 0, content_index: 0 };
    send('response.created', { response: response(exchange, 'in_progress') });
    send('response.output_item.added', {
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    });
    send('response.content_part.added', {
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    });
    const pushed = await sendDeltas(exchange, (delta) =>
      send('response.output_text.delta', { ...place, delta }),
    );
    if (!pushed) return;
    send('response.output_text.done', { ...place, text: item.content[0]?.text });
    send('response.output_item.done', { output_index: 0, item });
    for (const [index, call] of callItems(exchange).entries()) {
      const output_index = index + 1;
      send('response.output_item.added', {
        output_index,
        item: { ...call, status: 'in_progress', arguments: '' },
      });
      send('response.function_call_arguments.done', {
        item_id: call.id,
        output_index,
        arguments: call.arguments,
      });
      send('response.output_item.done', { output_index, item: call });
    }
    send('response.completed', {
      response: {
        ...response(exchange, 'completed'),
        output: [item, ...callItems(exchange)],
        usage: usage(exchange),
      },
    });
    exchange.response.end();
  },

  error: (status) => ({ error: { code: status, type: 'server_error', message: `fake error ${status}` } }),
};
