// A message's whole way: sent and synced, received by a reader, acknowledged and synced, beside a stream with a consumer
// group in Redis and a work queue in NATS. Ours also tells equal messages apart for ever and tells the sender what became of
// each; theirs do not.
import { randomUUIDv7 } from 'node:crypto';
import type { Area, Settings, Speech } from '../area.ts';
import { natsLibrary, startNats } from '../contestants/nats.ts';
import { anyNats, syncingNats, type Durability } from '../contestants/natsServer.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { ioredis, redisServer, startRedis } from '../contestants/redis.ts';
import { callFor, WARM_UP_S } from '../load.ts';
import { cpuMicroseconds, diskFlushes } from '../processes.ts';
import { microseconds, percentile } from '../statistics.ts';

/** Messages that are on their way at once, on one connection. */
const CONCURRENCY: Readonly<Record<string, number>> = { '1 at a time': 1, '64 at a time': 64 };

const MESSAGE = 'words of a message '.repeat(24);

interface Stage extends AsyncDisposable {
  readonly pid: number;
  /** Sends one, receives one, acknowledges that one. */
  pass(): Promise<unknown>;
}

async function ours(bundle: string, folder: string, settings: Settings): Promise<Stage> {
  const gateway = await startOurGateway(bundle, folder, settings);
  await gateway.control.call('mailbox.create', { name: 'reader' });
  const client = await connectTo(gateway.socket);
  const pass = async (): Promise<void> => {
    await client.call('mail.send', { to: 'reader', message: MESSAGE, client_message_id: randomUUIDv7() });
    // The contract of mail.receive.
    const { messages } = (await client.call('mail.receive', { mailbox: 'reader', wait_s: 10 })) as {
      messages: { id: string }[];
    };
    await client.call('mail.ack', { mailbox: 'reader', ids: messages.map(({ id }) => id) });
  };
  return Object.assign(gateway, { pass });
}

/** What the others are given: about the same bytes. */
const body = (): string =>
  JSON.stringify({ to: 'reader', message: MESSAGE, client_message_id: randomUUIDv7() });

async function redis(folder: string, speech: Speech): Promise<Stage> {
  const started = await startRedis(folder, 'always', speech);
  const { client } = started;
  await client.call('XGROUP', 'CREATE', 'mail', 'readers', '$', 'MKSTREAM');
  const pass = async (): Promise<void> => {
    await client.call('XADD', 'mail', '*', 'body', body());
    const reply = await client.call(
      'XREADGROUP',
      'GROUP',
      'readers',
      'one',
      'COUNT',
      '1',
      'STREAMS',
      'mail',
      '>',
    );
    // [[stream, [[id, fields]]]], or without the outermost brackets.
    const [, id] = (reply as unknown[]).flat(3);
    if (typeof id !== 'string') throw new Error('Redis: no message');
    await client.call('XACK', 'mail', 'readers', id);
  };
  return Object.assign(started, { pass });
}

async function nats(folder: string, durability: Durability, speech: Speech): Promise<Stage> {
  const started = await startNats(folder, durability, speech);
  const { client } = started;
  await client.addReaders();
  const pass = async (): Promise<void> => {
    await client.publish(body());
    await client.take();
  };
  return Object.assign(started, { pass });
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

export const mail: Area = {
  question: 'A message of 450 bytes: sent, received and acknowledged',
  variants: Object.keys(CONCURRENCY),
  contestants: {
    gateway: 'our gateway: mail.send, mail.receive, mail.ack; both ends synced',
    redis: 'Redis Streams, ioredis: XADD, XREADGROUP, XACK, appendfsync always: each synced',
    nats: 'NATS JetStream, @nats-io, sync_interval always: publish, next, ack with an answer; synced',
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
    { key: 'messages', title: 'messages/s' },
    { key: 'p50', title: 'p50 µs' },
    { key: 'p99', title: 'p99 µs' },
    { key: 'perFlush', title: 'messages per disk flush' },
    { key: 'cpu', title: 'server CPU µs/message' },
  ],
  targets: [
    { variant: '64 at a time', metric: 'messages', against: 'nats', atLeast: 2 },
    { variant: '64 at a time', metric: 'messages', against: 'redis', atLeast: 1 / 3 },
  ],
  async measure(contestant, variant, folder, settings) {
    const start = STAGES[contestant];
    const atATime = CONCURRENCY[variant];
    if (start === undefined || atATime === undefined) throw new Error(`mail: ${contestant}, ${variant}`);
    await using stage = await start(folder, settings);
    await callFor(settings.quick ? 0.2 : WARM_UP_S, atATime, () => stage.pass());
    const used = cpuMicroseconds(stage.pid);
    const flushed = diskFlushes();
    const begin = microseconds();
    const times = await callFor(settings.quick ? 0.3 : 1.3, atATime, () => stage.pass());
    const seconds = (microseconds() - begin) / 1e6;
    return {
      messages: times.length / seconds,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      // Others on this machine flush as well: a lower bound. Without any flush it is all of them.
      perFlush: times.length / Math.max(1, diskFlushes() - flushed),
      cpu: (cpuMicroseconds(stage.pid) - used) / times.length,
    };
  },
};
