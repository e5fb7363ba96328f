// What it costs to have a gateway at all: from start to the first answer, memory at rest, memory for a session that has
// no agent running; beside the least bundled program that opens a database and serves ws.
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { NODE_FLAGS } from '../../../gateway/rpc/connect.ts';
import { readDiscovery } from '../../../gateway/rpc/discovery.ts';
import type { Area, Figures, Settings } from '../area.ts';
import { startOurGateway } from '../contestants/ourGateway.ts';
import { memoryOf, startNode, type Started } from '../processes.ts';
import { median, microseconds } from '../statistics.ts';

/** The median of so many; one more comes before, which makes the database. */
const STARTS = 5;
/** After which memory counts as being at rest: V8 has then collected what a start leaves behind. */
const REST_MS = 20_000;
/** After which what sessions take is counted. */
const PAUSE_MS = 1500;
const SESSIONS = 1000;
/** How exactly a start is told. */
const POLL_MS = 1;

const START = 'start and rest';
const SESSION = `${SESSIONS} sessions without an agent`;

/** Starts anew each time, in the same state folder; resolves at the first answer over HTTP. */
type Start = () => Promise<Started>;

function startOurs(bundle: string, folder: string): Start {
  const home = path.join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  return async () => {
    const isReady = (): boolean => readDiscovery(home) !== undefined;
    const started = await startNode(
      [...NODE_FLAGS, bundle, 'up', '--foreground'],
      { HOLDFAST_HOME: home },
      isReady,
      POLL_MS,
    );
    await firstAnswer(readDiscovery(home)?.socket ?? '', '/healthz');
    return started;
  };
}

function startMinimal(folder: string): Start {
  const bundle = path.join(folder, 'minimal.cjs');
  const source = path.join(import.meta.dirname, '../contestants/minimal.ts');
  buildSync({
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
  });
  const socket = path.join(folder, 's');
  return async () => {
    const ready = `${socket}.ready`;
    for (const file of [socket, ready]) rmSync(file, { force: true });
    const started = await startNode(
      [bundle, socket, path.join(folder, 'db')],
      {},
      () => existsSync(ready),
      POLL_MS,
    );
    await firstAnswer(socket, '/');
    return started;
  };
}

async function firstAnswer(socketPath: string, route: string): Promise<void> {
  // The arguments of http's response event.
  const [response] = (await once(
    get({ socketPath, path: route, headers: { Host: 'localhost' } }),
    'response',
  )) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${route}: ${response.statusCode}`);
  response.resume();
  await once(response, 'end');
}

async function startAndRest(start: Start, settings: Settings): Promise<Figures> {
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const begin = microseconds();
    await using _started = await start();
    if (round > 0) times.push((microseconds() - begin) / 1000);
  }
  const begin = microseconds();
  await using started = await start();
  times.push((microseconds() - begin) / 1000);
  await delay(settings.quick ? 100 : REST_MS);
  return { start: median(times), ...memoryOf(started.pid) };
}

async function withSessions(bundle: string, folder: string, settings: Settings): Promise<Figures> {
  await using gateway = await startOurGateway(bundle, folder, settings);
  const rest = (): Promise<void> => delay(settings.quick ? 100 : PAUSE_MS);
  await rest();
  const before = memoryOf(gateway.pid);
  for (let made = 0; made < SESSIONS; made += 1) {
    await gateway.control.call('session.create', { path: folder, agent: 'scripted' });
  }
  await rest();
  const after = memoryOf(gateway.pid);
  return { ...after, perSession: (after.rss - before.rss) / SESSIONS };
}

export const proc: Area = {
  question: 'What it costs to have it running',
  variants: [START, SESSION],
  contestants: {
    gateway: 'our gateway',
    minimal: 'the least bundle with http, ws and SQLite open',
  },
  metrics: [
    { key: 'start', title: 'ms from start to the first answer' },
    { key: 'rss', title: 'RSS MB' },
    { key: 'pss', title: 'PSS MB' },
    { key: 'perSession', title: 'MB per session' },
  ],
  targets: [
    { variant: START, metric: 'start', against: 'minimal', atMost: 2 },
    { variant: START, metric: 'rss', against: 'minimal', atMost: 1.4 },
    // Not PSS: how much of Node's own pages counts there depends on who else runs Node at that moment.
    { variant: SESSION, metric: 'perSession', atMost: 0.1 },
  ],
  async measure(contestant, variant, folder, settings) {
    const isOurs = contestant !== 'minimal';
    const bundle = settings.bundles[contestant === 'other' ? 'other' : 'gateway'];
    if (variant === START)
      return startAndRest(isOurs ? startOurs(bundle, folder) : startMinimal(folder), settings);
    // The least bundle has no sessions: it is what it is at rest.
    if (isOurs) return withSessions(bundle, folder, settings);
    await using started = await startMinimal(folder)();
    await delay(settings.quick ? 100 : PAUSE_MS);
    return { ...memoryOf(started.pid) };
  },
};
