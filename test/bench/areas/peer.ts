// What a peer costs: the way of a small request through one gateway to another, and a hundred peers that say nothing.
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { makeIdentity, type Identity } from '../../../gateway/peers/certificate.ts';
import { greet, PEER_PROTOCOL } from '../../../gateway/peers/greeting.ts';
import { newIdentity } from '../../../gateway/peers/identity.ts';
import type { FrameLink, Hello } from '../../../gateway/peers/link.ts';
import { dial, LINK } from '../../../gateway/peers/tls.ts';
import { PeerName, PeerPolicy } from '../../../gateway/protocol/index.ts';
import { Store } from '../../../gateway/store/store.ts';
import type { Area, Figures, Settings } from '../area.ts';
import { startBare, type Bare } from '../contestants/bare.ts';
import { startOurGateway } from '../contestants/ourGateway.ts';
import { onLines } from '../lines.ts';
import { callFor } from '../load.ts';
import { cpuMicroseconds, memoryOf } from '../processes.ts';
import { RawCaller } from '../sockets.ts';
import { percentile } from '../statistics.ts';

const HOP = 'one hop';
const PEERS = 100;
const IDLE = `${PEERS} idle peers beside as many`;
/** Ten times as often as by default, so that a short window has enough of them. */
const HEARTBEAT_S = 3;

const PARAMS = { text: 'a draft of some words' };

/** What a call to a session of another gateway takes beyond the same call to one of our own. */
async function hop(bundle: string, folder: string, settings: Settings): Promise<Figures> {
  const peers = { host: '127.0.0.1', heartbeatSeconds: 30 };
  const start = (name: string) => {
    const place = path.join(folder, name);
    mkdirSync(place);
    return startOurGateway(bundle, place, settings, { peers: { ...peers, name } });
  };
  await using far = await start('far');
  await using near = await start('near');
  // The contract of peers.invite.
  const { code } = (await far.control.call('peers.invite', {})) as { code: string };
  await near.control.call('peers.join', { code });
  const there = { sessionId: far.sessionId, peer: 'far' };
  const here = { sessionId: near.sessionId };
  await near.control.call('session.draft', { ...here, ...PARAMS });
  await far.control.call('session.draft', { sessionId: far.sessionId, ...PARAMS });
  const seconds = settings.quick ? 0.2 : 1;
  const local: number[] = [];
  const remote: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const [own, others] = [
      await callFor(seconds, 1, () => near.control.call('session.draft', here)),
      await callFor(seconds, 1, () => near.control.call('session.draft', there)),
    ];
    // The first is the warm-up.
    if (turn === 0) continue;
    local.push(...own);
    remote.push(...others);
  }
  const added = (share: number): number => percentile(remote, share) - percentile(local, share);
  return { p50: added(0.5), p99: added(0.99) };
}

