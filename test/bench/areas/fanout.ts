// An agent's stream on its way to many clients: how many events a second the slowest of them gets, how old each event is
// when it arrives, and what it costs the gateway. All clients live in the measuring process.
import { once } from 'node:events';
import type { Area, Settings } from '../area.ts';
import { startBare } from '../contestants/bare.ts';
import { startOurGateway } from '../contestants/ourGateway.ts';
import { streamOf } from '../contestants/ourStream.ts';
import { cpuMicroseconds } from '../processes.ts';
import { microseconds, percentile } from '../statistics.ts';
import { bytesOf, dial } from '../sockets.ts';
import { StampReader } from './stamps.ts';

interface Variant {
  readonly clients: number;
  readonly events: number;
  /** 0: as fast as it goes. */
  readonly perSecond: number;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  '1 client': { clients: 1, events: 100_000, perSecond: 0 },
  '4 clients': { clients: 4, events: 60_000, perSecond: 0 },
  '16 clients': { clients: 16, events: 30_000, perSecond: 0 },
  '4 clients, 2,000/s': { clients: 4, events: 4_000, perSecond: 2_000 },
};

/** The first events after a pause wake everybody up; their age says little. */
const SKIPPED_AGES = 200;
const BYTES = 8;

/** A running gateway with a session whose agent streams on request. */
interface Stage extends AsyncDisposable {
  readonly pid: number;
  join(onText: (text: Buffer) => void): Promise<void>;
  /** Resolves when the turn is over. */
  prompt(text: string): Promise<void>;
}

async function ours(bundle: string, folder: string, settings: Settings): Promise<Stage> {
  const gateway = await startOurGateway(bundle, folder, settings);
  return Object.assign(gateway, await streamOf(gateway));
}

async function bare(server: string, folder: string): Promise<Stage> {
  const gateway = await startBare(server, folder);
  const control = await dial(gateway.socket, '/control');
  return {
    pid: gateway.pid,
    async join(onText) {
      const client = await dial(gateway.socket, '/');
      client.on('message', (data) => onText(bytesOf(data)));
    },
    async prompt(text) {
      control.send(text);
      await once(control, 'message');
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const STAGES: Readonly<Record<string, (folder: string, settings: Settings) => Promise<Stage>>> = {
  gateway: (folder, settings) => ours(settings.bundles.gateway, folder, settings),
  other: (folder, settings) => ours(settings.bundles.other, folder, settings),
  each: (folder) => bare('bare-each', folder),
  'full-batch': (folder) => bare('full-batch', folder),
};

export const fanout: Area = {
  question: "An agent's stream to many clients",
  variants: Object.keys(VARIANTS),
  contestants: {
    gateway: 'our gateway: stored, resumable',
    each: 'unstored, one ws message per event',
    'full-batch': 'SQLite commit (FULL) and one ws message per read',
  },
  metrics: [
    { key: 'events', title: 'events/s' },
    { key: 'seen', title: '% seen as events' },
    { key: 'p50', title: 'p50 age µs' },
    { key: 'p99', title: 'p99 age µs' },
    { key: 'cpu', title: 'CPU µs/event' },
    { key: 'turn', title: '... with the end of the turn' },
  ],
  targets: [
    { variant: '1 client', metric: 'events', against: 'full-batch', atLeast: 0.7 },
    { variant: '4 clients', metric: 'events', against: 'full-batch', atLeast: 0.7 },
    { variant: '16 clients', metric: 'events', against: 'full-batch', atLeast: 0.7 },
    { variant: '16 clients', metric: 'cpu', atMost: 15 },
    { variant: '4 clients, 2,000/s', metric: 'p50', against: 'each', atMost: 2.5 },
    { variant: '4 clients, 2,000/s', metric: 'p99', against: 'each', atMost: 3 },
  ],
  async measure(contestant, variant, folder, settings) {
    const start = STAGES[contestant];
    const chosen = VARIANTS[variant];
    if (start === undefined || chosen === undefined) throw new Error(`fanout: ${contestant}, ${variant}`);
    const { clients, perSecond } = chosen;
    const events = settings.quick ? chosen.events / 10 : chosen.events;
    await using stage = await start(folder, settings);
    const readers = Array.from({ length: clients }, () => new StampReader());
    for (const reader of readers) await stage.join((text) => reader.read(text));

    const warmUp = events / 2;
    await Promise.all([stage.prompt(`stream ${warmUp} 0 ${BYTES}`), ...readers.map((r) => r.expect(warmUp))]);

    if (perSecond > 0) for (const reader of readers) reader.keepAges(SKIPPED_AGES);
    const all = Promise.all(readers.map((reader) => reader.expect(events)));
    const before = cpuMicroseconds(stage.pid);
    const over = stage.prompt(`stream ${events} ${perSecond} ${BYTES}`);
    await all;
    const end = microseconds();
    const delivered = cpuMicroseconds(stage.pid);
    await over;
    const seconds = (end - Math.min(...readers.map(({ first }) => first))) / 1e6;
    const ages = readers.flatMap((reader) => reader.ages);
    const seen = Math.min(...readers.map((reader) => reader.seen));
    return {
      events: seen / seconds,
      seen: (100 * seen) / events,
      cpu: (delivered - before) / events,
      turn: (cpuMicroseconds(stage.pid) - before) / events,
      ...(perSecond === 0 ? {} : { p50: percentile(ages, 0.5), p99: percentile(ages, 0.99) }),
    };
  },
};
