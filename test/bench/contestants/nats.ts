// NATS JetStream with a stream of everything below `s`, spoken to with the usual library or with a client of a page, which is
// faster.
import { createRequire } from 'node:module';
import type { Speech } from '../area.ts';
import { packages } from '../provide.ts';
import type { Started } from '../processes.ts';
import { connectPage, type NatsClient } from './natsPage.ts';
import { startNatsServer, type Durability } from './natsServer.ts';

export const natsLibrary = packages(
  'nats-io-3.4.0',
  '@nats-io/jetstream@3.4.0',
  '@nats-io/transport-node@3.4.0',
);

export interface Nats extends Started {
  readonly client: NatsClient;
}

export async function startNats(folder: string, durability: Durability, speech: Speech): Promise<Nats> {
  const server = await startNatsServer(folder, durability);
  const client = await (speech === 'page' ? connectPage : connectLibrary)(server.port);
  return Object.assign(server, { client });
}

interface Received {
  string(): string;
  ackAck(): Promise<boolean>;
}

interface Consumer {
  consume(options: object): Promise<AsyncIterable<Received>>;
  next(): Promise<Received | null>;
}

/** What we use of @nats-io/jetstream. */
interface JetStream {
  readonly jetstream: (connection: unknown) => {
    publish(subject: string, payload: string): Promise<unknown>;
    readonly consumers: { get(stream: string, name?: string): Promise<Consumer> };
  };
  readonly jetstreamManager: (connection: unknown) => Promise<{
    readonly streams: { add(config: object): Promise<unknown> };
    readonly consumers: { add(stream: string, config: object): Promise<unknown> };
  }>;
}

/** What we use of @nats-io/transport-node. */
interface Transport {
  readonly connect: (options: object) => Promise<unknown>;
}

/** What may be on its way to an ordered consumer at once. */
const CONSUME = { max_messages: 5000 };

async function connectLibrary(port: number): Promise<NatsClient> {
  const load = createRequire(await natsLibrary());
  // The packages are not there when this is compiled; these are their documented names.
  const { connect } = load('@nats-io/transport-node') as Transport;
  const { jetstream, jetstreamManager } = load('@nats-io/jetstream') as JetStream;
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'S', subjects: ['s.>'], storage: 'file' });
  const stream = jetstream(connection);
  let readers: Consumer | undefined;
  return {
    publish: (text) => stream.publish('s.1', text),
    async readAll(events, onMessage) {
      const consumer = await stream.consumers.get('S');
      let count = 0;
      for await (const message of await consumer.consume(CONSUME)) {
        onMessage(message.string());
        count += 1;
        if (count === events) return;
      }
    },
    async addReaders() {
      const config = { durable_name: 'readers', ack_policy: 'explicit', max_ack_pending: -1 };
      await manager.consumers.add('S', config);
      readers = await stream.consumers.get('S', 'readers');
    },
    async take() {
      const message = await readers?.next();
      if (message === undefined || message === null) throw new Error('NATS: no message');
      await message.ackAck();
    },
  };
}
