// Who was found on the local network lately. Where it says that it is is worth a try; who it is, only its key can say.
import type { Identity } from '../peers/certificate.ts';
import { Answering, askAround, PREFIX_DIGITS, type About } from '../peers/nearby.ts';
import type { Nearby as Found, PeerName } from '../protocol/index.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Reach } from './reach.ts';

const STALE_MS = 30_000;
const LOOK_MS = 2_000;
const MAX_FOUND = 64;
const MAX_ADDRESSES = 8;

export interface NearbyParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly name: PeerName;
  readonly reach: Pick<Reach, 'known' | 'identity' | 'port'>;
  readonly about: { readonly version: string };
  readonly settings: { readonly discoveryPort: number };
}

interface Heard {
  readonly about: About;
  /** When each was heard last, in ticks. */
  readonly addresses: Map<string, number>;
  heardAt: string;
}

export class Nearby implements AsyncDisposable {
  readonly #parts: NearbyParts;
  readonly #heard = new Map<string, Heard>();
  #answering: Answering | undefined;
  #asking: Promise<void> | undefined;

  constructor(parts: NearbyParts) {
    this.#parts = parts;
  }

  get announces(): boolean {
    return this.#answering !== undefined;
  }

  /** From now on this gateway can be found on the networks that reach it where it listens. */
  async announce(host: string): Promise<void> {
    const { settings, name, reach, about } = this.#parts;
    this.#answering ??= await Answering.open(settings.discoveryPort, host, () => ({
      name,
      port: reach.port ?? 0,
      fingerprint: beginningOf(reach.identity),
      version: about.version,
    }));
  }

  /** Asks the round, unless somebody does already, and tells who was heard within half a minute. */
  async discover(ms: number): Promise<Found[]> {
    const { store, settings } = this.#parts;
    this.#asking ??= askAround(settings.discoveryPort, ms, (about, address) =>
      this.#hear(about, address),
    ).finally(() => (this.#asking = undefined));
    await this.#asking;
    const peers = store.peers.list();
    return this.#fresh().map(({ about, addresses, heardAt }) => ({
      ...about,
      addresses: [...addresses.keys()].toSorted(loopbackLast),
      heardAt,
      peer: peers.find(({ fingerprint }) => fingerprint.startsWith(about.fingerprint))?.name ?? null,
    }));
  }

  /** Where somebody said to be whose fingerprint begins like this one. */
  async addressesOf(fingerprint: string, isNeeded: boolean): Promise<string[]> {
    if (isNeeded) await this.discover(LOOK_MS);
    return this.#fresh()
      .filter(({ about }) => fingerprint.startsWith(about.fingerprint))
      .flatMap(({ addresses }) => [...addresses.keys()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#answering?.[Symbol.asyncDispose]();
  }

  #hear(about: About, address: string): void {
    const { clock, reach } = this.#parts;
    if (reach.known !== undefined && about.fingerprint === beginningOf(reach.known)) return;
    const key = JSON.stringify(about);
    let heard = this.#heard.get(key);
    if (heard === undefined) {
      if (this.#fresh().length >= MAX_FOUND) return;
      this.#heard.set(key, (heard = { about, addresses: new Map(), heardAt: '' }));
    }
    if (heard.addresses.size >= MAX_ADDRESSES && !heard.addresses.has(address)) return;
    heard.addresses.set(address, clock.ticks());
    heard.heardAt = clock.now();
  }

  #fresh(): Heard[] {
    const oldest = this.#parts.clock.ticks() - STALE_MS;
    for (const [key, { addresses }] of this.#heard) {
      for (const [address, at] of addresses) if (at < oldest) addresses.delete(address);
      if (addresses.size === 0) this.#heard.delete(key);
    }
    return [...this.#heard.values()];
  }
}

const loopbackLast = (a: string, b: string): number => Number(isLoopback(a)) - Number(isLoopback(b));
const isLoopback = (address: string): boolean => /^(?:127\.|\[::1\])/.test(address);

const beginningOf = ({ fingerprint }: Identity): string => fingerprint.slice(0, PREFIX_DIGITS);
