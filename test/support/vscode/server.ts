// A real VS Code server on a free port of this machine, with folders of its own and our extension in it.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { vscodeServerScript } from './install.ts';
import { quietSettings } from './settings.ts';

const READY_MS = 60_000;
const END_MS = 5_000;

export interface ServerOptions {
  /** Packaged extensions to install. */
  readonly vsix?: readonly string[];
  /** The server's environment reaches the extension host, and with it the gateway: set HOLDFAST_HOME here. */
  readonly env?: NodeJS.ProcessEnv;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** 0, a free one, when absent. */
  readonly port?: number;
  /** Kept when given; else a new temporary folder, which goes with the server. */
  readonly dataFolder?: string;
  /** Windows trust nothing until somebody says so. Else everything is trusted. */
  readonly asksForTrust?: boolean;
  /** Further flags of the server. */
  readonly flags?: readonly string[];
  /** Where the logs of the server and of its extension hosts go in the end. */
  readonly logFolder?: string;
}

export interface VsCodeServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  /** The address of a window on a folder; whoever does not know the token in it is refused. */
  windowUrl(folder: string, query?: Readonly<Record<string, string>>): string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
}

export async function startServer(options: ServerOptions = {}): Promise<VsCodeServer> {
  const script = await vscodeServerScript();
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), 'holdfast-vscode-')));
  const user = path.join(dataFolder, 'user');
  await mkdir(path.join(user, 'User'), { recursive: true });
  const trust = options.asksForTrust === true ? { 'security.workspace.trust.enabled': true } : {};
  const settings = { ...quietSettings, ...trust, ...options.settings };
  await writeFile(path.join(user, 'User/settings.json'), JSON.stringify(settings, undefined, 2));

  const env = serverEnvironment(options.env);
  const folders = ['--user-data-dir', user, '--server-data-dir', path.join(dataFolder, 'server')];
  const common = [
    script,
    ...folders,
    ...['--extensions-dir', path.join(dataFolder, 'extensions')],
    ...['--accept-server-license-terms', '--disable-telemetry', '--telemetry-level', 'off'],
  ];
  // The server gives whoever reaches it a terminal: without the token any web page or local user could.
  const token = randomBytes(16).toString('hex');
  const server = spawn(
    process.execPath,
    [
      ...common,
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--connection-token', token],
      ...(options.asksForTrust === true ? [] : ['--disable-workspace-trust']),
      ...['--disable-getting-started-override', '--disable-update-check'],
      // Windows wait for what is being installed.
      ...(options.vsix ?? []).flatMap((file) => ['--install-extension', file]),
      ...['--force', '--do-not-sync', '--start-server'],
      ...(options.flags ?? []),
    ],
    // A process group of its own, so that the extension hosts can be ended with it. A gateway has left the group.
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const log = createWriteStream(path.join(dataFolder, 'server.log'), { flags: 'a' });
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const ended = once(server, 'exit').then(() => undefined);
  const endOnExit = (): void => killGroup(server);
  process.once('exit', endOnExit);

  const port = await listeningPort(server);
  return {
    port,
    pid: server.pid ?? 0,
    dataFolder,
    ended,
    windowUrl: (folder, query = {}) =>
      `http://127.0.0.1:${port}/?${new URLSearchParams({ tkn: token, folder, ...query }).toString()}`,
    async [Symbol.asyncDispose]() {
      await end(server, ended);
      process.off('exit', endOnExit);
      log.end();
      if (options.logFolder !== undefined) await keepLogs(dataFolder, options.logFolder);
      if (options.dataFolder === undefined)
        await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function serverEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env = { ...process.env, ...extra };
  // What an editor around us would say about itself.
  for (const name of ['VSCODE_IPC_HOOK_CLI', 'ELECTRON_RUN_AS_NODE', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT']) {
    delete env[name];
  }
  // A gallery that cannot be reached would only fill the log.
  return { ...env, EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}' };
}

async function listeningPort(server: ChildProcess): Promise<number> {
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (why: string): void => reject(new Error(`The VS Code server ${why}:\n${said}`));
  const timer = setTimeout(() => fail('was not ready in time'), READY_MS);
  const listen = (chunk: Buffer): void => {
    said += chunk.toString();
    const port = /Extension host agent listening on (\d+)/.exec(said)?.[1];
    if (port !== undefined) resolve(Number(port));
  };
  server.stdout?.on('data', listen);
  server.stderr?.on('data', listen);
  server.once('error', reject);
  server.once('exit', (code) => fail(`ended with code ${String(code)}`));
  try {
    return await promise;
  } catch (error) {
    killGroup(server);
    throw error;
  } finally {
    clearTimeout(timer);
    server.stdout?.off('data', listen);
    server.stderr?.off('data', listen);
  }
}

async function end(server: ChildProcess, ended: Promise<void>): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(server), END_MS);
    await ended;
    clearTimeout(timer);
  }
  // Extension hosts outlive their server for some seconds otherwise.
  killGroup(server);
}

function killGroup(server: ChildProcess): void {
  if (server.pid === undefined) return;
  try {
    process.kill(-server.pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

async function keepLogs(dataFolder: string, logFolder: string): Promise<void> {
  await mkdir(logFolder, { recursive: true });
  await cp(path.join(dataFolder, 'server.log'), path.join(logFolder, 'server.log'));
  await cp(path.join(dataFolder, 'user/logs'), logFolder, { recursive: true }).catch(() => undefined);
}
