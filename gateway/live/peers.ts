// All peers at work: who is dialled, who may come, and when it is time for something.
import { peerTimes } from '../core/peer.ts';
import { messageOf, withoutUndefined } from '../language.ts';
import {
  PeerName,
  Problem,
  type Peer,
  type PeerPolicy,
  type PolicyChange,
  type Result,
} from '../protocol/index.ts';
import { ownName } from '../peers/addresses.ts';
import { recoverIdentity } from '../peers/identity.ts';
import { Links } from '../peers/link.ts';
import type { StoredPeer } from '../store/peer.ts';
import { renamePeer } from '../store/peerMail.ts';
import type { Store } from '../store/store.ts';
import { Alarm } from './alarm.ts';
import { Audit } from './audit.ts';
import type { Clock } from './clock.ts';
import { Invitations, type Inviting, type Joining } from './invitations.ts';
import { Nearby } from './nearby.ts';
import { LivePeer, REMOVED, type PeerSurroundings } from './peerLink.ts';
import type { PeerBook } from './peering.ts';
import { Reach } from './reach.ts';
import { rotate } from './rekey.ts';
import { Watchers } from './sink.ts';
import type { Logger } from './surroundings.ts';

export interface PeerSettings {
  /** Where to listen; undefined: on any free port, which is remembered, from the first invitation on. */
  readonly port?: number | undefined;
  /** undefined: on every interface. */
  readonly host?: string | undefined;
  readonly name?: PeerName | undefined;
  readonly heartbeatSeconds: number;
  /** Whether the local network can find this gateway, and on which UDP port it asks. */
  readonly announce: boolean;
  readonly discoveryPort: number;
}

export interface PeersWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The state folder. */
  readonly home: string;
  /** `peers` in the configuration. */
  readonly settings: PeerSettings;
  readonly about: { readonly instanceId: string; readonly version: string };
}

/** Who has to know at once when a peer is treated otherwise. */
export interface PeerFollower {
  policyChanged(key: number): void;
  renamed(key: number, before: PeerName): void;
  removed(key: number): void;
}

export class Peers implements PeerBook, AsyncDisposable {
  readonly links = new Links();
  readonly name: PeerName;
  /** The sessions of a peer, as last heard. Replaced by whoever knows. */
  sessionsOf: (key: number) => Peer['sessions'] = () => [];
  follower: PeerFollower = { policyChanged: () => {}, renamed: () => {}, removed: () => {} };
  readonly #world: PeersWorld;
  readonly #audit: Audit;
  readonly #alarm: Alarm;
  readonly #reach: Reach;
  readonly #surroundings: PeerSurroundings;
  readonly #invitations: Invitations;
  readonly nearby: Nearby;
  readonly #peers = new Map<number, LivePeer>();
  /** What each lets us do there. */
  readonly #allows = new Map<number, PeerPolicy>();
  /** Are told of every peer that changes. */
  readonly watchers = new Watchers();
  #rotating: Promise<Result<'peers.rotate'>> | undefined;

  constructor(world: PeersWorld) {
    this.#world = world;
    this.name = world.settings.name ?? ownName();
    const { clock, settings, logger, store } = world;
    const times = peerTimes(settings.heartbeatSeconds * 1000);
    this.#audit = new Audit(logger, clock);
    this.#alarm = new Alarm({
      clock,
      firstDue: () => Math.min(Infinity, ...[...this.#peers.values()].map(({ dueAt }) => dueAt ?? Infinity)),
      atLeastMs: times.beat,
      lateMs: times.late,
      onRing: (hasSlept) => this.#onRing(hasSlept),
    });
    this.#reach = new Reach({
      ...world,
      audit: this.#audit,
      name: this.name,
      peers: () => [...this.#peers.values()],
      refresh: (key) => this.#refresh(key),
      isInviting: () => this.#invitations.areOpen,
      onPairing: (visitor) => this.#invitations.receive(visitor),
    });
    this.#invitations = new Invitations({
      ...world,
      audit: this.#audit,
      identity: () => this.#reach.identity,
      introduction: () => ({ name: this.name, addresses: this.#reach.announced }),
      onPaired: (peer) => this.#put(peer),
      nearby: (fingerprint, isNeeded) => this.nearby.addressesOf(fingerprint, isNeeded),
    });
    this.nearby = new Nearby({ ...world, name: this.name, reach: this.#reach });
    this.#surroundings = {
      clock,
      times,
      links: this.links,
      own: () => this.#reach.identity.fingerprint,
      dial: (peer) => void this.#reach.dial(peer),
      onDue: (at) => this.#alarm.by(at),
      onNews: (peer, news) => this.#onNews(peer, news),
      onRemoved: ({ stored: { key } }, hasRemovedUs) =>
        this.#write(key, () => store.peers.setRemovedUs(key, hasRemovedUs)),
    };
    this.links.onChanged((fingerprint) => {
      const peer = this.#byFingerprint(fingerprint);
      if (peer !== undefined) this.watchers.tell('peer.changed', { peer: this.describe(peer) });
    });
  }

