// opencode serve, as npm ships it, in a home of its own, with our fake model.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { Agent, get, request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { installed } from '../../support/realAgents/install.ts';
import { RECIPES } from '../../support/realAgents/recipes.ts';
import { startNode, startProgram } from '../processes.ts';
import type { Need } from '../provide.ts';
import type { WholeServer } from './wholeServer.ts';

const { specifier, command, files, env } = RECIPES.opencode;

export const opencode: Need = () => installed(specifier, command);

const BYTES = 8;
const PATIENCE_MS = 200;

export async function startOpencode(folder: string): Promise<WholeServer> {
  const home = path.join(folder, 'home');
  const modelPort = path.join(folder, 'model');
  const model = await startNode([path.join(import.meta.dirname, '../serve.ts'), 'model', modelPort], {}, () =>
    existsSync(modelPort),
  );
  for (const [name, content] of Object.entries(
    files(`http://127.0.0.1:${readFileSync(modelPort, 'utf8')}`),
  )) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), JSON.stringify(content));
  }
  const port = await freePort();
  const args = ['serve', '--port', String(port), '--hostname', '127.0.0.1'];
  const variables = {
    ...env(),
    HOME: home,
    XDG_CONFIG_HOME: '',
    XDG_DATA_HOME: '',
    XDG_CACHE_HOME: '',
    NO_COLOR: '1',
  };
  const begin = performance.now();
  const server = await startProgram(await opencode(), args, variables, () => true, folder);
  const api = new Api(port);
  while (!(await api.isUp())) await delay(5);
  const startMs = performance.now() - begin;
  const session = async (): Promise<string> =>
    // The API of this very version.
    ((await api.ask('POST', '/session', { title: 'a title' })) as { id: string }).id;
  const say = (sessionId: string, count: number, perSecond: number): Promise<unknown> =>
    api.ask('POST', `/session/${sessionId}/message`, {
      parts: [{ type: 'text', text: `stream ${count} ${perSecond} ${BYTES}` }],
    });
  let streamed: string | undefined;
  return {
    pid: server.pid,
    startMs,
    call: () => api.ask('GET', '/global/health'),
    newSession: session,
    join: (onText) => api.follow(onText),
    async stream(events, perSecond) {
      streamed ??= await session();
      return say(streamed, events, perSecond);
    },
    agent: {
      async longSession(pieces) {
        const sessionId = await session();
        await say(sessionId, pieces, 0);
        return () => api.ask('GET', `/session/${sessionId}/message`);
      },
    },
    async [Symbol.asyncDispose]() {
      api[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

class Api implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Asked in vain while it starts, and one of the first requests may stay without any answer. */
  isUp(): Promise<boolean> {
    return this.ask('GET', '/global/health', undefined, AbortSignal.timeout(PATIENCE_MS)).then(
      () => true,
      () => false,
    );
  }

  async ask(method: string, route: string, body?: object, signal?: AbortSignal): Promise<unknown> {
    const sent = request({
      ...this.#to(route),
      method,
      agent: this.#agent,
      signal,
      headers: { 'content-type': 'application/json' },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject);
    });
    const text = await readText(response);
    if (response.statusCode !== 200)
      throw new Error(`opencode: ${method} ${route}: ${response.statusCode} ${text}`);
    return JSON.parse(text);
  }

  /** Server-sent events of all sessions; only the pieces of messages are handed on. */
  async follow(onText: (text: Buffer) => void): Promise<void> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(this.#to('/event'), resolve).once('error', reject);
    });
    // It ends with the server.
    response.on('error', () => undefined);
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const events = (rest + text).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) if (event.includes('"message.part.delta"')) onText(Buffer.from(event));
    });
  }

  #to(route: string): object {
    return { host: '127.0.0.1', port: this.#port, path: route };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
