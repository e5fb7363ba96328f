// The door for clients: finds the gateway of a state folder, starts one if none answers, and speaks with it.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JSONRPCClient, type JSONRPCResponse } from 'json-rpc-2.0';
import type { WebSocket } from 'ws';
import { isRecord } from '../language.ts';
import {
  Problem,
  problems,
  PROTOCOL,
  type ClientId,
  type GatewayInfo,
  type MethodName,
  type NotificationName,
  type NotificationParams,
  type ParamsIn,
  type ProblemName,
  type Result,
} from '../protocol/index.ts';
import { readDiscovery } from './discovery.ts';
import { MAX_BODY } from './guard.ts';
import { makePrivateFolder, stateFolder } from './paths.ts';

/** A gateway that takes longer than this for a hello is stopped or stuck. */
const HELLO_MS = 3_000;
const START_MS = 15_000;
const POLL_MS = 40;
/** Another gateway has the folder: it will answer in a moment, or it is ending. */
const ALREADY_RUNS = 'exit code 0';
const OTHER_HOST = 'exit code 4';
const CANNOT_RUN = 'no process';
/** Not even the reason can be written down. */
const NO_SPACE_BYTES = 64 * 1024;
/** How long a client that starts a gateway is left alone with that. */
const TURN_MS = 2_500;
const RELAUNCH_MS = 500;
const TOO_LONG = `A request holds at most ${MAX_BODY} bytes, and nothing was sent. Put a long text into a file, and name that.`;

/** A gateway that is connected. Disposing it hangs up. */
export interface GatewayClient extends AsyncDisposable {
  /** What the gateway said of itself at the hello, and the id that it knows this client by. */
  readonly info: GatewayInfo & { readonly clientId: ClientId };
  /** Rejects with Problem for declared failures, Error for the rest. */
  call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>>;
  /** Listens until the returned function is called. */
  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): () => void;
  /** Resolves when the link is gone, whoever ended it. */
  readonly closed: Promise<{ readonly reason: string }>;
}

/**
 * For the Node that a gateway runs in. On a machine with much memory V8 lets what is young grow to 128 MB before it looks
 * through it, and a busy gateway soon gets there; with 32 MB it does the same work as fast. It is that large
 * from the beginning, so that nothing which a start makes is copied about while somebody waits for the gateway.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=16', '--min-semi-space-size=16'];

export interface ConnectOptions {
  /** The state folder; the user's own when absent. */
  readonly home?: string;
  readonly clientId?: ClientId;
  /** For people: "window docs-site". */
  readonly name: string;
  /** How to start a gateway when none answers, with a Node. Absent: do not. */
  readonly start?: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env?: NodeJS.ProcessEnv;
  };
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: 'looking' | 'starting' | 'connecting') => void;
}

/** No gateway answers, and none could be started: the message says why and what to do. */
export class NoGatewayError extends Error {
  override name = 'NoGatewayError';
}

/** The gateway that was started has ended, and these are its words. */
export class NotStartedError extends NoGatewayError {
  override name = 'NotStartedError';
}

/** The state folder belongs to another machine: the gateway that was started says how to go on. */
export class OtherHostError extends NotStartedError {}

/** Finds the gateway of a state folder, or starts one. Rejects with NoGatewayError, or with the problem that it answers. */
export async function connect(options: ConnectOptions): Promise<GatewayClient> {
  const home = options.home ?? stateFolder();
  options.onProgress?.('looking');
  const found = await tryConnect(home, options);
  if (found !== undefined) return found;
  if (options.start === undefined) {
    throw new NoGatewayError(`No gateway runs in ${home}. Start one: holdfast up`);
  }
  options.onProgress?.('starting');
  return startAndConnect(home, options, options.start);
}

