// A state folder belongs to one machine: a copy of it is never the same peer without anybody saying so.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { differenceOf, stableMac, type Host } from '../../gateway/peers/host.ts';
import { readIdentity } from '../../gateway/peers/identity.ts';
import { holdfast } from '../cli/holdfast.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { linkGateways, peersConfig, whenPeer } from '../support/peers.ts';
import { waitFor } from '../support/waitFor.ts';

const host = (id: string | null, mac: string | null): Host => ({ schema: 1, id, mac, folder: '/state' });

describe('the machine', () => {
  const table: readonly (readonly [string, Host, Host, boolean])[] = [
    ['the same', host('a', 'm'), host('a', 'm'), true],
    ['the same with another network card', host('a', 'm'), host('a', 'n'), true],
    ['another', host('a', 'm'), host('b', 'm'), false],
    ['one that does not tell its id, with the same card', host(null, 'm'), host(null, 'm'), true],
    ['one that does not tell its id, with another card', host(null, 'm'), host(null, 'n'), false],
    ['one that tells nothing', host(null, null), host(null, null), true],
    ['one that tells its id no more', host('a', null), host(null, null), true],
  ];
  for (const [name, stored, now, isSame] of table) {
    it(`is ${isSame ? 'taken for the same' : 'another'} when it is ${name}`, () =>
      assert.equal(differenceOf(stored, now, false) === undefined, isSame));
  }

  it('is known by its first real network card', () => {
    const card = (mac: string, internal = false) => [
      { address: '10.0.0.2', netmask: '', family: 'IPv4' as const, mac, internal, cidr: null },
    ];
    assert.equal(
      stableMac({
        lo: card('00:00:00:00:00:00', true),
        docker0: card('00:42:ac:11:00:02'),
        eth1: card('3c:52:82:00:00:02'),
        eth0: card('02:42:ac:11:00:02'),
        wlan0: card('3c:52:82:00:00:01'),
      }),
      '3c:52:82:00:00:02',
    );
  });
});

describe('a state folder', () => {
  it('that was copied is refused with exit code 4, and gets an identity of its own when that is said', async () => {
    const home = newFolder();
    const copy = newFolder();
    await using desk = await startGateway({ config: peersConfig('desk') });
    await using box = await startGateway({ home, config: peersConfig('box') });
    const [a] = await linkGateways(desk, box);
    assert.equal(statSync(path.join(home, 'host.json')).mode & 0o777, 0o600);
    await box.stop();
    cpSync(home, copy, { recursive: true, filter: (file) => !file.endsWith('.sock') });
    const refused = await holdfast(copy, ['up']);
    assert.equal(refused.code, 4);
    assert.match(refused.err, /is a copy of .* which is still there.*holdfast accept-host/s);
    assert.equal((await holdfast(copy, ['up', '--foreground'])).code, 4);

    const accepted = await holdfast(copy, ['accept-host']);
    assert.deepEqual([accepted.code, accepted.err], [0, '']);
    assert.match(accepted.out, /As a peer it is a new one/);
    await using clone = await startGateway({ home: copy });
    const c = await clone.connect();
    const { peers, self } = await c.call('peers.list', {});
    assert.notEqual(self.fingerprint, readIdentity(home)?.fingerprint);
    assert.match(peers[0]?.reason ?? '', /by an older key/);
    // The first one is still the peer that it was.
    await box.start();
    await whenPeer(a, 'box', 'connected');
    // Running, there is nothing to accept.
    assert.match((await holdfast(copy, ['accept-host'])).err, /its machine is known/);
  });

  it('that was copied while its gateway runs has none: nobody reaches, or stops, the gateway of the other by it', async () => {
    const [home, copy] = [newFolder(), newFolder()];
    await using box = await startGateway({ home, config: peersConfig('box') });
    const client = await box.connect();
    await client.call('peers.invite', { address: '127.0.0.1' });
    cpSync(home, copy, { recursive: true, filter: (file) => !file.endsWith('.sock') });
    assert.match((await holdfast(copy, ['status'])).err, /No gateway runs in/);
    assert.match((await holdfast(copy, ['down'])).err, /No gateway runs in/);
    const refused = await holdfast(copy, ['up']);
    assert.equal(refused.code, 4);
    assert.match(refused.err, /is a copy of/);
    assert.equal((await holdfast(copy, ['accept-host'])).code, 0);
    await using clone = await startGateway({ home: copy });
    const c = await clone.connect();
    assert.notEqual((await c.call('peers.list', {})).self.fingerprint, readIdentity(home)?.fingerprint);
    // The first one has not noticed anything.
    assert.equal((await client.call('health.check', {})).pid, box.pid);
  });

  it('that was moved goes on by itself; one of another machine says so, and may keep its identity', async () => {
    const home = newFolder();
    const moved = path.join(newFolder(), 'state');
    {
      await using box = await startGateway({ home, config: peersConfig('box') });
      const client = await box.connect();
      await client.call('peers.invite', { address: '127.0.0.1' });
    }
    renameSync(home, moved);
    mkdirSync(home);
    const fingerprint = readIdentity(moved)?.fingerprint;
    const file = path.join(moved, 'host.json');
    {
      await using box = await startGateway({ home: moved });
      assert.match(readFileSync(file, 'utf8'), new RegExp(moved));
      void box;
    }
    const known = JSON.parse(readFileSync(file, 'utf8')) as Host;
    writeFileSync(file, JSON.stringify({ ...known, id: 'another', mac: 'another' }));
    const refused = await holdfast(moved, ['up']);
    assert.equal(refused.code, 4);
    assert.match(refused.err, /was made on another machine/);
    assert.equal((await holdfast(moved, ['accept-host', '--keep-identity'])).code, 0);
    await using box = await startGateway({ home: moved });
    assert.equal(readIdentity(moved)?.fingerprint, fingerprint);
    void box;
  });

  it('of a later Holdfast keeps what that wrote about its machine', async () => {
    const home = newFolder();
    const later = JSON.stringify({ schema: 2, machine: 'in other words' });
    writeFileSync(path.join(home, 'host.json'), later);
    await using box = await startGateway({ home });
    assert.equal(readFileSync(path.join(home, 'host.json'), 'utf8'), later);
    void box;
  });

  it('whose copy runs in spite of all that is found out by its peers: both hear of it', async () => {
    await using desk = await startGateway({ config: peersConfig('desk') });
    await using box = await startGateway({ config: peersConfig('box') });
    const [a, b] = await linkGateways(desk, box);
    const copy = newFolder();
    cpSync(path.join(box.home, 'identity.pem'), path.join(copy, 'identity.pem'));
    const stopped = box.home;
    await box.stop();
    cpSync(path.join(stopped, 'holdfast.db'), path.join(copy, 'holdfast.db'));
    void b;
    await box.start();
    await whenPeer(a, 'box', 'connected');
    const c = await box.connect();
    await using clone = await startGateway({ home: copy, config: peersConfig('clone') });
    const told = await waitFor('the first one to hear of it', async () => {
      const [peer] = (await c.call('peers.list', {})).peers;
      return peer?.reason?.includes('identity of this one') === true ? peer : undefined;
    });
    assert.match(told.reason ?? '', /accept-host/);
    void clone;
  });
});
