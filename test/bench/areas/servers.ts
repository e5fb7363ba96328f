// Ours beside whole servers that sessions live in, on each row that they have: VS Code's agent host and `opencode serve`. They
// speak as they do (WebSocket on a Unix socket, HTTP on loopback) and promise what they do: neither syncs what a client sees.
import { setTimeout as delay } from 'node:timers/promises';
import type { Area, Figures, Settings } from '../area.ts';
import { agentHost, startAgentHost } from '../contestants/agentHost.ts';
import { opencode, startOpencode } from '../contestants/opencode.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { streamOf } from '../contestants/ourStream.ts';
import type { WholeServer } from '../contestants/wholeServer.ts';
import { callFor } from '../load.ts';
import { treeMemory } from '../processes.ts';
import { median, microseconds, percentile } from '../statistics.ts';
import { StampReader } from './stamps.ts';

const VARIANT = 'whole servers';
const CLIENTS = 4;
const EVENTS = 4000;
const PER_SECOND = 500;
const PIECES = 5000;
const SESSIONS = 20;
/** The median of so many; one more comes before, to warm up. */
const TIMES = 5;
const REST_MS = 1500;
/** A server that loses events would keep us for ever. */
const STREAM_MS = 20_000;

async function startOurs(bundle: string, folder: string, settings: Settings): Promise<WholeServer> {
  const begin = performance.now();
  const gateway = await startOurGateway(bundle, folder, settings);
  const startMs = performance.now() - begin;
  const { socket, control, sessionId } = gateway;
  const session = await streamOf(gateway);
  const newSession = async (): Promise<string> =>
    // The contract of session.create.
    ((await control.call('session.create', { path: folder, agent: 'scripted' })) as { sessionId: string })
      .sessionId;
  return Object.assign(gateway, {
    startMs,
    call: () => control.call('session.draft', { sessionId }),
    newSession,
    join: (onText: (text: Buffer) => void) => session.join(onText),
    stream: (events: number, perSecond: number) => session.prompt(`stream ${events} ${perSecond} 8`),
    agent: {
      async longSession(pieces: number) {
        const long = await newSession();
        await session.prompt(`stream ${pieces} 0 8`, long);
        // The contract of session.history.
        const { cursor } = (await control.call('session.history', { sessionId: long, limit: 1 })) as {
          cursor: string;
        };
        return async () => {
          const { promise, resolve } = Promise.withResolvers<void>();
          using client = await connectTo(socket, (text) => {
            if (text.includes('"type":"result"')) resolve();
          });
          await client.call('session.subscribe', { sessionId: long, cursor: cursor.replace(/:.*/, ':0') });
          await promise;
        };
      },
    },
  });
}

const STARTS: Readonly<Record<string, (folder: string, settings: Settings) => Promise<WholeServer>>> = {
  gateway: (folder, settings) => startOurs(settings.bundles.gateway, folder, settings),
  other: (folder, settings) => startOurs(settings.bundles.other, folder, settings),
  opencode: startOpencode,
  'agent-host': startAgentHost,
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = microseconds();
  await work();
  return (microseconds() - begin) / 1000;
};

const medianOf = async (work: () => Promise<number>): Promise<number> => {
  const times: number[] = [];
  for (let time = 0; time <= TIMES; time += 1) times.push(await work());
  return median(times.slice(1));
};

async function requests(server: WholeServer, settings: Settings): Promise<Figures> {
  const seconds = settings.quick ? 0.2 : 1;
  await callFor(seconds / 2, 1, () => server.call());
  const alone = await callFor(seconds, 1, () => server.call());
  const begin = microseconds();
  const together = await callFor(seconds, 64, () => server.call());
  return { rpc: percentile(alone, 0.5), calls: (together.length * 1e6) / (microseconds() - begin) };
}

async function sessions(server: WholeServer): Promise<Figures> {
  await server.newSession();
  const before = treeMemory(server.pid);
  const times: number[] = [];
  for (let made = 0; made < SESSIONS; made += 1) times.push(await timed(() => server.newSession()));
  return { session: median(times), perSession: (treeMemory(server.pid) - before) / SESSIONS };
}

