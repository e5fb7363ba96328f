// What a row says of a machine and of a session on it: what is known, and since when.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Peer, PeerPolicy } from '../../gateway/protocol/index.ts';
import { machineGroup, machineRow } from '../../extension/machines/machineRows.ts';
import { arrange } from '../../extension/sessionGroups.ts';
import { session } from './sessions.ts';

const NOW = Date.parse('2026-11-21T14:05:00');
const at = (time: string): string => new Date(`2026-11-21T${time}`).toISOString();

const machine = (change: Partial<Peer>): Peer => ({
  ...Peer.parse({
    name: 'workstation',
    fingerprint: 'ab'.repeat(32),
    transport: 'tls',
    address: null,
    state: 'connected',
    since: at('13:00:00'),
    reason: null,
    lastHeartbeatAt: at('14:03:20'),
    rttMs: 12.4,
    policy: PeerPolicy.parse({}),
    allows: null,
    sessions: [],
  }),
  ...change,
});

describe('a machine', () => {
  const told = (change: Partial<Peer>): string => {
    const { icon, description, warns } = machineRow(machine(change), NOW);
    return `${icon} ${description}${warns ? ' !' : ''}`;
  };

  it('says how it stands, and since when', () => {
    assert.equal(told({}), 'vm-active Connected · 12 ms');
    assert.equal(told({ rttMs: 0.2 }), 'vm-active Connected · 1 ms');
    assert.equal(told({ rttMs: null }), 'vm-active Connected');
    assert.equal(told({ state: 'connecting' }), 'vm-pending Connecting');
    assert.equal(told({ state: 'stale' }), 'vm-outline Stale · heard 1m 40s ago !');
    assert.equal(
      told({ state: 'disconnected', since: at('14:02:00') }),
      'debug-disconnect Offline since 14:02',
    );
  });

  it('is in a group of its own, and without one there is no group', () => {
    assert.deepEqual(machineGroup([], NOW), []);
    const [group] = machineGroup([machine({})], NOW);
    assert.deepEqual([group?.label, group?.description, group?.children.length], ['Machines', '1', 1]);
  });
});

describe('a session of a machine', () => {
  const far = session('far', { peer: 'workstation', status: 'busy', path: '/code/here' });
  const near = session('near', { status: 'idle', path: '/code/here' });
  const rows = (of: Peer, only?: string) =>
    arrange([far, near], {
      folders: ['/code/here'],
      now: NOW,
      since: () => NOW - 240_000,
      machineOf: ({ peer }) => (peer === undefined ? undefined : of),
      ...(only === undefined ? {} : { only: of.name }),
    }).flatMap(({ children }) =>
      children.map((row) => (row.kind === 'session' ? [row.id, row.description, row.isOld] : [row.kind])),
    );

  it('names it, and stands among the others', () => {
    assert.deepEqual(rows(machine({}))[0], ['far', 'workstation · 4m', false]);
  });

  it('is as it was last heard of while its machine is not heard from: no time counts on', () => {
    assert.deepEqual(rows(machine({ state: 'stale' }))[0], ['far', 'workstation · as of 14:03', true]);
  });

  it('is shown alone on demand', () => {
    assert.deepEqual(
      rows(machine({}), 'workstation').map(([id]) => id),
      ['far'],
    );
  });
});
