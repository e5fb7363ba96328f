// Peers as rows: whom this gateway knows, by which key, and what each may do here; and the invitations that wait.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { PeerName, PeerPolicy, Problem } from '../protocol/index.ts';
import type { Database, Row } from './database.ts';

const PeerRow = object(() => ({
  key: z.int(),
  name: PeerName,
  fingerprint: z.string(),
  certificate: z.string(),
  next_certificate: z.string().nullable(),
  own: z.string(),
  addresses: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  policy: z.string().transform((text) => PeerPolicy.parse(JSON.parse(text))),
  heard_at: z.string().nullable(),
  created_at: z.string(),
  removed_us: z.int(),
}));

export interface StoredPeer {
  /** Small, and the same over renaming and new keys. */
  readonly key: number;
  readonly name: PeerName;
  readonly fingerprint: string;
  /** PEM. `nextCertificate` is of a key that the peer has announced and not used yet. */
  readonly certificate: string;
  readonly nextCertificate: string | null;
  /** The fingerprint by which it knows this gateway. */
  readonly own: string;
  readonly addresses: readonly string[];
  readonly policy: PeerPolicy;
  /** When it was last heard from, as of the last link. */
  readonly heardAt: string | null;
  readonly createdAt: string;
  /** It has said that it knows this gateway no more, and has not been linked since. */
  readonly hasRemovedUs: boolean;
}

export type NewPeer = Omit<StoredPeer, 'key' | 'nextCertificate' | 'heardAt' | 'hasRemovedUs'>;

const InvitationRow = object(() => ({
  invitation_id: z.string(),
  proof_key: z.string(),
  policy: z.string().transform((text) => PeerPolicy.parse(JSON.parse(text))),
  wrong: z.int(),
  used_by: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string(),
}));

export interface Invitation {
  readonly invitationId: string;
  /** What a proof is made with: a hash of the secret, which nobody keeps. */
  readonly proofKey: string;
  readonly policy: PeerPolicy;
  readonly wrong: number;
  readonly usedBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export class PeerStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  list(): StoredPeer[] {
    return this.#db.all('SELECT * FROM peer ORDER BY name').map((row) => peerOf(row));
  }

  find(name: PeerName): StoredPeer | undefined {
    return this.#one('SELECT * FROM peer WHERE name = ?', name);
  }

  /** Throws the problem peer.unknown. */
  get(name: PeerName): StoredPeer {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new Problem('peer.unknown', `No peer is called ${name}. List them: holdfast peers list`);
  }

  byKey(key: number): StoredPeer | undefined {
    return this.#one('SELECT * FROM peer WHERE key = ?', key);
  }

  byFingerprint(fingerprint: string): StoredPeer | undefined {
    return this.#one('SELECT * FROM peer WHERE fingerprint = ?', fingerprint);
  }

