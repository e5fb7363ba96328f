// What is remembered of a peer changes whole: with the mail that is named after it, and with what others change meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock as clock } from '../../gateway/live/clock.ts';
import { Peers } from '../../gateway/live/peers.ts';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { PeerName, PeerPolicy } from '../../gateway/protocol/index.ts';
import type { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { MailDesk } from '../support/mailDesk.ts';
import { NOW } from '../support/store.ts';

const BOX = PeerName.parse('box');

/** The peers of a gateway that knows one, called box, and cannot dial it. */
async function withBox(store: Store): Promise<Peers> {
  const { certificate, fingerprint } = makeIdentity();
  const known = { own: '', addresses: [], policy: PeerPolicy.parse({}), createdAt: NOW };
  store.written(() => store.peers.put({ name: BOX, fingerprint, certificate, ...known }));
  const settings = { heartbeatSeconds: 30, announce: false, discoveryPort: 9848 };
  const about = { instanceId: 'i', version: '0.0.0' };
  const logger = pino({ level: 'silent' });
  const peers = new Peers({ store, clock, logger, home: newFolder('home'), settings, about });
  await peers.start();
  return peers;
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
  await Promise.all([peers.setPolicy(BOX, { see: false }), peers.setPolicy(BOX, { interrupt: true })]);
  const { policy } = desk.store.peers.get(BOX);
  assert.deepEqual([policy.see, policy.interrupt], [false, true]);
});
