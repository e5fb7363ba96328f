// How peers are reached: the key of this gateway, the port where they find it, dialling them and welcoming them.
import { messageOf } from '../language.ts';
import type { PeerName } from '../protocol/index.ts';
import { addressesOf, hostAndPort, isAnywhere, withNews } from '../peers/addresses.ts';
import { fingerprintOfPem, type Identity } from '../peers/certificate.ts';
import { greet, PEER_PROTOCOL, welcome } from '../peers/greeting.ts';
import { newIdentity, readIdentity } from '../peers/identity.ts';
import type { FrameLink, Hello } from '../peers/link.ts';
import { dial, LINK, TlsListener, type Visitor } from '../peers/tls.ts';
import type { StoredPeer } from '../store/peer.ts';
import type { Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import type { LivePeer } from './peerLink.ts';
import { receiveRekey } from './rekey.ts';

export interface ReachParts {
  readonly store: Store;
  readonly home: string;
  readonly settings: { readonly port?: number | undefined; readonly host?: string | undefined };
  readonly about: { readonly instanceId: string; readonly version: string };
  readonly audit: Audit;
  readonly name: PeerName;
  readonly peers: () => readonly LivePeer[];
  /** What is remembered of a peer has changed. */
  readonly refresh: (key: number) => void;
  readonly isInviting: () => boolean;
  readonly onPairing: (visitor: Visitor) => void;
}

export class Reach implements AsyncDisposable {
  readonly #parts: ReachParts;
  #identity: Identity | undefined;
  #listener: TlsListener | undefined;
  #opening: Promise<TlsListener> | undefined;

  constructor(parts: ReachParts) {
    this.#parts = parts;
  }

  /** Our own key, made when it is first needed. */
  get identity(): Identity {
    return (this.#identity ??= this.known ?? newIdentity(this.#parts.home));
  }

  /** Uses another key from now on. */
  set identity(identity: Identity) {
    this.#identity = identity;
    this.renew();
  }

  /** Our own key, if one was ever needed. */
  get known(): Identity | undefined {
    return (this.#identity ??= readIdentity(this.#parts.home));
  }

  get port(): number | null {
    return this.#listener?.port ?? null;
  }

  /** host:port under which peers may find this gateway now. */
  get addresses(): string[] {
    const { host } = this.#parts.settings;
    if (this.#listener === undefined) return [];
    const { port } = this.#listener;
    return host === undefined || isAnywhere(host) ? addressesOf(port) : [hostAndPort(host, port)];
  }

  /** Those of the addresses that are of use to another machine. */
  get announced(): string[] {
    return this.addresses.filter((address) => !/^(?:127\.|\[::1\]|localhost)/.test(address));
  }

  /** Pins, or our own key, have changed. */
  renew(): void {
    this.#listener?.renew();
  }

  /** Opens the port, once. */
  listen(): Promise<TlsListener> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Dials once. What came of it is told to the peer's state machine as a step. */
  async dial(peer: LivePeer): Promise<void> {
    const { addresses } = peer.stored;
    const pins = pinsOf(peer.stored);
    const fail = (reason: string): void => peer.step({ step: 'failed', reason });
    try {
      const fingerprints = fingerprintsOf(peer.stored);
      const target = { addresses, identity: this.identity, protocol: LINK, fingerprints, pins } as const;
      const { socket, address, fingerprint: shown } = await dial(target, peer.gone.signal);
      const onLink = (link: FrameLink): void => {
        try {
          this.#take(peer, link, { shown, dialledByUs: true, known: [address, ...addresses] });
        } catch (error) {
          // A full disk, for example. That ends the link; trying again is for the peer's state machine to decide.
          fail(messageOf(error));
          throw error;
        }
      };
      greet(socket, { own: this.#hello(), peer: shown, onLink, onRefused: fail });
    } catch (error) {
      fail(messageOf(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#listener?.[Symbol.asyncDispose]();
  }

  #hello(): Hello {
    const { about, store } = this.#parts;
    return {
      proto: PEER_PROTOCOL,
      gatewayId: this.identity.fingerprint,
      instanceId: about.instanceId,
      logId: store.log.logId,
      name: this.#parts.name,
      version: about.version,
      caps: [],
      addresses: this.announced,
    };
  }

  #withKey(fingerprint: string): LivePeer | undefined {
    return this.#parts.peers().find(({ stored }) => fingerprintsOf(stored).includes(fingerprint));
  }

  #welcome(visitor: Visitor): void {
    const { socket, fingerprint } = visitor;
    const peer = this.#withKey(fingerprint);
    if (peer === undefined) return visitor.refuse('Its key is not known.');
    const onLink = (link: FrameLink): void => {
      visitor.admit();
      this.#take(peer, link, { shown: fingerprint, dialledByUs: false, known: peer.stored.addresses });
    };
    return welcome(socket, {
      own: this.#hello(),
      peer: fingerprint,
      onLink,
      onRefused: (reason) => visitor.refuse(reason),
    });
  }

  /** `shown` is the key that it has used on this link, `known` where it may be. */
  #take(
    peer: LivePeer,
    link: FrameLink,
    { shown, dialledByUs, known }: { shown: string; dialledByUs: boolean; known: readonly string[] },
  ): void {
    const { store, audit } = this.#parts;
    const { key, fingerprint, addresses } = peer.stored;
    const all = withNews(known, link.hello.addresses);
    const isNewKey = shown !== fingerprint;
    if (isNewKey) store.written(() => store.peers.promote(key, shown));
    // The address under which it was dialled before may still be good.
    if (all.join() !== addresses.join())
      audit.attempt(() => store.written(() => store.peers.setAddresses(key, all)));
    this.#parts.refresh(key);
    if (isNewKey) {
      // Its old key is not accepted any more.
      this.renew();
      peer.cut('It has a new key.', 'rotated');
      audit.note('peer.rekeyed', { peer: peer.stored.name, fingerprint: shown });
    }
    const onNext = (): void => {
      this.#parts.refresh(key);
      this.renew();
    };
    link.onControl = (kind, body) => receiveRekey({ store, peerKey: key, link, onNext }, kind, body);
    peer.add(link, dialledByUs);
  }

  async #open(): Promise<TlsListener> {
    const { store, settings } = this.#parts;
    const door = {
      identity: () => this.identity,
      pins: () => this.#parts.peers().flatMap(({ stored }) => pinsOf(stored)),
      isPinned: (fingerprint: string) => this.#withKey(fingerprint) !== undefined,
      isInviting: this.#parts.isInviting,
      onLink: (visitor: Visitor) => this.#welcome(visitor),
      onPairing: this.#parts.onPairing,
      onRefused: (address: string, reason: string) => this.#parts.audit.refused(address, reason),
    };
    const listener = await TlsListener.open(door, settings.host, settings.port ?? store.peers.port ?? 0);
    this.#listener = listener;
    if (settings.port === undefined && store.peers.port !== listener.port)
      store.written(() => store.peers.setPort(listener.port));
    return listener;
  }
}

const pinsOf = ({ certificate, nextCertificate }: StoredPeer): string[] =>
  nextCertificate === null ? [certificate] : [certificate, nextCertificate];

const fingerprintsOf = ({ fingerprint, nextCertificate }: StoredPeer): string[] =>
  nextCertificate === null ? [fingerprint] : [fingerprint, fingerprintOfPem(nextCertificate)];