async function echo(bare: Bare, settings: Settings): Promise<Figures> {
  const socket = await secure(bare);
  const caller = new RawCaller((text) => socket.write(`${text}\n`));
  onLines(socket, (lines) => {
    for (const line of lines) caller.receive(line);
  });
  const call = (): Promise<unknown> => caller.call('echo', PARAMS);
  await callFor(settings.quick ? 0.2 : 0.7, 1, call);
  const times = await callFor(settings.quick ? 0.3 : 2, 1, call);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** The bare server has written its port where others have a socket. */
async function secure({ socket: file }: Bare): Promise<TLSSocket> {
  const port = Number(readFileSync(file, 'utf8'));
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  socket.on('error', () => socket.destroy());
  return socket;
}

/** A gateway that knows so many, all linked and with nothing to say but that they are there. */
async function idlePeers(bundle: string, folder: string, settings: Settings): Promise<Figures> {
  const home = path.join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  const own = newIdentity(home);
  const peers = Array.from({ length: 2 * PEERS }, () => makeIdentity());
  {
    using store = Store.open(home);
    await store.synced(() => {
      store.peers.setPort(0);
      for (const [n, { fingerprint, certificate }] of peers.entries())
        store.peers.put({
          name: PeerName.parse(`peer-${n}`),
          fingerprint,
          certificate,
          own: own.fingerprint,
          addresses: [],
          policy: PeerPolicy.parse({}),
          createdAt: new Date().toISOString(),
        });
    });
  }
  const config = { peers: { host: '127.0.0.1', heartbeatSeconds: HEARTBEAT_S } };
  await using gateway = await startOurGateway(bundle, folder, settings, config);
  // The contract of peers.list.
  const { self } = (await gateway.control.call('peers.list', {})) as { self: { listening: number } };
  const links: FrameLink[] = [];
  // A stranger at the door is one of few: one after another.
  const link = async (some: readonly Identity[]): Promise<void> => {
    for (const peer of some) links.push(await linkTo(self.listening, own, peer));
    await delay(settings.quick ? 100 : 1500);
  };
  // The first make the heap grow to the size that it has in any gateway at work.
  await link(peers.slice(0, PEERS));
  const before = memoryOf(gateway.pid);
  await link(peers.slice(PEERS));
  const beats = setInterval(() => {
    for (const link of links) link.beat(null);
  }, HEARTBEAT_S * 1000);
  await delay(settings.quick ? 100 : HEARTBEAT_S * 1000);
  const used = cpuMicroseconds(gateway.pid);
  const windows = settings.quick ? 1 : 2;
  await delay(windows * HEARTBEAT_S * 1000);
  const cpu = (cpuMicroseconds(gateway.pid) - used) / windows / links.length;
  const after = memoryOf(gateway.pid);
  clearInterval(beats);
  for (const link of links) link.close('enough');
  return { memory: ((after.rss - before.rss) * 1024) / PEERS, cpu };
}

async function linkTo(port: number, gateway: Identity, peer: Identity): Promise<FrameLink> {
  const { socket } = await dial(
    {
      addresses: [`127.0.0.1:${port}`],
      identity: peer,
      protocol: LINK,
      fingerprints: [gateway.fingerprint],
      pins: [gateway.certificate],
    },
    new AbortController().signal,
  );
  const own: Hello = {
    proto: PEER_PROTOCOL,
    gatewayId: peer.fingerprint,
    instanceId: peer.fingerprint,
    logId: '00000000',
    name: 'peer',
    version: '0.0.0',
    caps: [],
    addresses: [],
  };
  return new Promise((resolve, reject) => {
    const onRefused = (reason: string): void => reject(new Error(reason));
    greet(socket, { own, peer: gateway.fingerprint, onLink: resolve, onRefused });
  });
}

async function idleSockets(bare: Bare, settings: Settings): Promise<Figures> {
  const sockets: TLSSocket[] = [];
  const open = async (): Promise<void> => {
    for (let n = 0; n < PEERS; n += 1) sockets.push(await secure(bare));
    await delay(settings.quick ? 100 : 3000);
  };
  await open();
  const before = memoryOf(bare.pid);
  await open();
  const after = memoryOf(bare.pid);
  for (const socket of sockets) socket.destroy();
  return { memory: ((after.rss - before.rss) * 1024) / PEERS };
}

export const peer: Area = {
  question: 'What a linked gateway costs',
  variants: [HOP, IDLE],
  rounds: 2,
  contestants: {
    gateway: 'our gateway: session.draft at a peer, beyond the same here; links with heartbeats',
    tls: 'TLS 1.3: lines on a socket, echo; sockets that say nothing',
  },
  metrics: [
    { key: 'p50', title: 'p50 µs' },
    { key: 'p99', title: 'p99 µs' },
    { key: 'memory', title: 'kB per peer' },
    { key: 'cpu', title: 'CPU µs per peer and heartbeat' },
  ],
  targets: [
    { variant: HOP, metric: 'p50', against: 'tls', atMost: 4 },
    { variant: HOP, metric: 'p99', against: 'tls', atMost: 4 },
    { variant: IDLE, metric: 'memory', atMost: 250 },
    { variant: IDLE, metric: 'cpu', atMost: 1000 },
  ],
  async measure(contestant, variant, folder, settings) {
    if (contestant === 'tls') {
      await using bare = await startBare('tls', folder);
      return variant === HOP ? await echo(bare, settings) : await idleSockets(bare, settings);
    }
    const bundle = settings.bundles[contestant === 'other' ? 'other' : 'gateway'];
    return variant === HOP ? hop(bundle, folder, settings) : idlePeers(bundle, folder, settings);
  },
};
