// A pairing code: all that the other gateway needs to find this one and to be let in, once. One line of text, or words.
import { createHash, randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { hostAndPort } from './addresses.ts';
import { readWords, writeWords } from './words.ts';

/** The beginning of every code in one line of text, so that people and programs see what it is. */
const PREFIX = 'hf1.';
const SECRET_BYTES = 32;
const KEY_BYTES = 32;
const CHECK_BYTES = 4;
/** A code of words must be short: a secret of half the length, the beginning of the fingerprint, and one IPv4 address. */
const WORDS = { secret: 16, key: 8, address: 4, port: 2, all: 30 } as const;

export interface PairingCode {
  /** Chance enough that nobody can guess it, so that it needs no slow hashing. */
  readonly secret: Buffer;
  /** The fingerprint of the key that must answer. A code of words has its beginning, which is enough to talk to nobody else. */
  readonly fingerprint: string;
  /** host:port */
  readonly addresses: readonly string[];
  /** Where it listens, whatever its address is. */
  readonly port: number;
}

export type Form = 'text' | 'words';

/** A new secret, of as many bytes as the code has room for. */
export const newSecret = (form: Form): Buffer => randomBytes(form === 'words' ? WORDS.secret : SECRET_BYTES);

/** Short enough for a QR code on a terminal. Seconds since 1970, by the clock of the gateway that makes it. */
export function writeCode({ secret, fingerprint, addresses }: PairingCode, expiresAt: number): string {
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

/** The address that words have room for. */
export const addressInWords = (addresses: readonly string[]): string | undefined =>
  addresses.find((address) => isIPv4(hostOf(address)));

/** The same as words. Without an address of IPv4 the other side has to be told one, or to find it on its network. */
export function writeCodeInWords({ secret, fingerprint, addresses, port }: PairingCode): string {
  const content = Buffer.alloc(WORDS.all);
  secret.copy(content);
  content.write(fingerprint.slice(0, WORDS.key * 2), WORDS.secret, 'hex');
  const address = addressInWords(addresses);
  const at = WORDS.secret + WORDS.key;
  for (const [index, byte] of hostOf(address ?? '0.0.0.0')
    .split('.')
    .entries())
    content.writeUInt8(Number(byte), at + index);
  content.writeUInt16BE(address === undefined ? port : portOf(address), at + WORDS.address);
  return writeWords(content);
}

/** What is wrong with it, in words, where something is missing in it or was changed on the way. */
export function readCode(text: string): PairingCode | string {
  // White space, as a terminal adds it, does no harm.
  const compact = text.replaceAll(/\s/g, '');
  if (!compact.startsWith(PREFIX)) return readCodeInWords(text);
  const bytes = Buffer.from(compact.slice(PREFIX.length), 'base64url');
  const content = bytes.subarray(0, -CHECK_BYTES);
  const at = SECRET_BYTES + KEY_BYTES;
  if (content.length <= at + 6 || !checkOf(content).equals(bytes.subarray(-CHECK_BYTES)))
    return 'A part of this pairing code is missing. Copy the whole line.';
  const addresses = content.toString('utf8', at + 6).split('\n');
  return {
    secret: content.subarray(0, SECRET_BYTES),
    fingerprint: content.toString('hex', SECRET_BYTES, at),
    addresses,
    port: portOf(addresses[0] ?? ''),
  };
}

function readCodeInWords(text: string): PairingCode | string {
  const content = readWords(text, WORDS.all);
  if (content === undefined) return 'This is no pairing code. Copy the whole line, or type all the words.';
  if (typeof content === 'string') return content;
  const at = WORDS.secret + WORDS.key;
  const host = [...content.subarray(at, at + WORDS.address)].join('.');
  const port = content.readUInt16BE(at + WORDS.address);
  return {
    secret: content.subarray(0, WORDS.secret),
    fingerprint: content.toString('hex', WORDS.secret, at),
    addresses: host === '0.0.0.0' ? [] : [hostAndPort(host, port)],
    port,
  };
}

const hostOf = (address: string): string => address.replace(/:\d+$/, '');
const portOf = (address: string): number => Number(/\d+$/.exec(address)?.[0] ?? 0);

const checkOf = (content: Buffer): Buffer =>
  createHash('sha256').update(PREFIX).update(content).digest().subarray(0, CHECK_BYTES);
