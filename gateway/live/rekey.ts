// A key that changes: linked peers hear of the new one over a link that the old one has authenticated.
import { sign, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { fingerprintOf, makeIdentity, type Identity } from '../peers/certificate.ts';
import { prepareIdentity, useNextIdentity } from '../peers/identity.ts';
import type { FrameLink } from '../peers/link.ts';
import type { Store } from '../store/store.ts';
import type { LivePeer } from './peerLink.ts';

/** Whoever has not said by then that he knows the new key must join anew. */
const TOLD_MS = 3_000;

const Rekey = z.object({ certificate: z.string().max(4096), signature: z.string().max(256) });
const Rekeyed = z.object({ fingerprint: z.string().max(64) });

/** Signed by the new key, so that nobody can announce a key that is not his. */
const words = (before: string, after: string): Buffer => Buffer.from(`holdfast rekey\0${before}\0${after}`);

/**
 * Makes a key, tells it, and keeps it. Answers who has confirmed to know it. What is on disk fits together at each moment: the
 * key is there before anybody hears of it, and is used once it is written down who knows it.
 */
export async function rotate(
  { store, home }: { readonly store: Store; readonly home: string },
  before: Identity,
  peers: readonly LivePeer[],
): Promise<{ identity: Identity; told: LivePeer[] }> {
  const identity = makeIdentity();
  prepareIdentity(home, identity);
  const signature = sign('sha256', words(before.fingerprint, identity.fingerprint), identity.privateKey);
  const answers = await Promise.all(
    peers.map(async (peer) => {
      const { link } = peer;
      if (link === undefined) return undefined;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      confirmations.set(link, (fingerprint) => fingerprint === identity.fingerprint && resolve(true));
      link.control('rekey', { certificate: identity.certificate, signature: signature.toString('base64') });
      const late = setTimeout(resolve, TOLD_MS, false);
      const isTold = await Promise.race([promise, link.closed.then(() => false)]);
      clearTimeout(late);
      return isTold ? peer : undefined;
    }),
  );
  const told = answers.filter((peer) => peer !== undefined);
  await store.synced(() => {
    for (const { stored } of told) store.peers.setOwn(stored.key, identity.fingerprint);
  });
  useNextIdentity(home);
  return { identity, told };
}

const confirmations = new WeakMap<FrameLink, (fingerprint: string) => void>();

/** A peer that may say something of keys. */
interface Rekeying {
  readonly store: Store;
  readonly peerKey: number;
  readonly link: FrameLink;
  /** Another key of it is to be let in. */
  readonly onNext: () => void;
}

/** What a peer says of keys. */
export function receiveRekey({ store, peerKey, link, onNext }: Rekeying, kind: string, body: unknown): void {
  if (kind === 'rekeyed') {
    const rekeyed = Rekeyed.safeParse(body);
    if (rekeyed.success) confirmations.get(link)?.(rekeyed.data.fingerprint);
  }
  if (kind !== 'rekey') return;
  const rekey = Rekey.safeParse(body);
  const next = rekey.success ? ownerOf(rekey.data, link.peer) : undefined;
  if (next === undefined) return link.close('Its new key is not its own.', 'rekey');
  void store
    .synced(() => store.peers.setNext(peerKey, next.certificate))
    .then(() => {
      onNext();
      link.control('rekeyed', { fingerprint: next.fingerprint });
    })
    .catch(() => link.close('Its new key could not be written down.', 'rekey'));
}

/** The certificate and whose it is, if its key has signed that it follows the one before. */
function ownerOf({ certificate, signature }: z.infer<typeof Rekey>, before: string) {
  try {
    const read = new X509Certificate(certificate);
    const fingerprint = fingerprintOf(read);
    const isOwn = verify(
      'sha256',
      words(before, fingerprint),
      read.publicKey,
      Buffer.from(signature, 'base64'),
    );
    return isOwn ? { certificate: read.toString(), fingerprint } : undefined;
  } catch {
    return undefined;
  }
}