  /** Goes on with the peers there are. With none, and no port in the configuration, nothing is made and nothing opened. */
  async start(): Promise<void> {
    const { store, settings } = this.#world;
    const stored = store.peers.list();
    recoverIdentity(this.#world.home, (fingerprint) => stored.some(({ own }) => own === fingerprint));
    this.#invitations.recover();
    const mayCome = settings.port !== undefined || settings.announce;
    if (stored.length === 0 && !mayCome && !this.#invitations.areThere) return;
    for (const peer of stored) this.#add(peer);
    if (mayCome || store.peers.port !== undefined) {
      await this.#reach
        .listen()
        .then(({ host }) => (settings.announce ? this.nearby.announce(host) : undefined))
        .catch((error: unknown) =>
          this.#audit.fault('Peers cannot dial this gateway, or not find it.', error),
        );
    }
    this.#onRing(false);
  }

  /** This gateway, as others see it. */
  get self(): Result<'peers.list'>['self'] {
    const { known, port } = this.#reach;
    const { announces } = this.nearby;
    return { name: this.name, fingerprint: known?.fingerprint ?? null, listening: port, announces };
  }

  list(): Peer[] {
    return this.#world.store.peers.list().flatMap(({ key }) => {
      const peer = this.#peers.get(key);
      return peer === undefined ? [] : [this.describe(peer)];
    });
  }

  describe(peer: LivePeer): Peer {
    const { stored, since, reason, link, heardAt } = peer;
    const { key, name, fingerprint, addresses, policy } = stored;
    const rttMs = link?.rttMs ?? null;
    return {
      name,
      fingerprint,
      transport: 'tls',
      address: addresses[0] ?? null,
      state: peer.status.kind,
      since,
      reason,
      lastHeartbeatAt: heardAt,
      rttMs: rttMs === null ? null : Math.round(rttMs * 100) / 100,
      policy,
      allows: this.#allows.get(key) ?? null,
      sessions: this.sessionsOf(key),
    };
  }

