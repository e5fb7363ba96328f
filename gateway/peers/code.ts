// A pairing code: one line of text that holds all that the other gateway needs to find this one and to be let in, once.
import { createHash, randomBytes } from 'node:crypto';

/** What every code begins with, so that people and programs see what it is. */
const PREFIX = 'hf1.';
const SECRET_BYTES = 32;
const KEY_BYTES = 32;
const CHECK_BYTES = 4;

export interface PairingCode {
  /** Chance enough that nobody can guess it, so that it needs no slow hashing. */
  readonly secret: Buffer;
  /** Whose key must answer. */
  readonly fingerprint: string;
  /** Seconds since 1970, by the clock of the gateway that made it. */
  readonly expiresAt: number;
  /** host:port */
  readonly addresses: readonly string[];
}

export const newSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** Short enough for a QR code on a terminal. */
export function writeCode({ secret, fingerprint, expiresAt, addresses }: PairingCode): string {
  const expiry = Buffer.alloc(6);
  expiry.writeUIntBE(expiresAt, 0, 6);
  const content = Buffer.concat([
    secret,
    Buffer.from(fingerprint, 'hex'),
    expiry,
    Buffer.from(addresses.join('\n')),
  ]);
  return PREFIX + Buffer.concat([content, checkOf(content)]).toString('base64url');
}

/** undefined: something is missing in it, or was changed on the way. White space, as a terminal adds it, does no harm. */
export function readCode(text: string): PairingCode | undefined {
  const compact = text.replaceAll(/\s/g, '');
  if (!compact.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(compact.slice(PREFIX.length), 'base64url');
  const content = bytes.subarray(0, -CHECK_BYTES);
  if (content.length <= SECRET_BYTES + KEY_BYTES + 6) return undefined;
  if (!checkOf(content).equals(bytes.subarray(-CHECK_BYTES))) return undefined;
  const at = SECRET_BYTES + KEY_BYTES;
  return {
    secret: content.subarray(0, SECRET_BYTES),
    fingerprint: content.toString('hex', SECRET_BYTES, at),
    expiresAt: content.readUIntBE(at, 6),
    addresses: content.toString('utf8', at + 6).split('\n'),
  };
}

const checkOf = (content: Buffer): Buffer =>
  createHash('sha256').update(PREFIX).update(content).digest().subarray(0, CHECK_BYTES);