  /** A gateway that was known already keeps its name, unless another is given, and gets all else anew. */
  put(peer: NewPeer): StoredPeer {
    const { name, fingerprint, certificate, own, addresses, policy, createdAt } = peer;
    this.#db.run(
      `INSERT INTO peer (name, fingerprint, certificate, own, addresses, policy, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET name = excluded.name, certificate = excluded.certificate,
         next_certificate = NULL, own = excluded.own, addresses = excluded.addresses, policy = excluded.policy,
         removed_us = 0`,
      name,
      fingerprint,
      certificate,
      own,
      JSON.stringify(addresses),
      JSON.stringify(policy),
      createdAt,
    );
    return this.get(name);
  }

  /** Throws the problems peer.unknown and peer.exists. */
  rename(name: PeerName, newName: PeerName): void {
    const { key } = this.get(name);
    if (name === newName) return;
    if (this.find(newName) !== undefined)
      throw new Problem('peer.exists', `Another peer is called ${newName}. Choose another name.`);
    this.#db.run('UPDATE peer SET name = ? WHERE key = ?', newName, key);
  }

  remove(key: number): void {
    this.#db.run('DELETE FROM peer WHERE key = ?', key);
  }

  setPolicy(key: number, policy: PeerPolicy): void {
    this.#db.run('UPDATE peer SET policy = ? WHERE key = ?', JSON.stringify(policy), key);
  }

  setAddresses(key: number, addresses: readonly string[]): void {
    this.#db.run('UPDATE peer SET addresses = ? WHERE key = ?', JSON.stringify(addresses), key);
  }

  setHeard(key: number, heardAt: string): void {
    this.#db.run('UPDATE peer SET heard_at = ? WHERE key = ?', heardAt, key);
  }

  setRemovedUs(key: number, hasRemovedUs: boolean): void {
    this.#db.run('UPDATE peer SET removed_us = ? WHERE key = ?', Number(hasRemovedUs), key);
  }

  /** It has announced another key. */
  setNext(key: number, certificate: string): void {
    this.#db.run('UPDATE peer SET next_certificate = ? WHERE key = ?', certificate, key);
  }

  /** It has used the key that it announced: the one before is worth nothing from now on. */
  promote(key: number, fingerprint: string): void {
    this.#db.run(
      'UPDATE peer SET fingerprint = ?, certificate = next_certificate, next_certificate = NULL WHERE key = ?',
      fingerprint,
      key,
    );
  }

  /** It knows this gateway by another key now. */
  setOwn(key: number, own: string): void {
    this.#db.run('UPDATE peer SET own = ? WHERE key = ?', own, key);
  }

  invite({ invitationId, proofKey, policy, createdAt, expiresAt }: Invitation): void {
    this.#db.run(
      'INSERT INTO invitation VALUES (?, ?, ?, 0, NULL, ?, ?)',
      invitationId,
      proofKey,
      JSON.stringify(policy),
      createdAt,
      expiresAt,
    );
  }

  invitation(invitationId: string): Invitation | undefined {
    const row = this.#db.get('SELECT * FROM invitation WHERE invitation_id = ?', invitationId);
    return row && invitationOf(row);
  }

  invitations(): Invitation[] {
    return this.#db.all('SELECT * FROM invitation').map((row) => invitationOf(row));
  }

  countWrong(invitationId: string): void {
    this.#db.run('UPDATE invitation SET wrong = wrong + 1 WHERE invitation_id = ?', invitationId);
  }

  useInvitation(invitationId: string, fingerprint: string): void {
    this.#db.run('UPDATE invitation SET used_by = ? WHERE invitation_id = ?', fingerprint, invitationId);
  }

  burn(invitationId: string): void {
    this.#db.run('DELETE FROM invitation WHERE invitation_id = ?', invitationId);
  }

  /** The port that the first invitation opened: peers know it. */
  get port(): number | undefined {
    const value = this.#db.get(`SELECT value FROM meta WHERE key = 'peerPort'`)?.['value'];
    return typeof value === 'string' ? Number(value) : undefined;
  }

  setPort(port: number): void {
    this.#db.run(
      `INSERT INTO meta VALUES ('peerPort', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      String(port),
    );
  }

  #one(sql: string, value: string | number): StoredPeer | undefined {
    const row = this.#db.get(sql, value);
    return row && peerOf(row);
  }
}

function peerOf(row: Row): StoredPeer {
  const { next_certificate, heard_at, created_at, removed_us, ...peer } = PeerRow.parse(row);
  return {
    ...peer,
    nextCertificate: next_certificate,
    heardAt: heard_at,
    createdAt: created_at,
    hasRemovedUs: removed_us === 1,
  };
}

function invitationOf(row: Row): Invitation {
  const { invitation_id, proof_key, used_by, created_at, expires_at, ...rest } = InvitationRow.parse(row);
  return {
    ...rest,
    invitationId: invitation_id,
    proofKey: proof_key,
    usedBy: used_by,
    createdAt: created_at,
    expiresAt: expires_at,
  };
}
