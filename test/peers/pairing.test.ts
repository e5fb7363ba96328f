// Two gateways get to know each other by a code, and stay linked over what happens to them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCode } from '../../gateway/peers/code.ts';
import { holdfast, holdfastJson, Running } from '../cli/holdfast.ts';
import type { TestClient } from '../support/client.ts';
import { MAIN, startGateway, type TestGateway } from '../support/gateway.ts';
import { auditOf, peerOf, peersConfig, whenPeer } from '../support/peers.ts';
import { newFolder } from '../support/folders.ts';
import { need } from '../support/programs.ts';
import { waitFor } from '../support/waitFor.ts';

const POLICY = { see: true, mail: 'accept', prompt: false, interrupt: false, answer: false };

describe('two gateways', () => {
  let desk: TestGateway;
  let box: TestGateway;
  let a: TestClient;
  let b: TestClient;
  let code = '';
  before(async () => {
    [desk, box] = (await Promise.all(
      ['desk', 'box'].map((name) => startGateway({ config: peersConfig(name) })),
    )) as [TestGateway, TestGateway];
    [a, b] = [await desk.connect(), await box.connect()];
  });
  after(async () => {
    await desk[Symbol.asyncDispose]();
    await box[Symbol.asyncDispose]();
  });

  it('have no key and no open port as long as nobody wants peers', async () => {
    assert.deepEqual(await a.call('peers.list', {}), {
      peers: [],
      self: { name: 'desk', fingerprint: null, listening: null, announces: false },
    });
    assert.equal(existsSync(path.join(desk.home, 'identity.pem')), false);
  });

  it('are linked by a code, and hold each other by the key', async () => {
    const invited = await a.call('peers.invite', { address: '127.0.0.1' });
    code = invited.code;
    const left = Date.parse(invited.expiresAt) - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, 'ten minutes');
    const joined = await b.call('peers.join', { code, policy: { prompt: true } });
    assert.deepEqual(
      [joined.name, joined.state, joined.address],
      ['desk', 'connected', invited.addresses[0]],
    );
    const { self } = await a.call('peers.list', {});
    assert.equal(joined.fingerprint, self.fingerprint);
    const seen = await waitFor('the round trip', async () => {
      const peer = await peerOf(a, 'box');
      return peer?.rttMs === null ? undefined : peer;
    });
    assert.deepEqual(
      [seen.state, seen.transport, seen.address, seen.reason],
      ['connected', 'tls', null, null],
    );
    assert.equal(seen.fingerprint, (await b.call('peers.list', {})).self.fingerprint);
    assert.ok(Math.abs(Date.parse(seen.lastHeartbeatAt ?? '') - Date.now()) < 5_000);
    assert.deepEqual([seen.policy, joined.policy], [POLICY, { ...POLICY, prompt: true }]);
  });

  it('keep the key where only its owner can read it', () => {
    assert.equal(statSync(path.join(desk.home, 'identity.pem')).mode & 0o777, 0o600);
    assert.doesNotMatch(readFileSync(path.join(desk.home, 'gateway.log'), 'utf8'), /hf1\./);
  });

  it('take no code twice, none that was changed, and not their own', async () => {
    const stranger = await startGateway({ config: peersConfig('stranger') });
    await using _ = stranger;
    const c = await stranger.connect();
    await assert.rejects(c.call('peers.join', { code }), { problem: 'peer.code' });
    const changed = code.slice(0, 20) + (code[20] === 'A' ? 'B' : 'A') + code.slice(21);
    await assert.rejects(c.call('peers.join', { code: changed }), { problem: 'peer.code' });
    const own = await c.call('peers.invite', { address: '127.0.0.1' });
    await assert.rejects(c.call('peers.join', { code: own.code }), { problem: 'peer.exists' });
    assert.deepEqual(
      (await a.call('peers.list', {})).peers.map(({ name }) => name),
      ['box'],
    );
  });

  it('change only what is named of a policy', async () => {
    assert.deepEqual(await a.call('peers.policy', { name: 'box', interrupt: true }), {
      ...POLICY,
      interrupt: true,
    });
    assert.deepEqual(await a.call('peers.policy', { name: 'box', see: false }), {
      ...POLICY,
      interrupt: true,
      see: false,
    });
    assert.deepEqual(await a.call('peers.policy', { name: 'box' }), {
      ...POLICY,
      interrupt: true,
      see: false,
    });
    await assert.rejects(a.call('peers.policy', { name: 'nobody' }), { problem: 'peer.unknown' });
  });

  it('are called otherwise without losing the link', async () => {
    await a.call('peers.rename', { name: 'box', newName: 'crate' });
    assert.equal((await peerOf(a, 'crate'))?.state, 'connected');
    await a.call('peers.rename', { name: 'crate', newName: 'box' });
  });

  it('find each other again after either was started anew', async () => {
    await desk.restart();
    a = await desk.connect();
    await whenPeer(a, 'box', 'connected');
    await box.kill9();
    const offline = await whenPeer(a, 'box', 'disconnected');
    assert.match(offline.reason ?? '', /ended|cut/);
    assert.ok(offline.lastHeartbeatAt !== null);
    await box.start();
    b = await box.connect();
    await whenPeer(a, 'box', 'connected');
    await whenPeer(b, 'desk', 'connected');
  });

  it('learn a new key over the link, and the one before is worth nothing', async () => {
    const before = (await b.call('peers.list', {})).self.fingerprint;
    const { fingerprint, told, untold } = await b.call('peers.rotate', {});
    assert.deepEqual([told, untold], [['desk'], []]);
    assert.notEqual(fingerprint, before);
    const seen = await waitFor('the link with the new key', async () => {
      const peer = await peerOf(a, 'box');
      return peer?.state === 'connected' && peer.fingerprint === fingerprint ? peer : undefined;
    });
    assert.equal(seen.name, 'box');
    await whenPeer(b, 'desk', 'connected');
  });

  it('are cut at once when one is removed, and the other knows why and dials no more', async () => {
    const begun = performance.now();
    await a.call('peers.remove', { name: 'box' });
    const seen = await whenPeer(b, 'desk', 'disconnected');
    // Silence alone would be noticed after nine seconds.
    assert.ok(performance.now() - begun < 5_000, 'it was told');
    assert.equal(seen.reason, 'It has removed this gateway.');
    assert.deepEqual((await a.call('peers.list', {})).peers, []);
    const refused = auditOf(desk, 'peer.refused').length;
    await b.call('peers.reconnect', { name: 'desk' });
    await waitFor('the refusal', () => auditOf(desk, 'peer.refused').length === refused + 1);
    const after = await waitFor('the reason', async () => {
      const peer = await peerOf(b, 'desk');
      return peer?.state === 'disconnected' && peer.reason !== seen.reason ? peer : undefined;
    });
    assert.match(after.reason ?? '', /may have removed this gateway/);
  });

  it('know after a restart as well who has removed them, and dial only when asked or linked anew', async () => {
    await box.restart();
    b = await box.connect();
    const { state, reason } = (await peerOf(b, 'desk')) ?? {};
    assert.deepEqual([state, reason], ['disconnected', 'It has removed this gateway.']);
    const { code } = await a.call('peers.invite', { address: '127.0.0.1' });
    await b.call('peers.join', { code });
    await whenPeer(b, 'desk', 'connected');
    await box.restart();
    b = await box.connect();
    await whenPeer(b, 'desk', 'connected');
  });
});

