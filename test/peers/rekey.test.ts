// A new key, and what goes wrong while it is taken up: the key on disk is always one by which peers know this gateway.
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock as clock } from '../../gateway/live/clock.ts';
import { Peers } from '../../gateway/live/peers.ts';
import type { LivePeer } from '../../gateway/live/peerLink.ts';
import { receiveRekey, rotate } from '../../gateway/live/rekey.ts';
import { makeIdentity, type Identity } from '../../gateway/peers/certificate.ts';
import { forgetIdentity, newIdentity, prepareIdentity, readIdentity } from '../../gateway/peers/identity.ts';
import { PeerName, PeerPolicy, Problem } from '../../gateway/protocol/index.ts';
import type { NewPeer } from '../../gateway/store/peer.ts';
import type { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { linkPair } from '../support/linkPair.ts';
import { NOW, openStore } from '../support/store.ts';

async function startPeers(home: string, store: Store): Promise<Peers> {
  const settings = { heartbeatSeconds: 30, announce: false, discoveryPort: 9848 };
  const about = { instanceId: 'i', version: '0.0.0' };
  const logger = pino({ level: 'silent' });
  const peers = new Peers({ store, clock, logger, home, settings, about });
  await peers.start();
  return peers;
}

/** Which key a gateway has after a start, and what lies about of others. */
async function keyAfterStart(home: string, store: Store): Promise<string | null> {
  await using peers = await startPeers(home, store);
  assert.deepEqual(
    readdirSync(home).filter((name) => name.startsWith('identity')),
    ['identity.pem'],
  );
  return peers.self.fingerprint;
}

/** A peer called box, which knows this gateway by a key. */
const box = ({ fingerprint, certificate }: Identity, own: Identity): NewPeer => ({
  ...{ name: PeerName.parse('box'), fingerprint, certificate, own: own.fingerprint },
  ...{ addresses: [], policy: PeerPolicy.parse({}), createdAt: NOW },
});

test('a new key that cannot be written down is not used', async (t) => {
  using opened = openStore();
  const { folder: home, store } = opened;
  const before = newIdentity(home);
  const full = t.mock.method(store, 'synced', () => Promise.reject(new Problem('storage.full', 'full')));
  await assert.rejects(rotate({ store, home }, before, []), /full/);
  full.mock.restore();
  assert.equal(readIdentity(home)?.fingerprint, before.fingerprint);
  assert.equal(await keyAfterStart(home, store), before.fingerprint);
  const { identity } = await rotate({ store, home }, before, []);
  assert.equal(await keyAfterStart(home, store), identity.fingerprint);
});

test('a gateway that dies while it takes up a new key has the one by which its peers know it', async () => {
  using opened = openStore();
  const { folder: home, store } = opened;
  const before = newIdentity(home);
  const next = makeIdentity();
  const peer = makeIdentity();
  store.written(() => store.peers.put(box(peer, before)));
  prepareIdentity(home, next);
  assert.equal(await keyAfterStart(home, store), before.fingerprint);
  prepareIdentity(home, next);
  store.written(() => store.peers.setOwn(store.peers.get(PeerName.parse('box')).key, next.fingerprint));
  assert.equal(await keyAfterStart(home, store), next.fingerprint);
});

test('a key that its owner has not signed does not become that of a peer, and ends the link', async () => {
  using opened = openStore();
  const { store } = opened;
  const [owner, thief] = [makeIdentity(), makeIdentity()];
  const { key } = store.written(() => store.peers.put(box(thief, makeIdentity())));
  const [, link] = linkPair(thief.fingerprint, 'here');
  const words = Buffer.from(`holdfast rekey\0${thief.fingerprint}\0${owner.fingerprint}`);
  const signature = sign('sha256', words, thief.privateKey).toString('base64');
  const onNext = (): void => assert.fail('it is let in');
  receiveRekey({ store, peerKey: key, link, onNext }, 'rekey', { certificate: owner.certificate, signature });
  await store.synced(() => {});
  assert.equal(store.peers.byKey(key)?.nextCertificate, null);
  assert.equal(await link.closed, 'Its new key is not its own.');
});

test('a peer that confirms another key than the new one does not know it', async () => {
  using opened = openStore();
  const { folder: home, store } = opened;
  const before = newIdentity(home);
  const stored = store.written(() => store.peers.put(box(makeIdentity(), before)));
  const [, link] = linkPair('box', 'here');
  // No more of a peer is looked at.
  const rotating = rotate({ store, home }, before, [{ stored, link } as LivePeer]);
  const rekeying = { store, peerKey: stored.key, link, onNext: () => {} };
  receiveRekey(rekeying, 'rekeyed', { fingerprint: before.fingerprint });
  link.close('Gone.');
  assert.deepEqual((await rotating).told, []);
});

test('of a key that is taken away nothing is left, nor of the one that was to come after it', () => {
  const home = newFolder();
  newIdentity(home);
  prepareIdentity(home, makeIdentity());
  forgetIdentity(home);
  assert.deepEqual(readdirSync(home), []);
});

test('a new key that is asked for twice at once is one, and the one on disk', async () => {
  using opened = openStore();
  const { folder: home, store } = opened;
  newIdentity(home);
  await using peers = await startPeers(home, store);
  const [first, second] = await Promise.all([peers.rotate(), peers.rotate()]);
  assert.equal(second.fingerprint, first.fingerprint);
  assert.deepEqual(
    [readIdentity(home)?.fingerprint, peers.self.fingerprint],
    [first.fingerprint, first.fingerprint],
  );
});
