// A message's whole way: sent and synced, received by a reader, acknowledged and synced, beside a stream with a consumer
// group in Redis and a work queue in NATS. Ours also tells equal messages apart for ever and tells the sender what became of
// each; theirs do not.
import { randomUUIDv7 } from 'node:crypto';
import type { Area, Settings, Speech } from '../area.ts';
import { startNats } from '../contestants/nats.ts';
import type { Durability } from '../contestants/natsServer.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { startRedis } from '../contestants/redis.ts';
import { measureQueues, needs, variants, type Stage } from '../queues.ts';

const MESSAGE = 'words of a message '.repeat(24);

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

export const mail: Area = {
  question: 'A message of 450 bytes: sent, received and acknowledged',
  variants,
  contestants: {
    gateway: 'our gateway: mail.send, mail.receive, mail.ack; both ends synced',
    redis: 'Redis Streams, ioredis: XADD, XREADGROUP, XACK, appendfsync always: each synced',
    nats: 'NATS JetStream, @nats-io, sync_interval always: publish, next, ack with an answer; synced',
    'nats-default': '... as it is by default: written, synced within 2 minutes',
    'redis-page': 'Redis with a client of a page: synced',
    'nats-page': 'NATS as by default with a client of a page: written',
  },
  needs,
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
  measure: measureQueues('messages', { ours, redis, nats }),
};
