// Time around peers: invitations that end whatever the wall clock says, and an alarm that notices a sleep.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { Alarm } from '../../gateway/live/alarm.ts';
import { Audit } from '../../gateway/live/audit.ts';
import type { Clock } from '../../gateway/live/clock.ts';
import { Invitations } from '../../gateway/live/invitations.ts';
import { makeIdentity } from '../../gateway/peers/certificate.ts';
import { PeerPolicy } from '../../gateway/protocol/index.ts';
import { Store } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';

/** Two clocks that a test moves: the one of timers, and the one on the wall. */
class TestClock implements Clock {
  #ticks = 0;
  #wall = Date.parse('2026-11-21T12:00:00Z');
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now(): string {
    return new Date(this.#wall).toISOString();
  }
  later(seconds: number): string {
    return new Date(this.#wall + seconds * 1000).toISOString();
  }
  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#ticks + ms, callback };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((one) => one !== timer));
  }
  newId(): string {
    return 'id';
  }
  ticks(): number {
    return this.#ticks;
  }
  chance(): number {
    return 0.5;
  }

  /** Time passes: on the wall, and for timers unless the machine sleeps. */
  pass(seconds: number, sleeps: 'awake' | 'timers stand still' = 'awake'): void {
    this.#wall += seconds * 1000;
    if (sleeps === 'awake') this.#ticks += seconds * 1000;
    const due = this.#timers.filter(({ at }) => at <= this.#ticks);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }
  setWall(seconds: number): void {
    this.#wall += seconds * 1000;
  }
}

const YEARS = 10 * 365 * 86_400;

describe('an invitation', () => {
  const setUp = () => {
    const store = Store.open(newFolder());
    const clock = new TestClock();
    const open = (): Invitations =>
      new Invitations({
        store,
        clock,
        audit: new Audit(pino({ level: 'silent' }), clock),
        identity: () => own,
        introduction: () => ({ name: 'desk', addresses: [] }),
        onPaired: () => {},
        nearby: () => Promise.resolve([]),
      });
    const own = makeIdentity();
    return { store, clock, open, invitations: open() };
  };
  const invite = (invitations: Invitations, address = '10.0.0.1') =>
    invitations.invite({ address, form: 'text', policy: PeerPolicy.parse({}) }, 9, []);

  it('ends after ten minutes', async () => {
    const { store, clock, invitations } = setUp();
    using _ = store;
    const { addresses } = await invite(invitations);
    assert.deepEqual(addresses, ['10.0.0.1:9']);
    clock.pass(599);
    assert.equal(invitations.areOpen, true);
    clock.pass(1);
    assert.equal(invitations.areOpen, false);
    assert.deepEqual(store.peers.invitations(), []);
  });

  it('gets no more time when the clock is set back, also over a restart', async () => {
    const { store, clock, invitations, open } = setUp();
    using _ = store;
    await invite(invitations);
    clock.setWall(-YEARS);
    clock.pass(600);
    assert.equal(invitations.areOpen, false);
    clock.setWall(YEARS);
    await invite(invitations);
    clock.setWall(-YEARS);
    const after = open();
    after.recover();
    assert.equal(after.areOpen, false);
  });

  it('goes on after a restart for as long as it had', async () => {
    const { store, clock, invitations, open } = setUp();
    using _ = store;
    await invite(invitations);
    clock.pass(300);
    const after = open();
    after.recover();
    invitations[Symbol.dispose]();
    clock.pass(299);
    assert.equal(after.areOpen, true);
    clock.pass(1);
    assert.equal(after.areOpen, false);
  });

  it('says which addresses cannot be', async () => {
    const { store, invitations } = setUp();
    using _ = store;
    for (const address of ['a b', 'host:0', 'host:99999', 'http://host', '@host', ''])
      await assert.rejects(invite(invitations, address), { problem: 'peer.offline' });
    const { addresses } = await invite(invitations, 'fd00::1');
    assert.deepEqual(addresses, ['[fd00::1]:9']);
  });
});

describe('the alarm', () => {
  const setUp = (due: () => number) => {
    const clock = new TestClock();
    const rings: boolean[] = [];
    const alarm = new Alarm({
      clock,
      firstDue: due,
      atLeastMs: 30_000,
      lateMs: 30_000,
      onRing: (hasSlept) => rings.push(hasSlept),
    });
    return { clock, rings, alarm };
  };

  it('rings for whoever is first, and at least every 30 s', () => {
    const { clock, rings, alarm } = setUp(() => Infinity);
    alarm.by(20_000);
    alarm.by(5_000);
    alarm.by(10_000);
    clock.pass(5);
    assert.deepEqual(rings, [false]);
    clock.pass(29);
    assert.deepEqual(rings, [false]);
    clock.pass(1);
    assert.deepEqual(rings, [false, false]);
    alarm[Symbol.dispose]();
    clock.pass(100);
    assert.equal(rings.length, 2);
  });

  it('rings again for whoever is next, and never after its end', () => {
    let next = 7_000;
    const { clock, rings, alarm } = setUp(() => next);
    alarm.by(5_000);
    clock.pass(5);
    next = Infinity;
    clock.pass(2);
    assert.deepEqual(rings, [false, false]);
    alarm[Symbol.dispose]();
    alarm.by(8_000);
    clock.pass(5);
    assert.equal(rings.length, 2);
  });

  it('knows a sleep by timers that are late', () => {
    const { clock, rings, alarm } = setUp(() => Infinity);
    alarm.by(10_000);
    clock.pass(8 * 3600);
    assert.deepEqual(rings, [true]);
  });

  it('knows it also where timers stand still meanwhile', () => {
    const { clock, rings, alarm } = setUp(() => Infinity);
    alarm.by(10_000);
    clock.pass(8 * 3600, 'timers stand still');
    clock.pass(10);
    assert.deepEqual(rings, [true]);
  });

  it('takes a clock that is set back for no sleep', () => {
    const { clock, rings, alarm } = setUp(() => Infinity);
    alarm.by(10_000);
    clock.setWall(-YEARS);
    clock.pass(10);
    assert.deepEqual(rings, [false]);
  });
});