describe('peers on the command line', () => {
  it('a code goes through a pipe, never through an argument', async () => {
    const [one, two] = [newFolder(), newFolder()];
    await using desk = await startGateway({ home: one, config: peersConfig('desk') });
    await using box = await startGateway({ home: two, config: peersConfig('box') });
    const said = await holdfast(one, ['peers', 'list']);
    assert.match(said.out, /This gateway is desk; no port is open for peers\.\nNo peers\./);
    const invited = await holdfast(one, ['peers', 'invite', '--address', '127.0.0.1', '--interrupt']);
    assert.match(invited.out, /^hf1\.[\w-]+\n$/);
    assert.match(invited.err, /works once/);
    const refused = await holdfast(two, ['peers', 'join', invited.out.trim()]);
    assert.deepEqual([refused.code, refused.out], [2, '']);
    assert.match(refused.err, /A code is a secret/);
    const joined = await holdfast(two, ['peers', 'join', '--name', 'work'], { input: invited.out });
    assert.match(joined.out, /^Linked with work: connected/);
    const list = await holdfast(one, ['peers', 'list']);
    assert.match(list.out, /box +see interrupt mail +see mail +0 +dials us +connected/);
    const file = path.join(newFolder(), 'code');
    await holdfastJson(one, ['peers', 'invite', '--file', file]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(typeof readCode(readFileSync(file, 'utf8')), 'object');
    const taken = await holdfast(one, ['peers', 'invite', '--file', file]);
    assert.deepEqual([taken.code, taken.err], [2, `${file} is there already. Name a file that is not.\n`]);
    await (await box.connect()).newSession();
    const here = await desk.connect();
    await waitFor('its session', async () => (await here.call('session.list', {})).sessions.length === 1);
    const doctor = await holdfast(one, ['doctor']);
    assert.equal(doctor.code, 0, doctor.out);
    assert.match(doctor.out, /Database +reads \(0 sessions\)[^]*Peer box +connected/);
  });

  it('the first invitation starts the gateway; its QR code is drawn where the terminal is wide enough for it', async (t) => {
    need('python3');
    const home = newFolder();
    writeFileSync(path.join(home, 'config.json'), JSON.stringify(peersConfig('desk')));
    t.after(() => holdfast(home, ['down']));
    for (const [columns, isDrawn] of [
      [40, false],
      [120, true],
    ] as const) {
      const inTerminal = `stty cols ${columns}; '${process.execPath}' '${MAIN}' peers invite --address 127.0.0.1`;
      const spawn = ['-c', 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)', 'sh', '-c', inTerminal];
      await using invite = new Running('python3', spawn, home);
      const { code, out } = await invite.over();
      assert.equal(code, 0, out);
      assert.match(out, /hf1\.[\w-]+\r\n/);
      assert.equal(out.includes('█▀▀▀▀▀▀▀'), isDrawn, out);
    }
  });
});
