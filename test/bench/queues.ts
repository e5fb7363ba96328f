// What the areas have in common that put something into a queue for good: our gateway beside Redis and NATS.
import type { Area, Figures, Settings, Speech } from './area.ts';
import { natsLibrary } from './contestants/nats.ts';
import { anyNats, syncingNats, type Durability } from './contestants/natsServer.ts';
import { ioredis, redisServer } from './contestants/redis.ts';
import { callFor, WARM_UP_S } from './load.ts';
import { cpuMicroseconds, diskFlushes } from './processes.ts';
import { microseconds, percentile } from './statistics.ts';

export interface Stage extends AsyncDisposable {
  readonly pid: number;
  /** One message's way, as far as the area looks at it. */
  pass(): Promise<unknown>;
}

/** How an area sets up each kind of contestant. */
export interface Stages {
  ours(bundle: string, folder: string, settings: Settings): Promise<Stage>;
  redis(folder: string, speech: Speech): Promise<Stage>;
  nats(folder: string, durability: Durability, speech: Speech): Promise<Stage>;
}

/** Messages that are on their way at once, on one connection. */
const CONCURRENCY: Readonly<Record<string, number>> = { '1 at a time': 1, '64 at a time': 64 };

export const variants = Object.keys(CONCURRENCY);

export const needs = {
  redis: [redisServer, ioredis],
  nats: [syncingNats, natsLibrary],
  'nats-default': [anyNats, natsLibrary],
  'redis-page': [redisServer],
  'nats-page': [anyNats],
} satisfies Area['needs'];

function stageOf(stages: Stages, contestant: string, folder: string, settings: Settings): Promise<Stage> {
  switch (contestant) {
    case 'gateway':
    case 'other':
      return stages.ours(settings.bundles[contestant], folder, settings);
    case 'redis':
      return stages.redis(folder, 'library');
    case 'nats':
      return stages.nats(folder, 'synced', 'library');
    case 'nats-default':
      return stages.nats(folder, 'written', 'library');
    case 'redis-page':
      return stages.redis(folder, 'page');
    case 'nats-page':
      return stages.nats(folder, 'written', 'page');
    default:
      throw new Error(`no such contestant: ${contestant}`);
  }
}

/** `rate` is what the area calls its messages per second. */
export const measureQueues =
  (rate: string, stages: Stages): Area['measure'] =>
  async (contestant, variant, folder, settings): Promise<Figures> => {
    const atATime = CONCURRENCY[variant];
    if (atATime === undefined) throw new Error(`no such variant: ${variant}`);
    await using stage = await stageOf(stages, contestant, folder, settings);
    const pass = (): Promise<unknown> => stage.pass();
    await callFor(settings.quick ? 0.2 : WARM_UP_S, atATime, pass);
    const used = cpuMicroseconds(stage.pid);
    const flushed = diskFlushes();
    const begin = microseconds();
    const times = await callFor(settings.quick ? 0.3 : 1.3, atATime, pass);
    const seconds = (microseconds() - begin) / 1e6;
    return {
      [rate]: times.length / seconds,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      // Others on this machine flush as well: a lower bound. Without any flush it is all of them.
      perFlush: times.length / Math.max(1, diskFlushes() - flushed),
      cpu: (cpuMicroseconds(stage.pid) - used) / times.length,
    };
  };
