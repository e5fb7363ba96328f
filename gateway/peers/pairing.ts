// Getting to know each other: both sides prove that they hold the same secret, on this very connection, with these keys.
import { createHash, createHmac, timingSafeEqual, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { spkiOf, type Identity } from './certificate.ts';
import type { PairingCode } from './code.ts';
import { FrameStream, reasonOf } from './frame.ts';
import type { Dialled, Visitor } from './tls.ts';

const LABEL = 'EXPORTER-holdfast-pair-v1';
const ANSWER_MS = 10_000;

type Role = 'join' | 'invite';

/** What one side tells the other when it has proved itself. */
const Introduction = object(() => ({
  name: z.string().max(64).describe('What it calls itself'),
  addresses: z.array(z.string().max(260)).max(16).describe('Where it can be dialled'),
}));
export type Introduction = z.infer<typeof Introduction>;

const Proof = z.string().max(64);
const Join = object(() => ({ ...Introduction.shape, invitationId: z.string().max(64), proof: Proof }));
const Paired = object(() => ({ ...Introduction.shape, proof: Proof }));

/** What the inviting side keeps of a secret: enough to check a proof. */
export const proofKeyOf = (secret: Buffer): string =>
  createHash('sha256').update('holdfast pairing\0').update(secret).digest('base64url');

/** What an invitation is called: only who has the code can say it. */
export const invitationIdOf = (proofKey: string): string =>
  createHash('sha256').update('holdfast invitation\0').update(proofKey).digest('hex').slice(0, 32);

/**
 * The role keeps a proof from being sent back as an answer. What TLS exports is another on every connection, so one that
 * is passed on by somebody in the middle is worth nothing; and both keys are in it, whatever TLS says.
 */
export function proofOf(proofKey: string, role: Role, exported: Buffer, own: Buffer, peer: Buffer): string {
  return createHmac('sha256', proofKey)
    .update(`${role}\0`)
    .update(exported)
    .update(own)
    .update(peer)
    .digest('base64url');
}

function proofsOn(socket: TLSSocket, proofKey: string, role: Role, own: Identity, peer: X509Certificate) {
  const exported = socket.exportKeyingMaterial(32, LABEL, Buffer.alloc(0));
  const ownKey = spkiOf(new X509Certificate(own.certificate));
  const peerKey = spkiOf(peer);
  return {
    own: proofOf(proofKey, role, exported, ownKey, peerKey),
    expected: proofOf(proofKey, role === 'join' ? 'invite' : 'join', exported, peerKey, ownKey),
  };
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The code is of no use: wrong, used or expired, as the other side sees it. */
export class CodeError extends Error {
  override name = 'CodeError';
}

/** The side that has the code, on a connection whose key is the one in the code. Answers who the other side is. */
export function join(
  { socket, certificate }: Pick<Dialled, 'socket' | 'certificate'>,
  { secret }: PairingCode,
  identity: Identity,
  introduction: Introduction,
): Promise<Introduction> {
  const { promise, resolve, reject } = Promise.withResolvers<Introduction>();
  const proofKey = proofKeyOf(secret);
  const proofs = proofsOn(socket, proofKey, 'join', identity, certificate);
  const frames = new FrameStream(socket);
  const timer = setTimeout(() => frames.end('It did not answer.'), ANSWER_MS);
  frames.onEnd = (reason) => {
    clearTimeout(timer);
    reject(new CodeError(reason));
  };
  frames.onFrame = (kind, body) => {
    if (kind === 'bye') return frames.end(reasonOf(body));
    const paired = kind === 'paired' ? Paired.safeParse(body) : undefined;
    if (paired?.success !== true) return frames.end('It gave no answer to the code.');
    if (!isSame(paired.data.proof, proofs.expected)) return frames.end('It does not know the code.');
    resolve(paired.data);
    return frames.end('Done.');
  };
  const words = { ...introduction, invitationId: invitationIdOf(proofKey), proof: proofs.own };
  frames.send('join', JSON.stringify(words));
  return promise;
}

export interface Host {
  readonly identity: Identity;
  readonly introduction: () => Introduction;
  /** The key of an invitation that may still be used by this peer. */
  readonly proofKey: (invitationId: string, fingerprint: string) => string | undefined;
  /** A proof was wrong. */
  readonly onWrong: (invitationId: string) => void;
  /** Remembers the peer; it may come as soon as this resolves. */
  readonly onRight: (invitationId: string, visitor: Visitor, introduction: Introduction) => Promise<void>;
}

/** The side that has invited. Says nothing of itself until the other side has proved that it was. */
export function receive(visitor: Visitor, host: Host): void {
  const { socket, certificate, fingerprint } = visitor;
  const frames = new FrameStream(socket);
  const refuse = (reason: string): void => {
    frames.send('bye', JSON.stringify({ code: 'refused', reason: 'The code is wrong, used or expired.' }));
    frames.onEnd = () => {};
    frames.end(reason);
    visitor.refuse(reason);
  };
  frames.onEnd = (reason) => visitor.refuse(`While pairing: ${reason}`);
  frames.onFrame = (kind, body) => {
    const words = kind === 'join' ? Join.safeParse(body) : undefined;
    if (words?.success !== true) return refuse('It did not ask to be paired.');
    const { invitationId, proof, ...introduction } = words.data;
    const proofKey = host.proofKey(invitationId, fingerprint);
    if (proofKey === undefined) return refuse('Its code is unknown, used or expired.');
    const proofs = proofsOn(socket, proofKey, 'invite', host.identity, certificate);
    if (!isSame(proof, proofs.expected)) {
      host.onWrong(invitationId);
      return refuse('Its proof was wrong.');
    }
    visitor.admit();
    // Once is enough.
    frames.onFrame = () => frames.end('It goes on after it was paired.');
    frames.onEnd = () => {};
    return void host.onRight(invitationId, visitor, introduction).then(
      () => {
        frames.send('paired', JSON.stringify({ ...host.introduction(), proof: proofs.own }));
        // Left open, it would keep this gateway from ending.
        frames.end('Paired.');
      },
      () => frames.end('The peer could not be remembered.'),
    );
  };
}
