// rpc: any method, as programs call it.
import { isRecord } from '../language.ts';
import { callByName, withGateway } from './client.ts';
import { inertJson } from './plainText.ts';
import { textFrom } from './stdin.ts';
import { UsageError, type Verb } from './verb.ts';

export const rpcVerbs: readonly Verb[] = [
  {
    name: 'rpc',
    summary: 'Call a method of the gateway with parameters as JSON',
    args: [
      ['<method>', 'session.list, rpc.discover ...'],
      ['[params]', 'a JSON object; - reads it from standard input'],
    ],
    async run(call) {
      const method = call.arg(0) ?? '';
      const params = parse(await textFrom(call.arg(1) ?? '{}'));
      await withGateway(async (client) => {
        // Whether the method is there is the gateway's to say: it may be newer than this program.
        const result = await callByName(client, method, params);
        call.out.answer(result, inertJson(result, 2));
      });
    },
  },
];

function parse(text: string): object {
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch {
    throw new UsageError('The parameters are not JSON. Quote them: \'{"sessionId": "..."}\'');
  }
  if (isRecord(params)) return params;
  throw new UsageError('The parameters are one JSON object, like \'{"sessionId": "..."}\'');
}
