// How long it takes until a prompt of 500 bytes is accepted for good: session.send of our gateway, which is synced to disk
// before it answers, beside the queues of Redis and NATS. The sessions' queues are held: no agent takes part.
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Area, Settings, Speech } from '../area.ts';
import { startNats } from '../contestants/nats.ts';
import type { Durability } from '../contestants/natsServer.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { startRedis } from '../contestants/redis.ts';
import { measureQueues, needs, variants, type Stage } from '../queues.ts';

/** Prompts go to so many sessions in turn. */
const SESSIONS = 64;

const MESSAGE = 'words of a prompt '.repeat(24);

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
  const pass = (): Promise<unknown> => {
    sent += 1;
    const sessionId = sessionIds[sent % SESSIONS];
    return client.call('session.send', { sessionId, promptId: randomUUIDv7(), message: MESSAGE });
  };
  return Object.assign(gateway, { pass });
}

/** What the others are given: the same members, so about the same bytes. */
const body = (): string =>
  JSON.stringify({ sessionId: randomUUID(), promptId: randomUUIDv7(), message: MESSAGE });

async function redis(folder: string, speech: Speech): Promise<Stage> {
  const started = await startRedis(folder, 'always', speech);
  return Object.assign(started, { pass: () => started.client.call('XADD', 's1', '*', 'body', body()) });
}

async function nats(folder: string, durability: Durability, speech: Speech): Promise<Stage> {
  const started = await startNats(folder, durability, speech);
  return Object.assign(started, { pass: () => started.client.publish(body()) });
}

export const accept: Area = {
  question: 'Accepting a prompt of 500 bytes for good',
  variants,
  contestants: {
    gateway: 'our gateway: session.send, synced',
    redis: 'Redis XADD, ioredis, appendfsync always: synced',
    nats: 'NATS JetStream publish, @nats-io, sync_interval always: synced',
    'nats-default': '... as it is by default: written, synced within 2 minutes',
    'redis-page': 'Redis with a client of a page: synced',
    'nats-page': 'NATS as by default with a client of a page: written',
  },
  needs,
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
  measure: measureQueues('accepts', { ours, redis, nats }),
};