/** undefined: nobody answers there. Throws when somebody does, but cannot be spoken with. */
async function tryConnect(home: string, options: ConnectOptions): Promise<GatewayClient | undefined> {
  const discovery = readDiscovery(home);
  if (discovery === undefined) return undefined;
  const silent = new NoGatewayError(
    `The gateway (process ${discovery.pid}) holds ${home} but does not answer. If it is stopped, let it continue; else end it: kill ${discovery.pid}`,
  );
  const socket = await open(discovery.socket, options.signal);
  if (socket === 'silent') throw silent;
  if (socket === undefined) return undefined;
  options.onProgress?.('connecting');
  const link = new Link(socket);
  const hello = link.call('client.hello', {
    name: options.name,
    protocol: PROTOCOL,
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
  });
  try {
    const info = await Promise.race([hello, sleep(HELLO_MS, undefined, { ref: false })]);
    if (info === undefined) throw silent;
    return Object.assign(link, { info });
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

/** Many may start at once: the state folder's lock lets one live, and all connect to that. */
async function startAndConnect(
  home: string,
  options: ConnectOptions,
  start: NonNullable<ConnectOptions['start']>,
): Promise<GatewayClient> {
  makePrivateFolder(home);
  const deadline = performance.now() + START_MS;
  let gateway: Launched | undefined;
  let isOurTurn = false;
  let notBefore = 0;
  while (performance.now() < deadline) {
    options.signal?.throwIfAborted();
    if (gateway === undefined && performance.now() >= notBefore) {
      isOurTurn ||= takeTurn(home);
      if (isOurTurn) gateway = launch(home, options, start);
    }
    const ended = gateway?.ended();
    const client = await tryConnect(home, options);
    if (client !== undefined) {
      gateway?.endUnless(client.info.pid);
      if (isOurTurn) rmSync(turnFile(home), { force: true });
      return client;
    }
    if (gateway !== undefined && ended !== undefined) {
      if (ended !== ALREADY_RUNS) {
        rmSync(turnFile(home), { force: true });
        throw whyNot(home, start.command, ended, readFileSync(gateway.report, 'utf8').trim());
      }
      // The one that has the folder may be about to end.
      gateway = undefined;
      notBefore = performance.now() + RELAUNCH_MS;
    }
    await sleep(POLL_MS);
  }
  throw new NoGatewayError(`The gateway did not answer within ${START_MS / 1000} s. Its log is in ${home}.`);
}

/** What a gateway that ended at once is reported as; `said` is what it has printed. */
function whyNot(home: string, command: string, ended: string, said: string): Error {
  if (ended === OTHER_HOST) return new OtherHostError(said);
  if (said !== '') return new NotStartedError(said);
  const words = 'The gateway did not start';
  if (isFull(home)) return new NotStartedError(`${words}: the disk of ${home} is full. Free some space.`);
  if (ended === CANNOT_RUN) return new NotStartedError(`${words}: ${command} cannot be run.`);
  return new NoGatewayError(`${words}: ${ended}.`);
}

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < NO_SPACE_BYTES;
}

const turnFile = (home: string): string => path.join(home, 'starting');

/**
 * Of many windows that find no gateway at once, one starts it and the others wait for that: fifty processes that begin
 * only to see that one is enough keep a machine busy for long. A turn passes on when nothing has come of it.
 */
function takeTurn(home: string): boolean {
  const file = turnFile(home);
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch {
    const begun = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (begun === undefined || Math.abs(Date.now() - begun) < TURN_MS) return false;
    rmSync(file, { force: true });
    return false;
  }
}

interface Launched {
  /** Where it writes why it did not start. */
  readonly report: string;
  /** How it ended; undefined while it runs. */
  readonly ended: () => string | undefined;
  /** Another was faster: this one, still starting, would only wait to take its place. */
  readonly endUnless: (pid: number) => void;
}

/** Starts a gateway as a process that outlives this one. */
function launch(
  home: string,
  options: ConnectOptions,
  { command, args, env }: NonNullable<ConnectOptions['start']>,
): Launched {
  const report = path.join(home, 'start.log');
  const output = openSync(report, 'w', 0o600);
  const child = spawn(command, [...NODE_FLAGS, ...args], {
    cwd: home,
    detached: true,
    stdio: ['ignore', 'ignore', output],
    env: {
      ...withoutEditor(process.env),
      ...env,
      // It has another working folder, and without this variable its sockets and its configuration are elsewhere.
      HOLDFAST_HOME: (options.home ?? process.env['HOLDFAST_HOME']) ? path.resolve(home) : undefined,
    },
    windowsHide: true,
  });
  closeSync(output);
  child.unref();
  let ended: string | undefined;
  child.once('error', () => (ended = CANNOT_RUN));
  child.once('exit', (code, signal) => (ended = signal ?? `exit code ${code}`));
  const endUnless = (pid: number): void => {
    if (child.pid !== pid && ended === undefined) child.kill();
  };
  return { report, ended: () => ended, endUnless };
}

/** What an editor sets for its own children means something else to a gateway, or to its agents. */
const withoutEditor = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VSCODE_|NODE_OPTIONS$)/.test(name)));

