// How fast 100,000 stored events reach one client that has none of them, each parsed into a value: our gateway's
// session.subscribe from cursor 0, beside Redis XRANGE by pages and an ordered consumer of NATS. All store the same text.
import type { Area, Settings, Speech } from '../area.ts';
import { natsLibrary, startNats } from '../contestants/nats.ts';
import { anyNats } from '../contestants/natsServer.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { ioredis, redisServer, startRedis } from '../contestants/redis.ts';
import { cpuMicroseconds } from '../processes.ts';
import { median, microseconds } from '../statistics.ts';

const EVENTS = 100_000;
/** The median of so many; one more comes before, to warm up. */
const REPLAYS = 3;
/** Of an import, and of what is under way to the others at once. */
const BATCH = 4000;
const XRANGE_COUNT = 1000;
const TS = '2026-01-01T00:00:00.000Z';

/** A tool call is kept as it is; deltas would be joined when their turn ends. */
const bodyOf = (number: number): object => ({
  type: 'tool_use',
  toolCallId: `w${number}`,
  tool: 'read',
  title: 'a file',
  kind: 'read',
  input: { file: 'a/file.ts' },
  status: 'completed',
  locations: [],
  content: [],
});

/** As our gateway stores it. */
const textOf = (sessionId: string, number: number): string =>
  JSON.stringify({ seq: number, ts: TS, sessionId, ...bodyOf(number) });

/** What a client got: counted, and the last one looked at. */
class Reader {
  #count = 0;
  #events: number;
  #done = Promise.withResolvers<void>();
  firstAt = 0;

  constructor(events: number) {
    this.#events = events;
  }

  /** Resolves when all have come. */
  expect(): Promise<void> {
    this.#count = 0;
    this.#done = Promise.withResolvers();
    return this.#done.promise;
  }

