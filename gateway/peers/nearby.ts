// Gateways on the same network: one that wants to be found answers whoever asks the round. It proves and grants nothing.
import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { PeerName } from '../protocol/index.ts';
import { hostAndPort, isAnywhere, VIRTUAL } from './addresses.ts';

type Family = 'udp4' | 'udp6';

/** Neither leaves the link that it is sent on. */
const GROUP: Readonly<Record<Family, string>> = { udp4: '239.255.72.70', udp6: 'ff12::4846' };
/** Whoever asks sends as much as he gets back at most, so that nobody can have a third one flooded. */
const ASK_BYTES = 512;
const MAX_ANSWERS_A_SECOND = 20;
/** Asked more than once: packets get lost. */
const ASK_AT = [0, 0.2, 0.5];
/** Networks come and go. */
const LOOK_MS = 30_000;
/** How much of a fingerprint is told: enough to compare by eye, and nothing to rely on. */
export const PREFIX_DIGITS = 16;

const Ask = object(() => ({ holdfast: z.literal(1), ask: z.string().regex(/^[0-9a-f]{16}$/) }));

const About = object(() => ({
  name: PeerName,
  port: z.int().min(1).max(65_535),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  version: z.string().regex(/^[\w.+-]{1,32}$/),
}));
/** What a gateway says of itself. Anybody can say that. */
export type About = z.infer<typeof About>;

const Answer = object(() => ({ ...About.shape, holdfast: z.literal(1), answer: z.string() }));

export interface Net {
  readonly family: Family;
  /** What the system calls it when a group is joined there. */
  readonly place: string;
  /** How IPv6 tells apart networks that all have the same addresses. */
  readonly zone: string;
  readonly address: string;
  readonly cidr: string | null;
}

/** Every network of this machine but those of containers; loopback is one, for gateways on the same machine. */
const nets = (): Net[] =>
  Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    (VIRTUAL.test(name) ? [] : list).map((net): Net => {
      const { address, cidr } = net;
      if (net.family === 'IPv4') return { address, cidr, family: 'udp4', place: address, zone: '' };
      const zone = process.platform === 'win32' ? String(net.scopeid) : name;
      return { address, cidr, family: 'udp6', place: `::%${zone}`, zone };
    }),
  );

/** Answers on the networks from which its port for peers can be reached, and only those who are on them. */
export class Answering implements AsyncDisposable {
  readonly #sockets = new Map<Family, Socket>();
  readonly #joined = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  readonly #host: string;
  readonly #about: () => About;
  #second = 0;
  #answers = 0;

  private constructor(sockets: readonly [Family, Socket][], host: string, about: () => About) {
    this.#host = host;
    this.#about = about;
    for (const [family, socket] of sockets) {
      this.#sockets.set(family, socket);
      socket.on('message', (packet, from) => this.#receive(packet, from, socket));
    }
    this.#join();
    this.#timer = setInterval(() => this.#join(), LOOK_MS).unref();
  }

  /** `host` is where this gateway listens for peers. Rejects when neither IPv4 nor IPv6 can be listened to. */
  static async open(port: number, host: string, about: () => About): Promise<Answering> {
    const families = ['udp4', 'udp6'] as const;
    const both = await Promise.allSettled(families.map((family) => bind(family, { port })));
    const sockets = both.flatMap((one, index): [Family, Socket][] =>
      one.status === 'fulfilled' ? [[families[index] ?? 'udp4', one.value]] : [],
    );
    const [failed] = both;
    if (sockets.length === 0 && failed?.status === 'rejected') throw failed.reason;
    return new Answering(sockets, host, about);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#sockets.values()].map(close));
  }

  get #nets(): Net[] {
    return isAnywhere(this.#host) ? nets() : nets().filter(({ address }) => address === this.#host);
  }

  #join(): void {
    const all = this.#nets;
    for (const place of this.#joined) if (!all.some((net) => net.place === place)) this.#joined.delete(place);
    for (const { family, place } of all) {
      if (this.#joined.has(place)) continue;
      try {
        this.#sockets.get(family)?.addMembership(GROUP[family], place);
        this.#joined.add(place);
      } catch {
        // A network that knows no groups, or that has just gone.
      }
    }
  }

  #receive(packet: Buffer, { address, port }: RemoteInfo, socket: Socket): void {
    const ask = packet.length === ASK_BYTES ? read(Ask, packet) : undefined;
    // A packet may come from port 0, to which nobody can answer, and Node throws when somebody tries.
    if (ask === undefined || port === 0 || !this.#mayAnswer() || !isNear(address, this.#nets)) return;
    const answer = { holdfast: 1, answer: ask.ask, ...this.#about() } satisfies z.input<typeof Answer>;
    socket.send(JSON.stringify(answer), port, address, () => {});
  }

  #mayAnswer(): boolean {
    const second = Math.floor(performance.now() / 1000);
    this.#answers = second === this.#second ? this.#answers + 1 : 1;
    this.#second = second;
    return this.#answers <= MAX_ANSWERS_A_SECOND;
  }
}

/** Asks every network for `ms`. `onFound` gets who answers, and under which host:port that can be dialled. */
export async function askAround(
  port: number,
  ms: number,
  onFound: (about: About, address: string) => void,
): Promise<void> {
  const ask = randomBytes(8).toString('hex');
  const packet = Buffer.alloc(ASK_BYTES, ' ');
  packet.write(JSON.stringify({ holdfast: 1, ask } satisfies z.input<typeof Ask>));
  await using sockets = new AsyncDisposableStack();
  const timers = new DisposableStack();
  sockets.use(timers);
  const all = nets();
  // IPv6 has more than one address for each place.
  for (const { family, place, zone, address } of new Map(all.map((net) => [net.place, net])).values()) {
    const group = family === 'udp4' ? GROUP.udp4 : `${GROUP.udp6}%${zone}`;
    const socket = await bind(family, family === 'udp4' ? { port: 0, address } : { port: 0 }).catch(
      () => null,
    );
    if (socket === null) continue;
    sockets.defer(() => close(socket));
    socket.on('message', (said, from) => {
      const answer = said.length <= ASK_BYTES ? read(Answer, said) : undefined;
      if (answer?.answer !== ask || !isNear(from.address, all)) return;
      const { holdfast: _, answer: __, ...about } = answer;
      onFound(about, hostAndPort(from.address, about.port));
    });
    try {
      socket.setMulticastInterface(place);
    } catch {
      continue;
    }
    for (const part of ASK_AT) {
      const timer = setTimeout(() => socket.send(packet, port, group, () => {}), ms * part).unref();
      timers.defer(() => clearTimeout(timer));
    }
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  await promise;
}

/** Joined by others on this machine, too: each hears every question. */
async function bind(type: Family, where: { port: number; address?: string }): Promise<Socket> {
  const socket = createSocket({ type, reuseAddr: where.port !== 0, ipv6Only: type === 'udp6' });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind(where, resolve);
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.off('error', reject).on('error', () => {});
  return socket.unref();
}

function close(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.close(() => resolve());
  return promise;
}

/** What does not come from a network of ours came by a way that a question to the round does not take. */
export function isNear(address: string, among: readonly Net[]): boolean {
  const [bare = ''] = address.split('%');
  const near = new BlockList();
  for (const { cidr, family } of among) {
    const [net = '', bits = ''] = cidr?.split('/') ?? [];
    if (net !== '') near.addSubnet(net, Number(bits), family === 'udp4' ? 'ipv4' : 'ipv6');
  }
  return near.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
}

function read<S extends z.ZodType>(schema: S, packet: Buffer): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(packet.toString())).data;
  } catch {
    return undefined;
  }
}
