// The Gemini API of the fake model: what Gemini CLI speaks.
import { inputTokens, sendDeltas, type Exchange, type ModelApi } from './modelApi.ts';
import { list, object, text } from '../../../gateway/agents/json.ts';

const partsOf = (content: unknown) => list(object(content)['parts']).map(object);

const chunk = ({ reply, number, model }: Exchange, parts: readonly object[], finishReason?: string) => ({
  candidates: [
    {
      content: { role: 'model', parts },
      index: 0,
      ...(finishReason === undefined ? {} : { finishReason }),
    },
  ],
  usageMetadata: {
    promptTokenCount: inputTokens,
    candidatesTokenCount: reply.deltas.length,
    totalTokenCount: inputTokens + reply.deltas.length,
  },
  modelVersion: model,
  responseId: `fake_${number}`,
});

const calls = ({ reply }: Exchange) =>
  (reply.toolUses ?? []).map(({ name, input }) => ({ functionCall: { name, args: input } }));

/** Beside the conversation it asks small questions, to be answered in JSON: which model, who speaks next, which title. */
const SIDE_ANSWER = JSON.stringify({
  reasoning: 'fake',
  model_choice: 'flash',
  complexity_reasoning: 'fake',
  complexity_score: 1,
  next_speaker: 'user',
  title: 'Fake title',
});

export const geminiApi: ModelApi = {
  path: /:(?:streamGenerateContent|generateContent)$/,

  read(body) {
    const contents = list(object(body)['contents']);
    const result = partsOf(contents.at(-1)).find((part) => part['functionResponse'] !== undefined);
    const user = contents.findLast(
      (content) =>
        object(content)['role'] === 'user' &&
        partsOf(content).some((part) => text(part['text']) !== undefined),
    );
    return {
      text: partsOf(user)
        .map((part) => text(part['text']) ?? '')
        .join('\n'),
      toolResult:
        result === undefined
          ? undefined
          : JSON.stringify(object(result['functionResponse'])['response'] ?? null),
      tools: list(object(body)['tools']).flatMap((tool) =>
        list(object(tool)['functionDeclarations'])
          .map(object)
          .map((described) => ({
            name: text(described['name']) ?? '',
            schema: described['parametersJsonSchema'] ?? described['parameters'],
          })),
      ),
    };
  },

  whole: (exchange) => chunk(exchange, [{ text: SIDE_ANSWER }], 'STOP'),

  async stream(exchange) {
    const { reply, response } = exchange;
    const send = (parts: readonly object[], finish?: string): boolean =>
      response.write(`data: ${JSON.stringify(chunk(exchange, parts, finish))}\r\n\r\n`);
    for (const thinking of reply.thinking ?? []) send([{ text: thinking, thought: true }]);
    if (!(await sendDeltas(exchange, (piece) => send([{ text: piece }])))) return;
    const last = calls(exchange);
    send(last.length > 0 ? last : [{ text: '' }], 'STOP');
    response.end();
  },

  error: (status) => ({
    error: { code: status, status: 'INTERNAL', message: `fake error ${status}` },
  }),
};