  read(events: readonly Seen[]): void {
    if (this.#count === 0) this.firstAt = microseconds();
    this.#count += events.length;
    if (this.#count < this.#events) return;
    if (events.at(-1)?.toolCallId === `w${this.#events}`) this.#done.resolve();
    else this.#done.reject(new Error(`the last event is ${JSON.stringify(events.at(-1))}`));
  }
}

/** What the benchmark looks at in an event; it has made them itself. */
interface Seen {
  readonly toolCallId: string;
}

interface Told {
  readonly method: string;
  readonly params: { readonly events: Seen[] };
}

interface Stage extends AsyncDisposable {
  readonly pid: number;
  replay(): Promise<unknown>;
}

type Start = (folder: string, events: number, reader: Reader, settings: Settings) => Promise<Stage>;

const numbersFrom = (first: number, events: number): number[] =>
  Array.from({ length: Math.min(BATCH, events - first + 1) }, (_, index) => first + index);

const ours =
  (which: 'gateway' | 'other'): Start =>
  async (folder, events, reader, settings) => {
    const gateway = await startOurGateway(settings.bundles[which], folder, settings);
    const { control } = gateway;
    const session = { title: 'a long one', path: folder, agent: 'scripted', mode: 'code', model: null };
    let sessionId: string | undefined;
    for (let first = 1; first <= events; first += BATCH) {
      const page = numbersFrom(first, events).map((number) => ({ ts: TS, ...bodyOf(number) }));
      const bundle = { holdfast: 1, session: { ...session, agentSessionId: null }, events: page };
      // The contract of session.import.
      ({ sessionId } = (await control.call('session.import', { bundle, sessionId })) as {
        sessionId: string;
      });
    }
    // The contract of session.history.
    const { cursor } = (await control.call('session.history', { sessionId, limit: 1 })) as { cursor: string };
    const client = await connectTo(gateway.socket, (frame) => {
      // The contract of session.events; what else a client is told is not counted.
      const { method, params } = JSON.parse(frame.toString()) as Told;
      if (method === 'session.events') reader.read(params.events);
    });
    return Object.assign(gateway, {
      replay: () => client.call('session.subscribe', { sessionId, cursor: cursor.replace(/:.*/, ':0') }),
    });
  };

const redis =
  (speech: Speech): Start =>
  async (folder, events, reader) => {
    const started = await startRedis(folder, 'no', speech);
    const { client } = started;
    const sessionId = crypto.randomUUID();
    for (let first = 1; first <= events; first += BATCH) {
      const add = (number: number): unknown =>
        client.call('XADD', 's1', `${number}-0`, 'e', textOf(sessionId, number));
      await Promise.all(numbersFrom(first, events).map(add));
    }
    return Object.assign(started, {
      async replay() {
        for (let from = '-'; ;) {
          // The form of XRANGE: each entry is its id and its fields.
          const rows = (await client.call(
            'XRANGE',
            's1',
            from,
            '+',
            'COUNT',
            String(XRANGE_COUNT),
          )) as Entry[];
          if (rows.length === 0) return;
          reader.read(rows.map(([, [, text]]) => JSON.parse(text) as Seen));
          from = `(${rows.at(-1)?.[0] ?? ''}`;
        }
      },
    });
  };

type Entry = readonly [id: string, fields: readonly [name: string, text: string]];

const nats =
  (speech: Speech): Start =>
  async (folder, events, reader) => {
    const started = await startNats(folder, 'written', speech);
    const sessionId = crypto.randomUUID();
    for (let first = 1; first <= events; first += BATCH) {
      const add = (number: number): unknown => started.client.publish(textOf(sessionId, number));
      await Promise.all(numbersFrom(first, events).map(add));
    }
    return Object.assign(started, {
      replay: () => started.client.readAll(events, (text) => reader.read([JSON.parse(text) as Seen])),
    });
  };

const STAGES: Readonly<Record<string, Start>> = {
  gateway: ours('gateway'),
  other: ours('other'),
  redis: redis('library'),
  nats: nats('library'),
  'redis-page': redis('page'),
  'nats-page': nats('page'),
};

export const replay: Area = {
  question: 'Replay of stored events to one client',
  variants: ['100,000 events'],
  contestants: {
    gateway: 'our gateway: session.subscribe from a cursor',
    redis: `Redis XRANGE COUNT ${XRANGE_COUNT}, ioredis`,
    nats: 'NATS JetStream, ordered consumer, @nats-io',
    'redis-page': 'Redis with a client of a page',
    'nats-page': 'NATS with a client of a page',
  },
  needs: {
    redis: [redisServer, ioredis],
    nats: [anyNats, natsLibrary],
    'redis-page': [redisServer],
    'nats-page': [anyNats],
  },
  metrics: [
    { key: 'events', title: 'events/s' },
    { key: 'first', title: 'ms to the first' },
    { key: 'cpu', title: 'server CPU µs/event' },
  ],
  targets: [
    { variant: '100,000 events', metric: 'events', against: 'redis', atLeast: 2 },
    { variant: '100,000 events', metric: 'events', against: 'nats', atLeast: 2.5 },
  ],
  async measure(contestant, variant, folder, settings) {
    const start = STAGES[contestant];
    if (start === undefined) throw new Error(`replay: ${contestant}, ${variant}`);
    const events = settings.quick ? EVENTS / 10 : EVENTS;
    const reader = new Reader(events);
    await using stage = await start(folder, events, reader, settings);
    const rates: number[] = [];
    const firsts: number[] = [];
    let used = 0;
    for (let round = 0; round <= REPLAYS; round += 1) {
      if (round === 1) used = cpuMicroseconds(stage.pid);
      const begin = microseconds();
      const all = reader.expect();
      await stage.replay();
      await all;
      if (round === 0) continue;
      rates.push((events * 1e6) / (microseconds() - begin));
      firsts.push((reader.firstAt - begin) / 1000);
    }
    const cpu = (cpuMicroseconds(stage.pid) - used) / (REPLAYS * events);
    return { events: median(rates), first: median(firsts), cpu };
  },
};
