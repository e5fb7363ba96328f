// Gateways on machines of their own: the cable is cut and mended, gets slow and lossy, machines sleep and clocks jump.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { holdfast } from '../cli/holdfast.ts';
import type { TestClient } from '../support/client.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { openNetwork, type Network } from '../support/network.ts';
import { auditOf, peerOf, whenPeer } from '../support/peers.ts';
import { waitFor } from '../support/waitFor.ts';

/** Only loopback is shared with others who test. */
const discoveryPort = 20_000 + (process.pid % 20_000);
/** Silent for 3 s is stale, for 6 s is dead. */
const HEARTBEAT_S = 2;
const MACHINES = ['desk', 'box', 'crate'] as const;
type Machine = (typeof MACHINES)[number];

describe('gateways on machines of their own', () => {
  let network: Network;
  const gateways = new Map<Machine, TestGateway>();
  const clients = new Map<Machine, TestClient>();
  /** Milliseconds by which the wall clock of box is wrong. */
  const clock = path.join(newFolder(), 'clock');

  const at = (machine: Machine): TestClient => {
    const client = clients.get(machine);
    assert.ok(client !== undefined);
    return client;
  };
  const gateway = (machine: Machine): TestGateway => {
    const found = gateways.get(machine);
    assert.ok(found !== undefined);
    return found;
  };
  /** `second` joins `first`, over the network. */
  const link = async (first: Machine, second: Machine): Promise<void> => {
    await at(first).call('peers.invite', {});
    const { listening } = (await at(first).call('peers.list', {})).self;
    const address = await network.address(first, listening ?? 0);
    const { code } = await at(first).call('peers.invite', { address });
    const joined = await at(second).call('peers.join', { code });
    assert.equal(joined.state, 'connected');
  };
  /** What desk and box have written of each other's coming and going since. */
  const comings = (machine: Machine, from = 0): string[] =>
    auditOf(gateway(machine))
      .slice(from)
      .map(({ audit }) => audit)
      .filter((audit) => /^peer\.(?:connected|stale|disconnected)$/.test(audit));

  const forgetAll = async (): Promise<void> => {
    for (const machine of MACHINES)
      for (const { name } of (await at(machine).call('peers.list', {})).peers)
        await at(machine).call('peers.remove', { name });
  };

  before(async () => {
    network = await openNetwork(MACHINES);
    writeFileSync(clock, '0');
    const shifted = `--import ${path.join(import.meta.dirname, '..', 'support', 'wrongClock.ts')}`;
    for (const machine of MACHINES) {
      const made = await startGateway({
        under: network.under(machine),
        config: {
          peers: {
            name: machine,
            heartbeatSeconds: HEARTBEAT_S,
            announce: machine === 'desk',
            discoveryPort,
            ...(network.kind.startsWith('loop') ? { host: '127.0.0.1' } : {}),
          },
        },
        env: machine === 'box' ? { NODE_OPTIONS: shifted, WRONG_CLOCK: clock } : {},
      });
      gateways.set(machine, made);
      clients.set(machine, await made.connect());
    }
    await link('desk', 'box');
    await link('desk', 'crate');
  });
  after(async () => {
    for (const made of gateways.values()) await made[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
  });

  it('see each other', async (t) => {
    t.diagnostic(`over ${network.kind}`);
    for (const name of ['box', 'crate']) await whenPeer(at('desk'), name, 'connected');
  });

  it('know how far away the other is, and stay linked over a bad line', async (t) => {
    await network.weather({ delayMs: 30, jitterMs: 30, loss: 0.05 });
    t.diagnostic(`over ${network.kind}`);
    const lines = auditOf(gateway('box')).length;
    await waitFor(
      'a round trip that tells of it',
      async () => ((await peerOf(at('box'), 'desk'))?.rttMs ?? 0) >= 60,
    );
    await at('desk').call('peers.policy', { name: 'box', prompt: true, answer: true });
    const session = await at('box').call('session.create', {
      path: gateway('desk').home,
      agent: 'demo',
      peer: 'desk',
    });
    assert.ok(session.sessionId);
    assert.deepEqual(comings('box', lines), []);
    await network.weather({});
  });

  it('notice a cable that was pulled, on both ends, and link again when it is back', async () => {
    const begun = performance.now();
    await network.cut('desk');
    for (const [machine, name] of [
      ['desk', 'box'],
      ['box', 'desk'],
    ] as const) {
      await whenPeer(at(machine), name, 'stale');
    }
    for (const [machine, name] of [
      ['desk', 'box'],
      ['box', 'desk'],
    ] as const) {
      const { reason } = await whenPeer(at(machine), name, 'disconnected');
      assert.match(reason ?? '', /Nothing was heard from it for \d s/);
    }
    const took = performance.now() - begun;
    // Three heartbeats after it was last heard, which may be one before the cut.
    assert.ok(took > HEARTBEAT_S * 1_500 && took < HEARTBEAT_S * 8_000, `${took} ms`);
    await network.mend('desk');
    for (const name of ['box', 'crate']) await whenPeer(at('desk'), name, 'connected');
    await whenPeer(at('box'), 'desk', 'connected');
  });

  it('that slept a little go on with the link they had', async () => {
    const lines = auditOf(gateway('box')).length;
    const { pid } = gateway('box');
    process.kill(pid, 'SIGSTOP');
    await whenPeer(at('desk'), 'box', 'stale');
    // As long as another heartbeat: the timer of box is late when it wakes.
    await waitFor(
      'box to sleep long enough',
      async () =>
        Date.now() - Date.parse((await peerOf(at('desk'), 'box'))?.lastHeartbeatAt ?? '') >
        HEARTBEAT_S * 2_000,
    );
    process.kill(pid, 'SIGCONT');
    await whenPeer(at('desk'), 'box', 'connected');
    await whenPeer(at('box'), 'desk', 'connected');
    assert.deepEqual(
      comings('box', lines).filter((audit) => audit === 'peer.disconnected'),
      [],
    );
  });

  it('that slept long are linked again soon after they wake', async () => {
    const { pid } = gateway('box');
    process.kill(pid, 'SIGSTOP');
    await whenPeer(at('desk'), 'box', 'disconnected');
    process.kill(pid, 'SIGCONT');
    const woke = performance.now();
    await whenPeer(at('desk'), 'box', 'connected');
    assert.ok(performance.now() - woke < 15_000);
  });

  it('do not mind clocks that jump ten years', async () => {
    const YEARS = 10 * 365 * 86_400_000;
    for (const shift of [YEARS, -YEARS, 0]) {
      const lines = auditOf(gateway('box')).length;
      writeFileSync(clock, String(shift));
      const heard = (await peerOf(at('desk'), 'box'))?.lastHeartbeatAt ?? '';
      // Two more heartbeats, both ways.
      await waitFor(
        'heartbeats',
        async () =>
          Date.parse((await peerOf(at('desk'), 'box'))?.lastHeartbeatAt ?? '') - Date.parse(heard) >
          HEARTBEAT_S * 1_000,
      );
      assert.deepEqual(comings('box', lines), [], `${shift}`);
      const desk = await peerOf(at('box'), 'desk');
      assert.equal(desk?.state, 'connected');
      const shown = Date.parse(desk.lastHeartbeatAt ?? '') - shift;
      assert.ok(Math.abs(shown - Date.now()) < 60_000, 'only what is shown has changed');
    }
  });

  it('settle on one link when both dial at once', async () => {
    // desk is told where box listens, so both can dial.
    await link('box', 'desk');
    for (let round = 0; round < 2; round += 1) {
      const restarted = [gateway('desk'), gateway('box')].map((one) => one.restart());
      await Promise.all(restarted);
      clients.set('desk', await gateway('desk').connect());
      clients.set('box', await gateway('box').connect());
      await whenPeer(at('desk'), 'box', 'connected');
      await whenPeer(at('box'), 'desk', 'connected');
    }
    assert.deepEqual(auditOf(gateway('desk'), 'peer.flapping'), []);
  });

  it('find on the network who wants to be found, which grants nothing; a code does, wherever it was made', async () => {
    await forgetAll();
    const desk = (await at('desk').call('peers.list', {})).self;
    assert.equal(desk.announces, true);
    const isSix = (address: string): boolean => address.startsWith('[');
    const hasSix = network.address6('desk', 1) !== undefined;
    const seen = await waitFor('desk to be found', async () => {
      const { found } = await at('box').call('peers.discover', { seconds: 0.3 });
      const [first] = found;
      return first?.addresses.some(isSix) === hasSix && found;
    });
    assert.deepEqual(
      seen.map(({ name, port, fingerprint, peer }) => ({ name, port, fingerprint, peer })),
      [{ name: 'desk', port: desk.listening, fingerprint: desk.fingerprint?.slice(0, 16), peer: null }],
    );
    const { out } = await holdfast(gateway('box').home, ['peers', 'discover', '--seconds', '0.3']);
    assert.match(out, new RegExp(`desk .*:${desk.listening} .*${seen[0]?.fingerprint} .*not linked`));
    assert.deepEqual((await at('box').call('peers.list', {})).peers, []);
    assert.deepEqual((await at('desk').call('peers.list', {})).peers, []);
    // Says nothing useful about where desk is; what was heard on the network does.
    const { code } = await at('desk').call('peers.invite', { address: '192.0.2.99:9' });
    const fingerprint = seen[0]?.fingerprint ?? '';
    await assert.rejects(at('box').call('peers.join', { code, fingerprint: 'f'.repeat(16) }), {
      problem: 'peer.code',
    });
    const joined = await at('box').call('peers.join', { code, fingerprint });
    assert.equal(joined.state, 'connected');
    assert.equal((await at('box').call('peers.discover', { seconds: 0.3 })).found[0]?.peer, 'desk');
  });

  it('are linked over IPv6 as well', async (t) => {
    await forgetAll();
    const { listening } = (await at('desk').call('peers.list', {})).self;
    const address = network.address6('desk', listening ?? 0);
    if (address === undefined) t.diagnostic('no IPv6 here');
    else {
      const { code } = await at('desk').call('peers.invite', { address });
      const joined = await at('crate').call('peers.join', { code });
      assert.deepEqual([joined.address, joined.state], [address, 'connected']);
    }
  });
});
