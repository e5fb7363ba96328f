// How long a small request takes, there and back: our gateway's whole way (guarded socket, nesting, JSON, schema, handler,
// a row read from the database, answer) beside servers that only echo.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Area, Settings } from '../area.ts';
import { startBare } from '../contestants/bare.ts';
import { connectTo, startOurGateway } from '../contestants/ourGateway.ts';
import { cpuMicroseconds } from '../processes.ts';
import { onLines } from '../lines.ts';
import { microseconds, percentile } from '../statistics.ts';
import { RawCaller } from '../sockets.ts';

const CONCURRENCY: Readonly<Record<string, number>> = { '1 at a time': 1, '64 at a time': 64 };

/** One connected client that can make the measured call. */
interface Stage extends AsyncDisposable {
  readonly pid: number;
  call(): Promise<unknown>;
}

const PARAMS = { sessionId: '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f', text: 'a draft of some words' };

async function ours(bundle: string, folder: string, settings: Settings): Promise<Stage> {
  const gateway = await startOurGateway(bundle, folder, settings);
  const { sessionId } = gateway;
  await gateway.control.call('session.draft', { sessionId, text: PARAMS.text });
  const client = await connectTo(gateway.socket);
  return Object.assign(gateway, { call: () => client.call('session.draft', { sessionId }) });
}

async function overWebSocket(server: string, folder: string): Promise<Stage> {
  const bare = await startBare(server, folder);
  const client = await connectTo(bare.socket);
  return Object.assign(bare, { call: () => client.call('echo', PARAMS) });
}

async function overSocket(server: string, folder: string): Promise<Stage> {
  const bare = await startBare(server, folder);
  const socket = connect(bare.socket);
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  const caller = new RawCaller((text) => socket.write(`${text}\n`));
  onLines(socket, (lines) => {
    for (const line of lines) caller.receive(line);
  });
  return Object.assign(bare, { call: () => caller.call('echo', PARAMS) });
}

const STAGES: Readonly<Record<string, (folder: string, settings: Settings) => Promise<Stage>>> = {
  gateway: (folder, settings) => ours(settings.bundles.gateway, folder, settings),
  other: (folder, settings) => ours(settings.bundles.other, folder, settings),
  jsonrpc: (folder) => overWebSocket('jsonrpc', folder),
  ws: (folder) => overWebSocket('ws', folder),
  net: (folder) => overSocket('net', folder),
};

/** Calls over and over, so many at a time, until the time is up; the times that each call took. */
async function callFor(seconds: number, concurrency: number, stage: Stage): Promise<number[]> {
  const end = microseconds() + seconds * 1e6;
  const times: number[] = [];
  const caller = async (): Promise<void> => {
    for (let start = microseconds(); start < end; start = microseconds()) {
      await stage.call();
      times.push(microseconds() - start);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return times;
}

export const rpc: Area = {
  question: 'Round trip of a small request on a Unix socket',
  variants: Object.keys(CONCURRENCY),
  contestants: {
    gateway: 'our gateway: session.draft',
    jsonrpc: 'json-rpc-2.0 over ws, echo',
    ws: 'ws, echo',
    net: 'lines on a raw socket, echo',
  },
  metrics: [
    { key: 'calls', title: 'calls/s' },
    { key: 'p50', title: 'p50 µs' },
    { key: 'p99', title: 'p99 µs' },
    { key: 'cpu', title: 'server CPU µs/call' },
  ],
  targets: [
    { variant: '1 at a time', metric: 'p50', against: 'ws', atMost: 1.3 },
    { variant: '64 at a time', metric: 'calls', against: 'net', atLeast: 0.6 },
  ],
  async measure(contestant, variant, folder, settings) {
    const start = STAGES[contestant];
    const concurrency = CONCURRENCY[variant];
    if (start === undefined || concurrency === undefined) throw new Error(`rpc: ${contestant}, ${variant}`);
    await using stage = await start(folder, settings);
    await callFor(settings.quick ? 0.2 : 0.7, concurrency, stage);
    const begin = microseconds();
    const used = cpuMicroseconds(stage.pid);
    const times = await callFor(settings.quick ? 0.3 : 1.3, concurrency, stage);
    const seconds = (microseconds() - begin) / 1e6;
    const cpu = (cpuMicroseconds(stage.pid) - used) / times.length;
    return { calls: times.length / seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99), cpu };
  },
};