  /** Makes a code. Throws the problem peer.offline when nobody could dial us. */
  async invite(inviting: Inviting) {
    const listener = await this.#reach.listen().catch((cause: unknown) => {
      throw new Problem(
        'peer.offline',
        `Peers could not dial this gateway: ${messageOf(cause)} Set peers.port in the configuration.`,
        {},
        cause,
      );
    });
    return this.#invitations.invite(inviting, listener.port, this.#reach.addresses);
  }

  /** Uses a code. Throws the problems peer.code, peer.exists and peer.offline. */
  async join(code: string, joining: Joining): Promise<Peer> {
    const stored = await this.#invitations.join(code, joining);
    const peer = this.#put(stored);
    peer.step({ step: 'dial' });
    await peer.settled();
    return this.describe(peer);
  }

  async rename(name: PeerName, newName: PeerName): Promise<void> {
    const { store } = this.#world;
    const { key } = store.peers.get(name);
    await store.synced(() => {
      store.peers.rename(name, newName);
      renamePeer(store, name, newName);
    });
    this.#refresh(key);
    this.#renamed(key, name);
    this.#changed(key);
  }

  async remove(name: PeerName): Promise<void> {
    const { store } = this.#world;
    const { key } = store.peers.get(name);
    await store.synced(() => store.peers.remove(key));
    const peer = this.#peers.get(key);
    this.#peers.delete(key);
    this.#reach.renew();
    peer?.end(REMOVED, 'removed');
    this.follower.removed(key);
    this.#audit.note('peer.removed', { peer: name });
    this.watchers.tell('peer.removed', { name });
  }

  async setPolicy(name: PeerName, change: PolicyChange): Promise<PeerPolicy> {
    const { store } = this.#world;
    const { key, policy: before } = store.peers.get(name);
    const given = withoutUndefined(change);
    if (Object.keys(given).length === 0) return before;
    const changed = await store.synced(() => {
      // Another change may have come meanwhile.
      const policy = { ...store.peers.get(name).policy, ...given };
      store.peers.setPolicy(key, policy);
      return policy;
    });
    this.#audit.note('peer.policy', { peer: name, policy: changed });
    this.#refresh(key);
    this.follower.policyChanged(key);
    this.#changed(key);
    return changed;
  }

  /** Dials now. */
  reconnect(name: PeerName): void {
    this.#peers.get(this.#world.store.peers.get(name).key)?.step({ step: 'dial' });
  }

  /** A new key; peers that are linked learn it, and every link begins anew with it. Asked for twice at once it is one. */
  rotate(): Promise<Result<'peers.rotate'>> {
    return (this.#rotating ??= this.#rotate().finally(() => (this.#rotating = undefined)));
  }

  async #rotate(): Promise<Result<'peers.rotate'>> {
    const peers = [...this.#peers.values()];
    const { identity, told } = await rotate(this.#world, this.#reach.identity, peers);
    this.#reach.identity = identity;
    for (const { stored } of peers) this.#refresh(stored.key);
    for (const peer of peers) peer.cut('It has a new key.', 'rotated');
    for (const peer of told) peer.step({ step: 'dial' });
    this.#audit.note('peer.rotated', { fingerprint: identity.fingerprint });
    const nameOf = ({ stored }: LivePeer): PeerName => stored.name;
    return {
      fingerprint: identity.fingerprint,
      told: told.map(nameOf),
      untold: peers.filter((peer) => !told.includes(peer)).map(nameOf),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alarm[Symbol.dispose]();
    this.#invitations[Symbol.dispose]();
    this.#audit[Symbol.dispose]();
    for (const peer of this.#peers.values()) {
      this.#remember(peer);
      peer.end('It has stopped.', 'stopping');
    }
    await this.nearby[Symbol.asyncDispose]();
    await this.#reach[Symbol.asyncDispose]();
  }

  // ---- the book of who is known ----

  keyOf(name: PeerName): number {
    // Asked with each call to a peer: who is at work is known here.
    for (const { stored } of this.#peers.values()) if (stored.name === name) return stored.key;
    return this.#world.store.peers.get(name).key;
  }

  keyOfLink(fingerprint: string): number {
    const peer = this.#byFingerprint(fingerprint);
    if (peer === undefined) throw new Error('a link of nobody who is known');
    return peer.stored.key;
  }

  nameOf(key: number): PeerName {
    return this.#of(key).stored.name;
  }

  policyOf(key: number): PeerPolicy {
    return this.#of(key).stored.policy;
  }

  allows(key: number, policy: PeerPolicy): void {
    this.#allows.set(key, policy);
    this.#changed(key);
  }

  #of(key: number): LivePeer {
    const peer = this.#peers.get(key);
    if (peer === undefined) throw new Problem('peer.unknown', 'The peer was removed.');
    return peer;
  }

  // ---- who is at work ----

  #put(stored: StoredPeer): LivePeer {
    const peer = this.#peers.get(stored.key) ?? this.#add(stored);
    const { name, policy } = peer.stored;
    peer.stored = stored;
    this.#reach.renew();
    this.#renamed(stored.key, name);
    if (JSON.stringify(policy) !== JSON.stringify(stored.policy)) this.follower.policyChanged(stored.key);
    this.#changed(stored.key);
    return peer;
  }

  /** The name may be another than before. */
  #renamed(key: number, before: PeerName): void {
    if (this.nameOf(key) === before) return;
    this.follower.renamed(key, before);
    this.watchers.tell('peer.removed', { name: before });
  }

  #add(stored: StoredPeer): LivePeer {
    const peer = new LivePeer(stored, this.#surroundings);
    this.#peers.set(stored.key, peer);
    return peer;
  }

  /** What is remembered of a peer has changed. */
  #refresh(key: number): void {
    const peer = this.#peers.get(key);
    const stored = this.#world.store.peers.byKey(key);
    if (peer !== undefined && stored !== undefined) peer.stored = stored;
  }

  #byFingerprint(fingerprint: string): LivePeer | undefined {
    return [...this.#peers.values()].find(({ stored }) => stored.fingerprint === fingerprint);
  }

  #changed(key: number): void {
    const peer = this.#peers.get(key);
    if (peer !== undefined) this.links.changed(peer.stored.fingerprint);
  }

  #onRing(hasSlept: boolean): void {
    for (const peer of this.#peers.values()) {
      if (hasSlept) peer.step({ step: 'woke' });
      peer.tick();
    }
  }

  #onNews(peer: LivePeer, news: 'state' | 'flapping'): void {
    const { stored, reason, status } = peer;
    if (news === 'flapping') {
      this.#audit.note('peer.flapping', { peer: stored.name, reason });
      return;
    }
    if (status.kind !== 'connecting') this.#audit.note(`peer.${status.kind}`, { peer: stored.name, reason });
    if (status.kind === 'disconnected') this.#remember(peer);
    this.links.changed(stored.fingerprint);
  }

  #remember({ stored, heardAt }: LivePeer): void {
    if (heardAt === null || heardAt === stored.heardAt) return;
    this.#write(stored.key, () => this.#world.store.peers.setHeard(stored.key, heardAt));
  }

  #write(key: number, work: () => void): void {
    this.#audit.attempt(() => this.#world.store.written(work));
    this.#refresh(key);
  }
}
