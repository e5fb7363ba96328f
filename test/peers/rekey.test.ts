// A new key, and what goes wrong while it is taken up: the key on disk is always one by which peers know this gateway.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock as clock } from '../../gateway/live/clock.ts';
import { Peers } from '../../gateway/live/peers.ts';
import { rotate } from '../../gateway/live/rekey.ts';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { newIdentity, prepareIdentity, readIdentity } from '../../gateway/peers/identity.ts';
import { PeerName, PeerPolicy, Problem } from '../../gateway/protocol/index.ts';
import type { Store } from '../../gateway/store/store.ts';
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
  store.written(() =>
    store.peers.put({
      name: PeerName.parse('box'),
      fingerprint: peer.fingerprint,
      certificate: peer.certificate,
      own: before.fingerprint,
      addresses: [],
      policy: PeerPolicy.parse({}),
      createdAt: NOW,
    }),
  );
  prepareIdentity(home, next);
  assert.equal(await keyAfterStart(home, store), before.fingerprint);
  prepareIdentity(home, next);
  store.written(() => store.peers.setOwn(store.peers.get(PeerName.parse('box')).key, next.fingerprint));
  assert.equal(await keyAfterStart(home, store), next.fingerprint);
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
