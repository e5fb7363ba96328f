// How long it takes until a prompt of 500 bytes is accepted for good: session.send of our gateway, which is synced to disk
// before it answers, beside the queues of Redis and NATS. The sessions' queues are held: no agent takes part.
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Area, Settings, Speech } from '../area.ts';
import { natsLibrary, startNats } from '../contestants/nats.ts';
import { anyNats, syncingNats, type Durability } from '../contestants/natsServer.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { ioredis, redisServer, startRedis } from '../contestants/redis.ts';
import { callFor, WARM_UP_S } from '../load.ts';
import { cpuMicroseconds, diskFlushes } from '../processes.ts';
import { microseconds, percentile } from '../statistics.ts';

/** Prompts that are on their way at once, on one connection. */
const CONCURRENCY: Readonly<Record<string, number>> = { '1 at a time': 1, '64 at a time': 64 };
/** They go to so many sessions in turn. */
const SESSIONS = 64;

const MESSAGE = 'words of a prompt '.repeat(24);

interface Stage extends AsyncDisposable {
  readonly pid: number;
  accept(): Promise<unknown>;
}

async function ours(bundle: string, folder: string, settings: Settings): Promise<Stage> {
  const gateway = await startOurGateway(bundle, folder, settings);
  const { control } = gateway;
  const sessionIds: string[] = [];
  while (sessionIds.length < SESSIONS) {
    // The contract of session.create.
    const { sessionId } = (await control.call('session.create', { path: folder, agent: 'scripted' })) as {
      sessionId: string;
    };
    await control.call('queue.pause', { sessionId });
    sessionIds.push(sessionId);
  }
  const client = await connectTo(gateway.socket);
  let sent = 0;
  const accept = (): Promise<unknown> => {
    sent += 1;
    const sessionId = sessionIds[sent % SESSIONS];
    return client.call('session.send', { sessionId, promptId: randomUUIDv7(), message: MESSAGE });
  };
  return Object.assign(gateway, { accept });
}

/** What the others are given: the same members, so about the same bytes. */
const body = (): string =>
  JSON.stringify({ sessionId: randomUUID(), promptId: randomUUIDv7(), message: MESSAGE });

async function redis(folder: string, speech: Speech): Promise<Stage> {
  const started = await startRedis(folder, 'always', speech);
  return Object.assign(started, { accept: () => started.client.call('XADD', 's1', '*', 'body', body()) });
}

async function nats(folder: string, durability: Durability, speech: Speech): Promise<Stage> {
  const started = await startNats(folder, durability, speech);
  return Object.assign(started, { accept: () => started.client.publish(body()) });
}

const STAGES: Readonly<Record<string, (folder: string, settings: Settings) => Promise<Stage>>> = {
  gateway: (folder, settings) => ours(settings.bundles.gateway, folder, settings),
  other: (folder, settings) => ours(settings.bundles.other, folder, settings),
  redis: (folder) => redis(folder, 'library'),
  nats: (folder) => nats(folder, 'synced', 'library'),
  'nats-default': (folder) => nats(folder, 'written', 'library'),
  'redis-page': (folder) => redis(folder, 'page'),
  'nats-page': (folder) => nats(folder, 'written', 'page'),
};

export const accept: Area = {
  question: 'Accepting a prompt of 500 bytes for good',
  variants: Object.keys(CONCURRENCY),
  contestants: {
    gateway: 'our gateway: session.send, synced',
    redis: 'Redis XADD, ioredis, appendfsync always: synced',
    nats: 'NATS JetStream publish, @nats-io, sync_interval always: synced',
    'nats-default': '... as it is by default: written, synced within 2 minutes',
    'redis-page': 'Redis with a client of a page: synced',
    'nats-page': 'NATS as by default with a client of a page: written',
  },
  needs: {
    redis: [redisServer, ioredis],
    nats: [syncingNats, natsLibrary],
    'nats-default': [anyNats, natsLibrary],
    'redis-page': [redisServer],
    'nats-page': [anyNats],
  },
  metrics: [
    { key: 'accepts', title: 'accepts/s' },
    { key: 'p50', title: 'p50 µs' },
    { key: 'p99', title: 'p99 µs' },
    { key: 'perFlush', title: 'accepts per disk flush' },
    { key: 'cpu', title: 'server CPU µs/accept' },
  ],
  targets: [
    { variant: '1 at a time', metric: 'p50', against: 'redis', atMost: 1.5 },
    { variant: '64 at a time', metric: 'accepts', against: 'redis', atLeast: 0.5 },
    { variant: '64 at a time', metric: 'accepts', against: 'nats', atLeast: 2.5 },
    { variant: '64 at a time', metric: 'perFlush', atLeast: 10 },
  ],
  async measure(contestant, variant, folder, settings) {
    const start = STAGES[contestant];
    const atATime = CONCURRENCY[variant];
    if (start === undefined || atATime === undefined) throw new Error(`accept: ${contestant}, ${variant}`);
    await using stage = await start(folder, settings);
    await callFor(settings.quick ? 0.2 : WARM_UP_S, atATime, () => stage.accept());
    const used = cpuMicroseconds(stage.pid);
    const flushed = diskFlushes();
    const begin = microseconds();
    const times = await callFor(settings.quick ? 0.3 : 1.3, atATime, () => stage.accept());
    const seconds = (microseconds() - begin) / 1e6;
    return {
      accepts: times.length / seconds,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      // Others on this machine flush as well: a lower bound. Without any flush it is all of them.
      perFlush: times.length / Math.max(1, diskFlushes() - flushed),
      cpu: (cpuMicroseconds(stage.pid) - used) / times.length,
    };
  },
};
