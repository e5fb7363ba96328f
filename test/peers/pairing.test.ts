// Two gateways get to know each other by a code, and stay linked over what happens to them.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Peer } from '../../gateway/protocol/index.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { peerOf, peersConfig } from '../support/peers.ts';
import { waitFor } from '../support/waitFor.ts';

describe('two gateways', () => {
  const started: TestGateway[] = [];
  after(async () => {
    for (const gateway of started) await gateway[Symbol.asyncDispose]();
  });
  const start = async (name: string): Promise<TestGateway> => {
    const gateway = await startGateway({ config: peersConfig(name) });
    started.push(gateway);
    return gateway;
  };

  it('are linked by a code, know each other by their keys, and see how the other is', async () => {
    const [desk, box] = [await start('desk'), await start('box')];
    const [a, b] = [await desk.connect(), await box.connect()];
    assert.deepEqual((await a.call('peers.list', {})).self, {
      name: 'desk',
      fingerprint: null,
      listening: null,
    });
    const { code, expiresAt } = await a.call('peers.invite', { address: '127.0.0.1' });
    const left = Date.parse(expiresAt) - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, 'ten minutes');
    const joined = await b.call('peers.join', { code });
    assert.equal(joined.name, 'desk');
    const { self } = await a.call('peers.list', {});
    assert.equal(joined.fingerprint, self.fingerprint);
    const seen = await waitFor('the link on both sides', async () => {
      const peer = await peerOf(a, 'box');
      return peer?.state === 'connected' && peer.rttMs !== null ? peer : undefined;
    });

    assert.deepEqual(pick(seen), { name: 'box', transport: 'tls', state: 'connected', reason: null });
    assert.equal((await peerOf(b, 'desk'))?.state, 'connected');
  });
});

const pick = ({ name, transport, state, reason }: Peer) => ({ name, transport, state, reason });
