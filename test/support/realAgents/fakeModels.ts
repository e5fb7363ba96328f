// A model server on loopback that stands in for the models behind real agents: no account, no network, same words.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { anthropicApi } from './anthropicApi.ts';
import { chatApi } from './chatApi.ts';
import { replyTo } from './fakeReply.ts';
import { geminiApi } from './geminiApi.ts';
import type { ModelApi } from './modelApi.ts';
import { responsesApi } from './responsesApi.ts';
import { object, text } from '../../../gateway/agents/json.ts';

export interface FakeModels extends AsyncDisposable {
  readonly url: string;
  /** Resolves when the next request has been answered with an HTTP error. */
  nextError(): Promise<unknown>;
}

const APIS: readonly ModelApi[] = [anthropicApi, chatApi, responsesApi, geminiApi];

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
};

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const bytes = await buffer(request);
  const decode = DECODERS[request.headers['content-encoding'] ?? ''];
  return bytes.length === 0
    ? {}
    : JSON.parse((decode === undefined ? bytes : decode(bytes)).toString('utf8'));
};

const answerJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

const handle = async (
  request: IncomingMessage,
  response: ServerResponse,
  number: number,
): Promise<unknown> => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const body = object(await readBody(request));
  if (pathname.endsWith('/count_tokens')) return answerJson(response, 200, { input_tokens: 100 });
  if (pathname.endsWith(':countTokens')) return answerJson(response, 200, { totalTokens: 100 });
  if (pathname.endsWith('/models'))
    return answerJson(response, 200, { object: 'list', data: [], models: [], has_more: false });
  const api = APIS.find(({ path }) => path.test(pathname));
  if (api === undefined)
    return answerJson(response, 404, { error: { message: `no such path: ${pathname}` } });
  const reply = replyTo(api.read(body));
  if (reply.status !== undefined) {
    answerJson(response, reply.status, api.error(reply.status));
    return 'error';
  }
  const exchange = { number, model: text(body['model']) ?? 'fake-model', reply, response };
  if (body['stream'] !== true && !pathname.endsWith(':streamGenerateContent'))
    return answerJson(response, 200, api.whole(exchange));
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  return api.stream(exchange);
};

export const startFakeModels = async (): Promise<FakeModels> => {
  let requests = 0;
  const news = new EventEmitter();
  const server = createServer((request, response) => {
    requests += 1;
    handle(request, response, requests)
      .then((how) => how === 'error' && news.emit('error answered'))
      .catch((error: unknown) => {
        // What is wrong with the story is told to the agent, which tells it to the test.
        if (response.headersSent) response.destroy();
        else answerJson(response, 500, { error: { message: String(error) } });
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    nextError: () => once(news, 'error answered'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
