// Invitations: codes that let one other gateway in, once, for ten minutes; and the use of codes that others made.
import { messageOf } from '../language.ts';
import { PeerName, Problem, type PeerPolicy } from '../protocol/index.ts';
import { nameFrom, readAddress } from '../peers/addresses.ts';
import type { Identity } from '../peers/certificate.ts';
import {
  addressInWords,
  newSecret,
  readCode,
  writeCode,
  writeCodeInWords,
  type Form,
  type PairingCode,
} from '../peers/code.ts';
import { CodeError, invitationIdOf, join, proofKeyOf, receive, type Introduction } from '../peers/pairing.ts';
import { dial, PAIRING, type Dialled, type Target, type Visitor } from '../peers/tls.ts';
import type { StoredPeer } from '../store/peer.ts';
import { renamePeer } from '../store/peerMail.ts';
import type { Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import type { Clock } from './clock.ts';

const LIFE_SECONDS = 600;
/** Wrong proofs that burn an invitation. */
const MAX_WRONG = 3;

export interface InvitationsWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly identity: () => Identity;
  readonly introduction: () => Introduction;
  /** Called before the other side is answered: it may come at once. */
  readonly onPaired: (peer: StoredPeer) => void;
  /** Where a gateway with that fingerprint was heard on the local network lately; asked for now if there is no other way. */
  readonly nearby: (fingerprint: string, isNeeded: boolean) => Promise<readonly string[]>;
}

export interface Inviting {
  /** Where this gateway can be dialled; undefined: wherever it listens. */
  readonly address: string | undefined;
  readonly form: Form;
  readonly policy: PeerPolicy;
}

export interface Joining {
  /** undefined: what it calls itself. */
  readonly name: PeerName | undefined;
  /** Where it is dialled, whatever the code says. */
  readonly address: string | undefined;
  /** How its fingerprint must begin. */
  readonly fingerprint: string | undefined;
  readonly policy: PeerPolicy;
}

/** A gateway that has proved itself. */
interface Paired extends Pick<StoredPeer, 'certificate' | 'fingerprint' | 'addresses' | 'policy'> {
  /** What it is to be called here; undefined: as before, or what it calls itself. */
  readonly name: PeerName | undefined;
  readonly saidName: string;
}

export class Invitations implements Disposable {
  readonly #world: InvitationsWorld;
  /** Each with what cancels its end. By a clock that only counts up: setting the other one back gives nobody more time. */
  readonly #ends = new Map<string, () => void>();

  constructor(world: InvitationsWorld) {
    this.#world = world;
  }

