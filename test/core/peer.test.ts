// The life of a link as tables: what happens, when, and what is decided.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  advancePeer,
  peerAtStart,
  peerDueAt,
  peerTimes,
  type PeerEffect,
  type PeerLink,
  type PeerStatus,
  type PeerStep,
  type PeerWorld,
} from '../../gateway/core/peer.ts';

const times = peerTimes();
const ours: PeerLink = { id: 1, dialledByUs: true, instanceId: 'one' };
const theirs: PeerLink = { id: 2, dialledByUs: false, instanceId: 'one' };
const base: PeerWorld = { times, at: 0, chance: 1, canDial: true, isLower: true };

/** A peer that steps are given to, at their times in seconds. */
class Subject {
  status: PeerStatus;
  effects: string[] = [];
  readonly #world: PeerWorld;

  constructor(world: Partial<PeerWorld> = {}) {
    this.#world = { ...base, ...world };
    this.status = peerAtStart(this.#world);
  }

  /** Answers what was decided: effects, then the state. */
  at(seconds: number, step: PeerStep, world: Partial<PeerWorld> = {}): string {
    const decision = advancePeer(this.status, step, { ...this.#world, at: seconds * 1000, ...world });
    if (decision === undefined) return `- ${this.status.kind}`;
    this.status = decision.status;
    return [...decision.effects.map(nameOf), decision.status.kind].join(' ');
  }

  tick(seconds: number): string {
    return this.at(seconds, { step: 'tick' });
  }

  link(seconds: number, link: PeerLink, world: Partial<PeerWorld> = {}): string {
    return this.at(seconds, { step: 'linked', link }, world);
  }

  lose(seconds: number, id: number, final = false): string {
    return this.at(seconds, { step: 'lost', id, reason: 'cut', final });
  }

  get dueAt(): number | null {
    const due = peerDueAt(this.status, times);
    return due === null ? null : due / 1000;
  }
}

const nameOf = (effect: PeerEffect): string => {
  switch (effect.effect) {
    case 'use':
      return `use:${effect.link.id}`;
    case 'close':
      return `close:${effect.id}:${effect.code}`;
    default:
      return effect.effect;
  }
};

describe('heartbeats', () => {
  it('go out every 30 s; silence is stale after 35 s and dead after 90 s', () => {
    const peer = new Subject();
    assert.equal(peer.link(0, ours), 'use:1 beat connected');
    assert.equal(peer.dueAt, 30);
    assert.equal(peer.tick(29), '- connected');
    assert.equal(peer.tick(30), 'beat connected');
    assert.equal(peer.dueAt, 35);
    assert.equal(peer.tick(35), 'stale');
    assert.equal(peer.tick(60), 'beat stale');
    assert.equal(peer.tick(89), '- stale');
    assert.equal(peer.dueAt, 90);
    assert.equal(peer.tick(90), 'close:1:dead disconnected');
    assert.deepEqual(
      { reason: reasonOf(peer), dueAt: peer.dueAt },
      { reason: 'Nothing was heard from it for 90 s.', dueAt: 95 },
    );
  });

  it('any traffic is a sign of life, and ends being stale', () => {
    const peer = new Subject();
    peer.link(0, ours);
    assert.equal(peer.at(20, { step: 'heard', id: 1 }), 'connected');
    assert.equal(peer.tick(50), 'beat connected');
    assert.equal(peer.tick(55), 'stale');
    assert.equal(peer.at(56, { step: 'heard', id: 1 }), 'connected');
    assert.equal(peer.tick(80), 'beat connected');
    assert.equal(peer.tick(145.9), 'beat stale');
    assert.equal(peer.tick(146), 'close:1:dead disconnected');
  });

  it('what is heard on a link that was replaced is no sign of life', () => {
    const peer = new Subject();
    peer.link(0, ours);
    assert.equal(peer.at(1, { step: 'heard', id: 99 }), '- connected');
  });
});

describe('dialling again', () => {
  it('waits 5, 10, 20, 40, 60, 60 s with the whole of chance', () => {
    const peer = new Subject();
    let now = 0;
    const waits = [5, 10, 20, 40, 60, 60].map(() => {
      assert.equal(peer.tick(now), 'dial connecting');
      assert.equal(peer.at(now, { step: 'failed', reason: 'refused' }), 'disconnected');
      const due = peer.dueAt ?? 0;
      const wait = due - now;
      now = due;
      return wait;
    });
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60]);
  });

  for (const [chance, wait] of [
    [0, 1],
    [0.5, 20],
    [0.999, 39.96],
  ] as const) {
    it(`waits ${wait} s of 40 when chance says ${chance}`, () => {
      const peer = new Subject({ chance });
      for (let n = 0; n < 4; n += 1) {
        peer.at(0, { step: 'dial' }, { chance });
        // A person's dial begins anew: the count comes from the machine's own.
        peer.status = { kind: 'connecting', attempt: n, flaps: 0, reason: null };
        peer.at(0, { step: 'failed', reason: 'refused' });
      }
      assert.equal(peer.dueAt, wait);
    });
  }

  it('a link that lived a minute makes the next wait short; one that did not lets it grow', () => {
    const peer = new Subject();
    peer.link(0, ours);
    peer.lose(59, 1);
    assert.equal(peer.dueAt, 64);
    peer.link(64, ours);
    peer.lose(70, 1);
    assert.equal(peer.dueAt, 80);
    peer.link(80, ours);
    peer.lose(140, 1);
    assert.equal(peer.dueAt, 145);
  });

  it('a peer whose address is not known is waited for', () => {
    const peer = new Subject({ canDial: false });
    assert.equal(peer.dueAt, null);
    assert.equal(peer.tick(0), '- disconnected');
    assert.equal(peer.at(0, { step: 'dial' }), '- disconnected');
    assert.equal(peer.link(5, theirs), 'use:2 beat connected');
    assert.equal(peer.lose(6, 2), 'disconnected');
    assert.equal(peer.dueAt, null);
  });

  it('a peer that has removed us is dialled again only when a person asks', () => {
    const peer = new Subject();
    peer.link(0, ours);
    assert.equal(peer.lose(10, 1, true), 'disconnected');
    assert.equal(peer.dueAt, null);
    assert.equal(peer.tick(1e6), '- disconnected');
    assert.equal(peer.at(1e6, { step: 'dial' }), 'dial connecting');
  });

  it('flapping is noted once, until a link has been good again', () => {
    const peer = new Subject();
    const noted: string[] = [];
    for (let n = 0; n < 10; n += 1) {
      peer.link(n, ours);
      noted.push(peer.lose(n + 0.5, 1));
    }
    assert.equal(noted.filter((text) => text.startsWith('flapping')).length, 1);
    assert.equal(noted[2], 'flapping disconnected');
    peer.link(100, ours);
    assert.equal(peer.lose(200, 1), 'disconnected');
    for (let n = 0; n < 2; n += 1) {
      peer.link(300 + n, ours);
      peer.lose(300 + n, 1);
    }
    peer.link(303, ours);
    assert.equal(peer.lose(303, 1), 'flapping disconnected');
  });
});

describe('two links of one peer', () => {
  const table: readonly (readonly [string, PeerLink, PeerLink, number, boolean, string])[] = [
    ['both dialled, ours is kept by the lower id', ours, theirs, 1, true, 'close:2:replaced connected'],
    [
      'both dialled, theirs is kept by the higher',
      ours,
      theirs,
      1,
      false,
      'close:1:replaced use:2 beat connected',
    ],
    ['the same, the other came first', theirs, ours, 1, true, 'close:2:replaced use:1 beat connected'],
    ['the same, seen from the higher', theirs, ours, 1, false, 'close:1:replaced connected'],
    ['later, the newer wins', ours, theirs, 30, true, 'close:1:replaced use:2 beat connected'],
    [
      'it was started anew meanwhile: the newer wins at once',
      ours,
      { ...theirs, instanceId: 'two' },
      1,
      true,
      'close:1:replaced use:2 beat connected',
    ],
    [
      'it dialled twice: the newer wins',
      theirs,
      { ...theirs, id: 3 },
      1,
      true,
      'close:2:replaced use:3 beat connected',
    ],
  ];
  for (const [name, first, second, at, isLower, expected] of table) {
    it(name, () => {
      const peer = new Subject({ isLower });
      peer.link(0, first);
      assert.equal(peer.link(at, second), expected);
    });
  }

  it('the end of the link that was replaced changes nothing', () => {
    const peer = new Subject();
    peer.link(0, ours);
    peer.link(30, theirs);
    assert.equal(peer.lose(31, 1), '- connected');
    assert.equal(peer.at(31, { step: 'failed', reason: 'late' }), '- connected');
  });
});

describe('sleep', () => {
  it('on waking the other side is asked at once, and has 5 s', () => {
    const peer = new Subject();
    peer.link(0, ours);
    assert.equal(peer.at(8 * 3600, { step: 'woke' }), 'beat connected');
    assert.equal(peer.tick(8 * 3600), '- connected');
    assert.equal(peer.dueAt, 8 * 3600 + 5);
    assert.equal(peer.at(8 * 3600 + 4, { step: 'heard', id: 1 }), 'connected');
    assert.equal(peer.tick(8 * 3600 + 5), '- connected');
  });

  it('what was heard before is no answer, and says nothing new', () => {
    const peer = new Subject();
    peer.link(0, ours);
    peer.at(20, { step: 'heard', id: 1 });
    peer.at(200, { step: 'woke' });
    assert.equal(peer.at(20, { step: 'heard', id: 1 }), '- connected');
    assert.equal(peer.at(21, { step: 'heard', id: 1 }), 'connected');
    assert.equal(peer.tick(200), '- connected');
    assert.equal(peer.tick(205), 'close:1:dead disconnected');
  });

  it('without an answer the link is given up, and dialled anew soon', () => {
    const peer = new Subject();
    peer.link(0, ours);
    peer.at(100, { step: 'woke' });
    assert.equal(peer.tick(105), 'close:1:dead disconnected');
    assert.equal(peer.dueAt, 110);
  });

  it('a wait that had grown is begun anew', () => {
    const peer = new Subject({ chance: 0.5 });
    peer.status = { kind: 'disconnected', attempt: 9, flaps: 0, reason: 'away', dialAt: 40_000 };
    assert.equal(peer.at(10, { step: 'woke' }), 'disconnected');
    assert.equal(peer.dueAt, 10.5);
  });
});

const reasonOf = ({ status }: Subject): string | null =>
  status.kind === 'disconnected' ? status.reason : null;
