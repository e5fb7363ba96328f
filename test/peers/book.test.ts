// What is remembered of a peer changes whole: with the mail that is named after it, and with what others change meanwhile.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock as clock } from '../../gateway/live/clock.ts';
import { Peers } from '../../gateway/live/peers.ts';
import { withNews } from '../../gateway/peers/addresses.ts';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { PeerName, PeerPolicy, Problem } from '../../gateway/protocol/index.ts';
import type { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { linkedGateways } from '../support/linked.ts';
import { MailDesk } from '../support/mailDesk.ts';
import { NOW, openStore } from '../support/store.ts';
import { waitFor } from '../support/waitFor.ts';

const BOX = PeerName.parse('box');

/** The peers of a gateway that knows one, called box, and cannot dial it. */
async function withBox(store: Store): Promise<Peers> {
  const { certificate, fingerprint } = makeIdentity();
  const known = { own: '', addresses: [], policy: PeerPolicy.parse({}), createdAt: NOW };
  store.written(() => store.peers.put({ name: BOX, fingerprint, certificate, ...known }));
  const peers = peersOf(store, newFolder('home'));
  await peers.start();
  return peers;
}

function peersOf(store: Store, home: string): Peers {
  const settings = { host: '127.0.0.1', heartbeatSeconds: 3, announce: false, discoveryPort: 9848 };
  const about = { instanceId: 'i', version: '0.0.0' };
  return new Peers({ store, clock, logger: pino({ level: 'silent' }), home, settings, about });
}

test('a peer is called otherwise together with the mail that waits for it', async () => {
  await using desk = await MailDesk.open();
  const { store } = desk;
  await using peers = await withBox(store);
  const { broker_message_id: id } = await desk.call('mail.send', { to: 'x@box', message: 'hello' });
  // Nobody follows these peers: a gateway may be killed before anybody hears of it.
  await peers.rename(BOX, PeerName.parse('crate'));
  assert.equal(store.outbox.get(id).peer, 'crate');
});

test('two changes of what a peer may do that come at once both hold', async () => {
  await using desk = await MailDesk.open();
  await using peers = await withBox(desk.store);
  let told = 0;
  peers.follower = { ...peers.follower, policyChanged: () => (told += 1) };
  await Promise.all([peers.setPolicy(BOX, { see: false }), peers.setPolicy(BOX, { interrupt: true })]);
  const { policy } = desk.store.peers.get(BOX);
  assert.deepEqual([policy.see, policy.interrupt, told], [false, true, 2]);
});

test('what a peer told is remembered under the name that it has, and is gone with it', async () => {
  await using both = linkedGateways();
  await both.box.client().call('session.create', { path: newFolder('work'), agent: 'demo' });
  const told = await waitFor('its sessions', () => {
    const sessions = both.laptop.peering.sessions.of(1);
    return sessions.length > 0 && sessions;
  });
  using opened = openStore();
  const { store } = opened;
  await using peers = await withBox(store);
  const { key } = store.peers.get(BOX);
  const names = (): unknown[] =>
    store.peerNews.list().map(({ sessions }) => sessions.map(({ peer }) => peer as string));
  store.written(() => store.peerNews.put(key, told));
  assert.deepEqual(names(), [['box']]);
  // Nobody follows these peers: a gateway may be killed before all is written down.
  await peers.rename(BOX, PeerName.parse('crate'));
  assert.deepEqual(names(), [['crate']]);
  await peers.remove(PeerName.parse('crate'));
  assert.deepEqual(names(), []);
});

test('what a peer told and a disk has bent keeps no gateway from its start', async () => {
  const folder = newFolder('store');
  {
    using opened = openStore(folder);
    await using peers = await withBox(opened.store);
    opened.store.written(() => opened.store.peerNews.put(opened.store.peers.get(BOX).key, []));
    assert.ok(peers);
  }
  const database = new DatabaseSync(path.join(folder, 'holdfast.db'));
  database.exec(`UPDATE peer_news SET sessions = '[{'`);
  database.close();
  using again = openStore(folder);
  assert.deepEqual(
    again.store.peerNews.list().map(({ sessions }) => sessions),
    [[]],
  );
});

test('a machine is linked whose new address cannot be written down because the disk is full; it is when there is room', async (t) => {
  using desk = openStore();
  using box = openStore();
  await using atDesk = peersOf(desk.store, desk.folder);
  const policy = PeerPolicy.parse({});
  const { code } = await atDesk.invite({ address: undefined, form: 'text', policy });
  const joining = { name: BOX, address: undefined, fingerprint: undefined, policy };
  {
    await using before = peersOf(box.store, box.folder);
    assert.equal((await before.join(code, joining)).state, 'connected');
  }
  const { key, addresses } = box.store.peers.get(BOX);
  // Where it was before: the address that works is another one now.
  box.store.written(() => box.store.peers.setAddresses(key, ['127.0.0.1:1', ...addresses]));
  const full = t.mock.method(box.store, 'written', () => {
    throw new Problem('storage.full', 'full');
  });
  const link = async (): Promise<void> => {
    await using again = peersOf(box.store, box.folder);
    await again.start();
    await waitFor('the link', () => again.list()[0]?.state === 'connected');
  };
  await link();
  full.mock.restore();
  await link();
  assert.equal(box.store.peers.get(BOX).addresses[0], addresses[0], 'what works comes first');
});

test('a new key that cannot be written down because the disk is full is taken when there is room', async (t) => {
  using desk = openStore();
  using box = openStore();
  await using atDesk = peersOf(desk.store, desk.folder);
  await using atBox = peersOf(box.store, box.folder);
  const policy = PeerPolicy.parse({});
  const { code } = await atDesk.invite({ address: undefined, form: 'text', policy });
  await atBox.join(code, { name: BOX, address: undefined, fingerprint: undefined, policy });
  const full = t.mock.method(box.store, 'written', () => {
    throw new Problem('storage.full', 'full');
  });
  const { fingerprint, told } = await atDesk.rotate();
  assert.equal(told.length, 1);
  const isLinked = (): boolean => {
    const [peer] = atBox.list();
    return peer?.state === 'connected' && peer.fingerprint === fingerprint;
  };
  await waitFor('an attempt in vain', () => atBox.list()[0]?.reason === 'full');
  full.mock.restore();
  await waitFor('the link', isLinked);
});

test('where a machine is now is remembered, however many places it was at before', () => {
  const before = Array.from({ length: 12 }, (_, n) => `10.0.0.${n}:1`);
  const after = withNews(before, ['10.1.1.1:1', '10.0.0.3:1', '10.1.1.2:1']);
  assert.equal(after.length, 12);
  assert.deepEqual(after.slice(0, 6), before.slice(0, 6), 'what worked last comes first');
  assert.deepEqual(after.slice(6, 8), ['10.1.1.1:1', '10.1.1.2:1']);
});