  /** A code may still be used by somebody who is not known yet. */
  get areOpen(): boolean {
    return this.#world.store.peers
      .invitations()
      .some(({ usedBy, invitationId }) => usedBy === null && this.#ends.has(invitationId));
  }

  get areThere(): boolean {
    return this.#ends.size > 0;
  }

  /** Goes on with the invitations of the previous gateway, until they expire. */
  recover(): void {
    const { store, clock } = this.#world;
    const now = Date.parse(clock.now());
    for (const { invitationId, createdAt, expiresAt } of store.peers.invitations()) {
      const left = Date.parse(expiresAt) - now;
      if (left > 0 && Date.parse(createdAt) <= now) this.#endAfter(invitationId, left);
      else this.#burn(invitationId);
    }
  }

  /** `all` is where this gateway can be dialled. */
  async invite({ address, policy, form }: Inviting, port: number, all: string[]) {
    const { store, clock, audit, identity } = this.#world;
    const addresses = address === undefined ? all : [mustBeAddress(address, port)];
    const secret = newSecret(form);
    const proofKey = proofKeyOf(secret);
    const invitationId = invitationIdOf(proofKey);
    const expiresAt = clock.later(LIFE_SECONDS);
    const invitation = {
      invitationId,
      proofKey,
      policy,
      wrong: 0,
      usedBy: null,
      createdAt: clock.now(),
      expiresAt,
    };
    await store.synced(() => store.peers.invite(invitation));
    this.#endAfter(invitationId, LIFE_SECONDS * 1000);
    audit.note('peer.invited', { invitationId, expiresAt });
    const content = { secret, fingerprint: identity().fingerprint, addresses, port };
    if (form === 'words') {
      const said = addressInWords(addresses);
      return { code: writeCodeInWords(content), expiresAt, addresses: said === undefined ? [] : [said] };
    }
    return { code: writeCode(content, Math.floor(Date.parse(expiresAt) / 1000)), expiresAt, addresses };
  }

  /** Somebody says that he was invited. */
  receive(visitor: Visitor): void {
    const { store, audit, identity, introduction, onPaired } = this.#world;
    receive(visitor, {
      identity: identity(),
      introduction,
      proofKey: (invitationId, fingerprint) => {
        const invitation = store.peers.invitation(invitationId);
        // Whoever was let in and did not hear so may ask again.
        const isFree = invitation?.usedBy === null || invitation?.usedBy === fingerprint;
        return isFree && this.#ends.has(invitationId) ? invitation?.proofKey : undefined;
      },
      onWrong: (invitationId) => {
        // When it cannot be counted, once is enough.
        let wrong = MAX_WRONG;
        audit.attempt(() => {
          store.written(() => store.peers.countWrong(invitationId));
          wrong = store.peers.invitation(invitationId)?.wrong ?? MAX_WRONG;
        });
        if (wrong < MAX_WRONG) return;
        this.#burn(invitationId);
        audit.note('peer.burnt', { invitationId });
      },
      onRight: async (invitationId, { certificate, fingerprint, address }, { name, addresses }) => {
        const peer = await store.synced(() => {
          const invitation = store.peers.invitation(invitationId);
          if (invitation === undefined || (invitation.usedBy ?? fingerprint) !== fingerprint)
            throw new Error('the invitation was used meanwhile');
          store.peers.useInvitation(invitationId, fingerprint);
          const key = { certificate: certificate.toString(), fingerprint };
          return this.#remember({
            ...key,
            name: undefined,
            saidName: name,
            addresses,
            policy: invitation.policy,
          });
        });
        audit.note('peer.paired', { peer: peer.name, fingerprint, address });
        onPaired(peer);
      },
    });
  }

  /** Uses a code that another gateway has made. Throws the problems peer.code, peer.exists and peer.offline. */
  async join(text: string, { name, address: where, fingerprint: expected = '', policy }: Joining) {
    const { store, audit, identity, introduction } = this.#world;
    const code = mustBeCode(text, expected.toLowerCase());
    const own = identity();
    this.#mustBeAnother(code, own, name);
    const named = where === undefined ? code.addresses : [mustBeAddress(where, code.port)];
    const dialled = await this.#reach(code, own, named);
    const { socket, address, certificate, fingerprint } = dialled;
    try {
      const other = await join(dialled, code, own, introduction());
      const peer = await store.synced(() =>
        this.#remember({
          certificate: certificate.toString(),
          fingerprint,
          name,
          saidName: other.name,
          addresses: [...new Set([address, ...named, ...other.addresses])],
          policy,
        }),
      );
      audit.note('peer.paired', { peer: peer.name, fingerprint: peer.fingerprint, address });
      return peer;
    } catch (error) {
      if (!(error instanceof CodeError)) throw error;
      throw new Problem(
        'peer.code',
        `The other gateway does not take the code: ${error.message} Codes work once, for ten minutes. Make a new one there: holdfast peers invite`,
        {},
        error,
      );
    } finally {
      socket.destroySoon();
    }
  }

  #mustBeAnother({ fingerprint }: PairingCode, own: Identity, name: PeerName | undefined): void {
    if (isAlike(fingerprint, own.fingerprint))
      throw new Problem(
        'peer.exists',
        'This code was made by this very gateway. Use it on the other machine.',
      );
    const taken = name === undefined ? undefined : this.#world.store.peers.find(name);
    if (taken !== undefined && !isAlike(fingerprint, taken.fingerprint))
      throw new Problem('peer.exists', `Another peer is called ${name}. Choose another name.`);
  }

  /** Dials the gateway of a code where that is said to be, and where it was heard. */
  async #reach({ fingerprint }: PairingCode, identity: Identity, named: readonly string[]): Promise<Dialled> {
    const found = await this.#world.nearby(fingerprint, named.length === 0);
    const addresses = [...new Set([...named, ...found])];
    if (addresses.length === 0)
      throw new Problem(
        'peer.offline',
        'The code does not say where the other gateway is, and nobody on this network is that. Say where: --address HOST',
      );
    const target: Target = {
      addresses,
      identity,
      protocol: PAIRING,
      fingerprints: [fingerprint],
      pins: undefined,
    };
    return dial(target, new AbortController().signal).catch((cause: unknown) => {
      throw new Problem(
        'peer.offline',
        `The other gateway cannot be reached: ${messageOf(cause)} Is it running, and does a firewall let its port through? On it: holdfast peers invite --address HOST`,
        {},
        cause,
      );
    });
  }

  [Symbol.dispose](): void {
    for (const cancel of this.#ends.values()) cancel();
    this.#ends.clear();
  }

  /** Inside a transaction. */
  #remember({ name: wanted, saidName, addresses, ...paired }: Paired): StoredPeer {
    const { store, clock, identity } = this.#world;
    const known = store.peers.byFingerprint(paired.fingerprint);
    const name = wanted ?? known?.name ?? this.#freeName(nameFrom(saidName));
    if (known !== undefined) renamePeer(store, known.name, name);
    return store.peers.put({
      ...paired,
      name,
      own: identity().fingerprint,
      addresses: addresses.slice(0, 12),
      createdAt: clock.now(),
    });
  }

  #freeName(name: PeerName): PeerName {
    for (let n = 1; ; n += 1) {
      const free = n === 1 ? name : PeerName.parse(`${name}-${n}`);
      if (this.#world.store.peers.find(free) === undefined) return free;
    }
  }

  #endAfter(invitationId: string, ms: number): void {
    this.#ends.set(
      invitationId,
      this.#world.clock.after(ms, () => this.#burn(invitationId)),
    );
  }

  #burn(invitationId: string): void {
    this.#ends.get(invitationId)?.();
    this.#ends.delete(invitationId);
    const { store, audit } = this.#world;
    // It cannot be used any more, written or not: `#ends` says which can.
    audit.attempt(() => store.written(() => store.peers.burn(invitationId)));
  }
}

/** What a code says, with as much of the fingerprint as is known. `expected` is how that must begin. */
function mustBeCode(text: string, expected: string): PairingCode {
  const code = readCode(text);
  if (typeof code === 'string') throw new Problem('peer.code', code);
  const { fingerprint } = code;
  if (isAlike(fingerprint, expected))
    return { ...code, fingerprint: expected.length > fingerprint.length ? expected : fingerprint };
  throw new Problem(
    'peer.code',
    `This code is of a gateway whose fingerprint begins with ${fingerprint.slice(0, 16)}, not of the one that was expected.`,
  );
}

/** One of them may be only how the other begins. */
const isAlike = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

function mustBeAddress(text: string, port: number): string {
  const address = readAddress(text, port);
  if (address !== undefined) return address;
  throw new Problem('peer.offline', `"${text}" is no address. Give host or host:port, like box.lan:9847.`);
}
