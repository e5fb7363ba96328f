// The Anthropic Messages API of the fake model: what Claude Code speaks.
import { contentText, inputTokens, sendDeltas, type Exchange, type ModelApi } from './modelApi.ts';
import { keywordIn } from './fakeReply.ts';
import { list, object, text } from '../../../gateway/agents/json.ts';

const stopReason = ({ reply }: Exchange): string => (reply.toolUses === undefined ? 'end_turn' : 'tool_use');

const usage = ({ reply }: Exchange) => ({
  input_tokens: inputTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: Math.max(1, reply.deltas.length),
});

const message = (exchange: Exchange, content: unknown[], stop: string | null) => ({
  id: `msg_fake_${exchange.number}`,
  type: 'message',
  role: 'assistant',
  model: exchange.model,
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: usage(exchange),
});

const toolUses = ({ reply, number }: Exchange) =>
  (reply.toolUses ?? []).map(({ name, input }, index) => ({
    type: 'tool_use',
    id: `toolu_fake_${number}_${index}`,
    name,
    input,
  }));

/** Why a request failed, in the words that clients of this API look at. */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

export const anthropicApi: ModelApi = {
  path: /\/messages$/,

  read(body) {
    const messages = list(object(body)['messages']).map(object);
    const { content } = messages.findLast(({ role }) => role === 'user') ?? {};
    const blocks =
      typeof content === 'string' ? [{ type: 'text', text: content }] : list(content).map(object);
    const said = blocks.filter(({ type }) => type === 'text').map((block) => text(block['text']) ?? '');
    const result = blocks.find(({ type }) => type === 'tool_result');
    // A new prompt may come in the same message as the result of the tool before it.
    const isResult = result !== undefined && keywordIn(said.join('\n')) === undefined;
    return {
      text: said.join('\n'),
      toolResult: isResult ? contentText(object(result)['content']) || '(empty)' : undefined,
      tools: list(object(body)['tools']).map((tool) => ({
        name: text(object(tool)['name']) ?? '',
        schema: object(tool)['input_schema'],
      })),
    };
  },

  whole: (exchange) => {
    const content = [{ type: 'text', text: exchange.reply.deltas.join('') }, ...toolUses(exchange)];
    return message(exchange, content, stopReason(exchange));
  },

  async stream(exchange) {
    const { reply, response } = exchange;
    const send = (type: string, data: object): boolean =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    let index = 0;
    const open = (block: object): boolean => send('content_block_start', { index, content_block: block });
    const delta = (type: string, data: object): boolean =>
      send('content_block_delta', { index, delta: { type, ...data } });
    const close = (): void => {
      send('content_block_stop', { index });
      index += 1;
    };

    send('message_start', { message: message(exchange, [], null) });
    if (reply.thinking !== undefined) {
      open({ type: 'thinking', thinking: '', signature: '' });
      for (const thinking of reply.thinking) delta('thinking_delta', { thinking });
      delta('signature_delta', { signature: 'ZmFrZQ==' });
      close();
    }
    open({ type: 'text', text: '' });
    if (!(await sendDeltas(exchange, (piece) => delta('text_delta', { text: piece })))) return;
    close();
    for (const use of toolUses(exchange)) {
      open({ ...use, input: {} });
      delta('input_json_delta', { partial_json: JSON.stringify(use.input) });
      close();
    }
    send('message_delta', {
      delta: { stop_reason: stopReason(exchange), stop_sequence: null },
      usage: usage(exchange),
    });
    send('message_stop', {});
    response.end();
  },

  error: (status) => ({
    type: 'error',
    error: { type: ERROR_TYPES[status] ?? 'api_error', message: `fake error ${status}` },
  }),
};
