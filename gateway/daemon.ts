// The gateway as a process: the only place that knows every part. Opens them in order, closes them in reverse.
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { Bus } from './bus.ts';
import { Catalogue } from './agents/catalogue.ts';
import { keptRegistry } from './agents/registryUpdate.ts';
import { reap, startTime } from './agents/processTree.ts';
import { ConfigError, readConfig } from './config.ts';
import { LogFile } from './logFile.ts';
import { Agents } from './live/agents.ts';
import { Announcer } from './live/announcer.ts';
import { systemClock as clock } from './live/clock.ts';
import { Delegation } from './live/delegation.ts';
import { Feed } from './live/feed.ts';
import { Live } from './live/live.ts';
import { followPeerMail } from './live/peerMail.ts';
import { LiveMail } from './live/mail.ts';
import { Peering } from './live/peering.ts';
import { Peers } from './live/peers.ts';
import { handlersOf } from './methods/methods.ts';
import type { Gateway } from './methods/parts.ts';
import { placeTasksIn } from './methods/task.ts';
import { streamsOf } from './methods/stream.ts';
import { mailToolsOf, noTools } from './lentTools.ts';
import { metricsOf } from './metrics.ts';
import {
  LIMITS,
  methods,
  PROTOCOL,
  type AgentId,
  type GatewayInfo,
  type SessionId,
} from './protocol/index.ts';
import { Caller } from './rpc/caller.ts';
import { Dispatcher } from './rpc/dispatch.ts';
import { keepDiscovery } from './rpc/discovery.ts';
import { Bearers } from './rpc/bearer.ts';
import { socketPolicy } from './rpc/guard.ts';
import type { Routes } from './rpc/exchange.ts';
import { createHttpServer } from './rpc/http.ts';
import { callInside } from './rpc/inside.ts';
import { keepListeningOnSocket } from './rpc/listen.ts';
import { StreamSlots } from './rpc/sse.ts';
import { MailboxSockets } from './rpc/mailboxSockets.ts';
import { configFile, makePrivateFolder, socketPath, stateFolder } from './rpc/paths.ts';
import { TcpDoor } from './rpc/tcpDoor.ts';
import { WebSocketTransport } from './rpc/websocket.ts';
import { checkHost } from './peers/host.ts';
import { projectFilesOf } from './methods/projectFiles.ts';
import { Store } from './store/store.ts';
import { VERSION } from './version.ts';

export { ConfigError } from './config.ts';
export { HostError } from './peers/host.ts';
export { UnfitFolderError } from './rpc/paths.ts';
export { LockedError } from './store/store.ts';
export { NewerDatabaseError } from './store/database.ts';

export interface Program {
  /** How this process was started, so that it can start the demo agent in the same way. */
  readonly node: string;
  readonly script: string;
}

/** From sysexits.h. */
const BUG = 70;
const IO_ERROR = 74;
const LAST_WORDS_MS = 250;