/** undefined: nobody listens there. silent: somebody does, and says nothing. */
async function open(socket: string, signal?: AbortSignal): Promise<WebSocket | 'silent' | undefined> {
  // Not before somebody dials: an editor that starts has no time for it.
  const { WebSocket } = await import('ws');
  const { promise, resolve } = Promise.withResolvers<WebSocket | 'silent' | undefined>();
  // A path is no part of a URL: there a blank, as in "Application Support", or a colon would make another path of it. The
  // URL still says that it is a socket: VS Code puts a proxy of its own in front of whatever its extensions ask of a host.
  const ws = new WebSocket('ws+unix:gateway.sock:/rpc', {
    headers: { Host: 'localhost' },
    createConnection: () => createConnection(socket),
    perMessageDeflate: false,
    maxPayload: 64 * 1024 * 1024,
  });
  const timer = setTimeout(() => {
    resolve('silent');
    ws.terminate();
  }, HELLO_MS);
  ws.once('open', () => resolve(ws));
  ws.on('error', () => resolve(undefined));
  signal?.addEventListener('abort', () => ws.terminate(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

/** One open socket: calls out, notifications in. */
class Link {
  readonly #socket: WebSocket;
  readonly #rpc: JSONRPCClient;
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  readonly closed: Promise<{ readonly reason: string }>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#rpc = new JSONRPCClient((payload) => {
      if (socket.readyState !== socket.OPEN) throw new Error('The link to the gateway is gone.');
      const frame = JSON.stringify(payload);
      // The gateway would hang up, and whoever sends again what was lost with a link would lose the next one too.
      if (Buffer.byteLength(frame) > MAX_BODY) throw new Error(TOO_LONG);
      socket.send(frame);
    });
    socket.on('message', (data: Buffer) => this.#receive(data.toString('utf8')));
    const { promise, resolve } = Promise.withResolvers<{ reason: string }>();
    this.closed = promise;
    socket.once('close', (code, reason) => {
      this.#rpc.rejectAllPendingRequests('The link to the gateway is gone.');
      resolve({ reason: reason.toString() || `closed with ${code}` });
    });
  }

  async call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    try {
      // The gateway answers by the same contract.
      return (await this.#rpc.request(method, params, undefined)) as Result<M>;
    } catch (error) {
      throw problemOf(error);
    }
  }

  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): () => void {
    let all = this.#listeners.get(name);
    if (all === undefined) this.#listeners.set(name, (all = new Set()));
    all.add(listener);
    return () => all.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    const timer = setTimeout(() => this.#socket.terminate(), 1_000);
    await this.closed;
    clearTimeout(timer);
  }

  #receive(text: string): void {
    // The gateway speaks JSON-RPC: what is no notification is an answer.
    const message = JSON.parse(text) as { method?: string; params?: never } | JSONRPCResponse;
    if (!('method' in message) || message.method === undefined)
      return this.#rpc.receive(message as JSONRPCResponse);
    // The gateway notifies by the same contract; a listener was added under the very name.
    for (const listener of this.#listeners.get(message.method) ?? []) listener(message.params as never);
  }
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('data' in error) || !isRecord(error.data)) return error;
  const { problem, ...rest } = error.data;
  if (typeof problem !== 'string' || !(problem in problems)) return error;
  // Looked up in the table just before.
  return new Problem(problem as ProblemName, error.message, rest);
}
