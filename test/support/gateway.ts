// Real gateways for tests: each a process of its own in a state folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ClientId } from '../../gateway/protocol/index.ts';
import { connect, NODE_FLAGS } from '../../gateway/rpc/connect.ts';
import { readDiscovery } from '../../gateway/rpc/discovery.ts';
import { newFolder } from './folders.ts';
import { TestClient } from './client.ts';
import { waitFor, within } from './waitFor.ts';

/** The sources as they are; under `npm test` what it has just built of them, which starts in half the time. */
export const MAIN =
  process.env['HOLDFAST_MAIN'] ?? path.join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');

export interface GatewayOptions {
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What config.json holds. */
  readonly config?: object;
  /** Runs the gateway under another program: strace and its arguments. */
  readonly under?: readonly string[];
}

/** Compiled once, not with every one of some hundred starts. */
const COMPILED = path.join(import.meta.dirname, '..', '..', '.cache', 'compiled');

/** The environment of a gateway under test: nothing of the user's own state. */
export const testEnv = (home: string, env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  TMPDIR: process.env['TMPDIR'],
  HOLDFAST_HOME: home,
  NODE_COMPILE_CACHE: COMPILED,
  ...env,
});

export class TestGateway implements AsyncDisposable {
  readonly home: string;
  readonly #options: GatewayOptions;
  #child: ChildProcess | undefined;
  #said = '';
  #clients: TestClient[] = [];

  constructor(home: string, options: GatewayOptions) {
    this.home = home;
    this.#options = options;
  }

  /** Of the process that was started last: before it can be found and after its end, of the program that watches it if one does. */
  get pid(): number {
    const pid = readDiscovery(this.home)?.pid ?? this.#child?.pid;
    // Any number that stands for none would be a signal to more than one process.
    if (pid === undefined) throw new Error('this gateway was not started');
    return pid;
  }

  get socket(): string {
    return readDiscovery(this.home)?.socket ?? '';
  }

  /** What the gateway has printed. */
  get said(): string {
    return this.#said;
  }

  /** Starts the process and waits until it can be found. */
  async start(): Promise<void> {
    const gateway = [process.execPath, ...NODE_FLAGS, MAIN, 'up', '--foreground'];
    const [command = '', ...args] = [...(this.#options.under ?? []), ...gateway];
    const before = readDiscovery(this.home)?.instanceId;
    const child = spawn(command, args, {
      env: testEnv(this.home, this.#options.env),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    await waitFor('the gateway to be ready', () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${this.#said}`);
      const found = readDiscovery(this.home);
      return found !== undefined && found.instanceId !== before;
    });
  }

  async connect(name = 'a test', clientId?: ClientId): Promise<TestClient> {
    const link = await connect({ home: this.home, name, ...(clientId === undefined ? {} : { clientId }) });
    const client = new TestClient(link);
    this.#clients.push(client);
    return client;
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await within('the end after SIGKILL', exit);
  }

  /** Resolves with the exit code when the process has ended; null when a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await within('the end of the gateway', once(child, 'exit'));
    return child?.exitCode ?? null;
  }

  /** Ends it as a supervisor would; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    const ended = this.ended();
    if (child?.exitCode === null && child.signalCode === null) {
      try {
        process.kill(this.pid, 'SIGTERM');
      } catch {
        // It has just ended by itself.
      }
    }
    return ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
    await this.stop();
  }
}

/** A running gateway in a folder of its own; `await using` ends it. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const home = options.home ?? newFolder();
  if (options.config !== undefined) {
    writeFileSync(path.join(home, 'config.json'), JSON.stringify(options.config));
  }
  const gateway = new TestGateway(home, options);
  try {
    await gateway.start();
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return gateway;
}