/** Runs a gateway until it is told to stop; then everything is closed when this resolves. */
export async function runDaemon(program: Program, signal: AbortSignal): Promise<void> {
  const home = stateFolder();
  makePrivateFolder(home);
  checkHost(home);
  await using parts = new AsyncDisposableStack();
  const config = readConfig(configFile());
  const store = parts.use(Store.open(home));
  const logger = openLog(parts.use(new LogFile(path.join(home, 'gateway.log'))), config.logLevel);
  endOnFailure(store, logger);
  await reapAgents(store, logger);

  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  const registryFile = path.join(home, 'registry.json');
  const catalogue = new Catalogue({
    agents: config.agents,
    registry: () => keptRegistry(registryFile),
    ...program,
  });
  store.retention.bounds = config.log;
  const feed = new Feed(store.log);
  const announcer = new Announcer(store);
  const findAgent = (agent: AgentId) => catalogue.find(agent).driver;
  const idleAgentMs = config.idleAgentMinutes * 60_000;
  /** Known when it listens, which is after the first agents are started. */
  const doors: { tcp?: TcpDoor } = {};
  const bearers = new Bearers((hash) => store.tokens.findByHash(hash));
  const lendTools = config.mail.tools ? mailToolsOf(program, home, bearers, () => doors.tcp?.port) : noTools;
  const live = parts.use(new Live({ store, clock, logger, findAgent, lendTools, startTime, idleAgentMs }));
  const wakeSession = (sessionId: SessionId): void => live.wake(sessionId);
  const mail = parts.use(new LiveMail({ store, clock, logger, wakeSession }));
  const info = infoOf(home, store);
  const registry = { url: config.agentRegistry, file: registryFile };
  const agents = new Agents({ catalogue, clock, home, registry });
  const logBug = (err: unknown, errorId: string, method: string): void =>
    logger.error({ err, errorId, method }, 'bug');
  const peers = new Peers({ store, clock, logger, home, settings: config.peers, about: info });
  const peering = parts.use(new Peering({ book: peers, store, clock, instanceId: info.instanceId, logBug }));
  peers.sessionsOf = (key) => peering.sessions.of(key);
  peers.follower = peering;
  followPeerMail({ store, clock, mail, peering, book: peers });
  const prepareFolder = projectFilesOf(config.projectFiles, logger);
  const place = placeTasksIn(home, agents, prepareFolder);
  const delegation = new Delegation({ store, live, clock, peering, book: peers, place });
  const sockets = parts.use(
    new MailboxSockets(home, {
      send: (params) =>
        callInside(dispatcher, new Caller('socket'), 'mail.send', { ...params, must_fit: true }),
      isProgram: (name) => (store.mailboxes.find(name)?.kind ?? 'program') === 'program',
    }),
  );
  const bus = parts.use(new Bus(store, sockets, logger));
  const gateway: Gateway = {
    store,
    live,
    feed,
    announcer,
    peering,
    mail,
    delegation,
    peers,
    bus,
    clock,
    info,
    agents,
    prepareFolder,
    bearers,
    stop,
  };
  const dispatcher = new Dispatcher(handlersOf(gateway), logBug);
  peering.open(dispatcher, peers.links);
  const webSockets = new WebSocketTransport(dispatcher);
  const metrics = metricsOf(store, () => webSockets.clients);
  store.onFault = (err) => logger.error({ err }, 'Somebody who hears of each commit met a bug.');
  store.listeners.push(
    (committed) => feed.publish(committed),
    (committed) => announcer.publish(committed),
    (committed) => peering.committed(committed),
    (committed) => mail.committed(committed),
    (committed) => delegation.committed(committed),
    (committed) => bus.committed(committed),
    (committed) => metrics.count(committed),
  );
  const isReady = (): boolean => !stopping.signal.aborted && live.isOpen && !store.isDamaged;
  const streams = streamsOf(gateway);
  const slots = new StreamSlots();
  const routes: Routes = {
    ...{ dispatcher, webSockets, streams, slots, isReady, logBug },
    metrics: () => metrics.text(),
  };
  const socket = socketPath(home);
  const socketRules = socketPolicy(bearers);

  await live.recover();
  await mail.recover();
  delegation.recover();
  parts.use(peers);
  await peers
    .start()
    .catch((err: unknown) => logger.error({ err }, 'Peers are left alone. Everything else goes on.'));
  await bus.sync();
  parts.use(await keepListeningOnSocket(() => createHttpServer(routes, () => socketRules), socket));
  const tcp = (doors.tcp = parts.use(new TcpDoor(routes, bearers)));
  if (config.http !== undefined)
    await serveTcp(tcp, config.http.port, logger, () => stopping.signal.aborted || discovery.write());
  // Before the listener, which ends when its last connection has.
  parts.use(webSockets);
  const { version, protocol, pid, instanceId } = info;
  const discovery = keepDiscovery(home, () => {
    const { port } = tcp;
    const door = port === undefined ? {} : { http: { host: '127.0.0.1', port }, token: bearers.own };
    const where = { socket, home: realpathSync(home) };
    return { schema: 1, pid, instanceId, version, protocol, ...where, ...door };
  });
  parts.use(discovery);
  bearers.onRotate = () => discovery.write();
  logger.info({ pid, version, home, socket }, 'ready');

  if (!stopping.signal.aborted) {
    await new Promise<void>((resolve) =>
      stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
  }
  logger.info('stopping');
}

const infoOf = (home: string, { log, retention }: Store): GatewayInfo => ({
  version: VERSION,
  protocol: PROTOCOL,
  features: [...new Set(Object.keys(methods).map((name) => name.replace(/\..*/, '')))],
  pid: process.pid,
  instanceId: randomUUID(),
  logId: log.logId,
  home,
  bounds: retention.bounds,
  limits: LIMITS,
  startedAt: clock.now(),
});

/** Opens the port, or tells why not and opens it as soon as it is free; `onLate` hears of that. */
async function serveTcp(tcp: TcpDoor, port: number, logger: pino.Logger, onLate: () => void): Promise<void> {
  await tcp.open(port).catch((cause: NodeJS.ErrnoException) => {
    const err = portTaken(port, cause);
    // Whoever asks for it now is told now. What the configuration asks for must not keep a service, and windows, from all else.
    if (process.env['HOLDFAST_PORT'] !== undefined) throw err;
    logger.error({ err }, 'TCP is not served; it is tried again. Everything else goes on.');
    void tcp
      .openWhenFree(port)
      .then(onLate)
      .catch((fault: unknown) => logger.error({ err: fault }, 'TCP'));
  });
}

function portTaken(port: number, cause: NodeJS.ErrnoException): ConfigError {
  const why = cause.code === 'EADDRINUSE' ? 'another program has it' : cause.message;
  return new ConfigError(
    `TCP port ${port} cannot be used: ${why}. Choose another as http.port, or with --port; 0 takes any free one.`,
    { cause },
  );
}

/** What nobody can set right ends the process; the next start goes on from what is on disk. */
function endOnFailure(store: Store, logger: pino.Logger): void {
  process.on('uncaughtException', (err) => {
    // Whatever cannot be written down now ends here; the end has begun.
    if (store.isDamaged) return;
    logger.error(
      { err },
      'A bug ended the gateway. Sessions and prompts are on disk; the next start goes on with them.',
    );
    process.exit(BUG);
  });
  store.onDamage((err) => {
    logger.error({ err }, 'The disk or the database failed. The next start looks through the database.');
    // Whoever waits for an answer hears of it; nothing can be set right here any more, and the next start ends the agents.
    setTimeout(() => process.exit(IO_ERROR), LAST_WORDS_MS);
  });
  const { setAside } = store;
  if (setAside !== undefined)
    logger.error({ setAside }, 'The database could not be read. It was set aside whole; this one is fresh.');
}

/** Ends the agents that a gateway which died has left behind. */
async function reapAgents(store: Store, logger: pino.Logger): Promise<void> {
  if (store.intake.damaged > 0)
    logger.error(
      { count: store.intake.damaged },
      'The disk has damaged prompts that had just been accepted.',
    );
  const reaped = await Promise.all(
    store.processes.list().map(async ({ pid, startTime: at }) => {
      const ended = await reap(pid, at);
      store.written(() => store.processes.remove(pid));
      return ended;
    }),
  );
  const count = reaped.filter(Boolean).length;
  if (count > 0) logger.warn({ count }, 'ended agents that had lost their gateway');
}

function openLog(file: LogFile, level: string): pino.Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, file);
}
