// VS Code's agent host, the server of its Agent Host Protocol (AHP), out of the VS Code server that the tests use. No turn can
// run in it here: its agents want an account. What is streamed are drafts that one client writes and all clients see.
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { vscodeServerScript } from '../../support/vscode/install.ts';
import { startNode } from '../processes.ts';
import { cached, installPackages, run, type Need } from '../provide.ts';
import { bytesOf, dial, RawCaller } from '../sockets.ts';
import { microseconds } from '../statistics.ts';
import type { WholeServer } from './wholeServer.ts';

const SQLITE = '@vscode/sqlite3';
const COPILOT = '@github/copilot-sdk';
const BUILD_MS = 8 * 60_000;

/** The tests' VS Code server with the two packages that its agent host needs: they are left out there, one has to be compiled. */
export const agentHost: Need = async () => {
  const server = path.resolve(path.dirname(await vscodeServerScript()), '..');
  return cached(`agent-host-of-${path.basename(server)}`, async (folder) => {
    // What these files are is known: VS Code's own package.json.
    const { dependencies } = JSON.parse(await readFile(path.join(server, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const build = path.join(folder, 'build');
    const node = `node-${process.platform}-${process.arch}`;
    await mkdir(build);
    await installPackages(build, [
      ...[SQLITE, COPILOT].map((name) => `${name}@${dependencies[name]}`),
      // For its headers.
      `${node}@${process.versions.node}`,
    ]);
    const env = { ...process.env, npm_config_nodedir: path.join(build, 'node_modules', node) };
    process.stderr.write(`bench: compiling ${SQLITE}, which takes a few minutes, once\n`);
    await run('npm', ['rebuild', SQLITE], { cwd: build, env, timeout: BUILD_MS, maxBuffer: 2 ** 26 });
    await run('cp', ['-rl', `${server}/.`, folder]);
    for (const name of [SQLITE, path.dirname(COPILOT)]) {
      await rm(path.join(folder, 'node_modules', name), { recursive: true, force: true });
      await cp(path.join(build, 'node_modules', name), path.join(folder, 'node_modules', name), {
        recursive: true,
      });
    }
    await rm(build, { recursive: true });
  });
};

const VERSION = '0.9.0';
/** Drafts that are sent before others get their turn. */
const AT_ONCE = 50;
const FULL = 1024 * 1024;

export async function startAgentHost(folder: string): Promise<WholeServer> {
  const server = await agentHost();
  const socket = path.join(folder, 'ahp.sock');
  const languages = {
    userLocale: 'en',
    osLocale: 'en',
    resolvedLanguage: 'en',
    locale: 'en',
    availableLanguages: {},
    defaultMessagesFile: path.join(server, 'out/nls.messages.json'),
  };
  const begin = performance.now();
  const started = await startNode(
    [
      path.join(server, 'out/bootstrap-fork.js'),
      '--type=agentHost',
      '--logsPath',
      path.join(folder, 'logs'),
      '--user-data-dir',
      path.join(folder, 'data'),
      '--disable-telemetry',
    ],
    {
      HOME: folder,
      VSCODE_ESM_ENTRYPOINT: 'vs/platform/agentHost/node/agentHostMain',
      VSCODE_AGENT_HOST_SOCKET_PATH: socket,
      VSCODE_NLS_CONFIG: JSON.stringify(languages),
    },
    () => existsSync(socket),
  );
  const first = await Client.open(socket, 'client-0');
  const startMs = performance.now() - begin;
  let sessions = 0;
  const newSession = async (): Promise<string> => {
    sessions += 1;
    const channel = `ahp-session:/session-${sessions}`;
    const workingDirectories = [`file://${folder}`];
    await first.call('createSession', { channel, provider: 'copilotcli', workingDirectories });
    // The shape of this very version.
    const { snapshot } = (await first.call('subscribe', { channel })) as {
      snapshot: { state: { defaultChat: string } };
    };
    return snapshot.state.defaultChat;
  };
  let clients = 0;
  let chat: string | undefined;
  return {
    pid: started.pid,
    startMs,
    call: () => first.call('ping', { channel: 'ahp-root://' }),
    newSession,
    async join(onText) {
      chat ??= await newSession();
      clients += 1;
      const client = await Client.open(socket, `client-${clients}`, onText);
      await client.call('subscribe', { channel: chat });
    },
    async stream(events, perSecond) {
      const start = microseconds();
      for (let said = 0; said < events;) {
        const passed = (microseconds() - start) / 1e6;
        const due = Math.min(events, perSecond === 0 ? said + AT_ONCE : Math.floor(passed * perSecond) + 1);
        for (; said < due; said += 1) first.draft(chat ?? '', `t=${microseconds()} xxxxxxxx`);
        if (perSecond > 0) await delay(1);
        else if (first.buffered > FULL) await delay(1);
        else await turn();
      }
    },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

const ACTION = '{"jsonrpc":"2.0","method":"action"';

class Client {
  readonly #socket: WebSocket;
  readonly #caller: RawCaller;
  #sent = 0;

  static async open(socket: string, clientId: string, onText?: (text: Buffer) => void): Promise<Client> {
    const client = new Client(await dial(socket, '/'), onText);
    await client.call('initialize', {
      channel: 'ahp-root://',
      protocolVersions: [VERSION],
      clientId,
      initialSubscriptions: ['ahp-root://'],
    });
    return client;
  }

  private constructor(socket: WebSocket, onText: ((text: Buffer) => void) | undefined) {
    this.#socket = socket;
    this.#caller = new RawCaller((text) => socket.send(text));
    socket.on('message', (data) => {
      const bytes = bytesOf(data);
      if (bytes.toString('latin1', 0, ACTION.length) !== ACTION) this.#caller.receive(bytes.toString());
      else if (bytes.includes('draftChanged')) onText?.(bytes);
    });
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  call(method: string, params: object): Promise<unknown> {
    return this.#caller.call(method, params);
  }

  draft(channel: string, text: string): void {
    this.#sent += 1;
    const action = { type: 'chat/draftChanged', draft: { text } };
    const params = { channel, clientSeq: this.#sent, action };
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'dispatchAction', params }));
  }
}