async function streams(server: WholeServer, settings: Settings): Promise<Figures> {
  const readers = Array.from({ length: CLIENTS }, () => new StampReader());
  for (const reader of readers) await server.join((text) => reader.read(text));
  /** Events a second, of the slowest client. */
  const stream = async (events: number, perSecond: number): Promise<number> => {
    const all = Promise.all(readers.map((reader) => reader.expect(events)));
    const over = server.stream(events, perSecond);
    await Promise.race([all, delay(STREAM_MS, undefined, { ref: false })]);
    const end = microseconds();
    await over;
    const seen = Math.min(...readers.map((reader) => reader.seen));
    return (seen * 1e6) / (end - Math.min(...readers.map(({ first }) => first)));
  };
  const events = settings.quick ? EVENTS / 10 : EVENTS;
  await stream(events / 2, 0);
  const [first] = readers;
  const firsts =
    server.agent === undefined || first === undefined
      ? undefined
      : await medianOf(async () => {
          const begin = microseconds();
          await stream(3, 0);
          return (first.firstAt - begin) / 1000;
        });
  const fast = await stream(events, 0);
  for (const reader of readers) reader.keepAges(PER_SECOND / 10);
  await stream(events / 4, PER_SECOND);
  const ages = readers.flatMap((reader) => reader.ages);
  return {
    ...(firsts === undefined ? {} : { first: firsts }),
    events: fast,
    age50: percentile(ages, 0.5),
    age99: percentile(ages, 0.99),
  };
}

async function replay(server: WholeServer): Promise<Figures> {
  if (server.agent === undefined) return {};
  const show = await server.agent.longSession(PIECES);
  return { replay: await medianOf(() => timed(show)) };
}

const AHEAD = [
  ...['start', 'rss', 'rpc', 'session', 'perSession', 'first', 'age50', 'age99', 'replay'].map((metric) => ({
    metric,
    atMost: 1,
  })),
  ...['calls', 'events'].map((metric) => ({ metric, atLeast: 1 })),
];

export const servers: Area = {
  question: 'Whole servers that sessions live in',
  variants: [VARIANT],
  rounds: 2,
  contestants: {
    gateway: 'our gateway: synced, resumable',
    opencode: 'opencode serve',
    'agent-host': "VS Code's agent host: drafts of a client in place of an agent's answer, in memory",
  },
  needs: { opencode: [opencode], 'agent-host': [agentHost] },
  metrics: [
    { key: 'start', title: 'ms from start to the first answer' },
    { key: 'rss', title: 'RSS MB at rest, with children' },
    { key: 'rpc', title: 'request p50 µs' },
    { key: 'calls', title: 'requests/s, 64 at a time' },
    { key: 'session', title: 'ms for a new session' },
    { key: 'perSession', title: 'MB per session' },
    { key: 'first', title: 'ms from prompt to first delta' },
    { key: 'events', title: `events/s to ${CLIENTS} clients` },
    { key: 'age50', title: `p50 age µs at ${PER_SECOND}/s to ${CLIENTS}` },
    { key: 'age99', title: 'p99 age µs' },
    { key: 'replay', title: `ms to show a session of ${PIECES} pieces` },
  ],
  targets: ['opencode', 'agent-host'].flatMap((against) =>
    AHEAD.map((target) => ({ variant: VARIANT, against, ...target })),
  ),
  async measure(contestant, variant, folder, settings) {
    const start = STARTS[contestant];
    if (start === undefined) throw new Error(`servers: ${contestant}, ${variant}`);
    await using server = await start(folder, settings);
    await delay(settings.quick ? 100 : REST_MS);
    return {
      start: server.startMs,
      rss: treeMemory(server.pid),
      ...(await requests(server, settings)),
      ...(await sessions(server)),
      ...(await streams(server, settings)),
      ...(await replay(server)),
    };
  },
};
