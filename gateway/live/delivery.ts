// Mail on its way: each lane for itself, from the outbox into inboxes here, or to the carrier of another gateway.
import { backOffMs, timeAfter } from '../core/mail.ts';
import { messageOf } from '../language.ts';
import type { Handled, MessageId, Receipt, SessionId } from '../protocol/index.ts';
import {
  deliverLane,
  giveUpDamaged,
  isDamaged,
  newDelivered,
  noteReceipt,
  unpark,
  type Delivered,
} from '../store/mailDelivery.ts';
import type { StoredOutgoing } from '../store/outboxRow.ts';
import type { Committed, Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { persist } from './persist.ts';
import type { Readers } from './readers.ts';
import type { Logger } from './surroundings.ts';

/** What has become of a message that came from another gateway, since that gateway was last told. */
export interface ForeignReceipt {
  readonly id: MessageId;
  readonly receipt: Receipt;
}

/**
 * The way to another gateway, for as long as it is linked. A promise that rejects says nothing of what has arrived: all of the
 * batch is sent again.
 */
export interface Carrier {
  /** Messages of one lane in their order; answered one by one, in the same order. The last ones may stay unanswered. */
  deliver(batch: readonly StoredOutgoing[]): Promise<readonly Handled[]>;
  receipts(batch: readonly ForeignReceipt[]): Promise<void>;
}

/** Messages of one lane that go at once. */
const BATCH = 64;
/** Lanes that share a transaction. */
const LANES = 8;
/** How long a lane rests after an error that should not have happened. */
const FAULT_MS = 15_000;

/** What deliveries need of the world. */
export interface DeliveryWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readers: Readers;
  readonly wakeSession: (sessionId: SessionId) => void;
  /** Called when mail that was on its way waits again: it may have expired meanwhile. */
  readonly onBack: () => void;
}

interface Lane {
  readonly name: string;
  peer: string | null;
  /** Ends the back-off that its first message waits for; undefined: it does not wait. */
  pause: (() => void) | undefined;
  /** A batch of it is on its way to a peer: the next one follows when that is answered. */
  isCarried: boolean;
  failures: number;
}

export class Delivery implements AsyncDisposable {
  readonly #world: DeliveryWorld;
  /** By name and peer: after a peer was renamed, another one may have lanes under the old name. */
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<Lane>();
  readonly #carriers = new Map<string, Carrier>();
  /** Sessions that may have time for parked mail. */
  readonly #calm = new Set<SessionId>();
  readonly #working = new Set<Promise<void>>();
  #isScheduled = false;
  /** Peers to which receipts are being sent. */
  readonly #telling = new Set<string>();
  readonly #toTellAgain = new Set<string>();
  #isClosing = false;

  constructor(world: DeliveryWorld) {
    this.#world = world;
  }

  /** Goes on with the mail that was under way when the gateway last ended. */
  async recover(): Promise<void> {
    const { store } = this.#world;
    await store.synced(() => store.outbox.recover());
    for (const { lane, peer } of store.outbox.lanes()) this.wake(lane, peer);
    for (const sessionId of store.inbox.sessionsWithParked()) this.mayHaveTime(sessionId);
  }

  /** There is something new in a lane. */
  wake(lane: string, peer: string | null): void {
    const known = this.#lanes.get(keyOf(lane, peer)) ?? {
      name: lane,
      peer,
      pause: undefined,
      isCarried: false,
      failures: 0,
    };
    this.#lanes.set(keyOf(lane, peer), known);
    // Order is kept: while the first message of a lane waits, so do those behind it.
    if (known.pause !== undefined || known.isCarried) return;
    if (known.peer !== null && !this.#carriers.has(known.peer)) return;
    this.#ready.add(known);
    this.#schedule();
  }

  /** Some mail in a mailbox was read: there may be room for more. */
  roomIn(mailboxKey: number): void {
    for (const lane of this.#lanes.values()) {
      if (lane.pause !== undefined && lane.name.startsWith(`#${mailboxKey} `)) this.#resume(lane);
    }
  }

  /** A peer says that mail there is over: there may be room for more. */
  roomAt(peer: string): void {
    for (const lane of this.#lanes.values()) {
      if (lane.peer !== peer) continue;
      if (lane.pause !== undefined) this.#resume(lane);
      // The answer that is under way may have been given before there was room.
      else if (lane.isCarried) lane.failures = 0;
    }
  }

  /** A peer is linked. The result takes its carrier away again. */
  link(peer: string, carrier: Carrier): () => void {
    this.#carriers.set(peer, carrier);
    for (const lane of this.#lanes.values()) {
      if (lane.peer !== peer) continue;
      lane.failures = 0;
      this.#resume(lane);
    }
    void this.#report(this.#carryReceipts(peer));
    return () => {
      if (this.#carriers.get(peer) === carrier) this.#carriers.delete(peer);
    };
  }

  /** A peer was renamed: what waits for it now waits under the new name. */
  renamePeer(from: string, to: string): void {
    for (const lane of [...this.#lanes.values()]) {
      if (lane.peer !== from) continue;
      this.#forget(lane);
      lane.peer = to;
      this.#lanes.set(keyOf(lane.name, to), lane);
    }
  }

  /** It may be disturbed again, or has nothing to do: what is parked is looked at. */
  mayHaveTime(sessionId: SessionId): void {
    this.#calm.add(sessionId);
    this.#schedule();
  }

  /** Hears of each commit. */
  committed({ sessions, mail }: Committed): void {
    const { store } = this.#world;
    if (store.inbox.hasParked) {
      for (const { sessionId, isGone } of sessions) if (!isGone) this.mayHaveTime(sessionId);
    }
    if (!mail) return;
    for (const peer of this.#carriers.keys()) void this.#report(this.#carryReceipts(peer));
  }

  /** What a delivery led to, told to those who wait for it. */
  announce({ mailboxes, sessions }: Delivered): void {
    for (const mailbox of mailboxes) this.#world.readers.arrived(mailbox);
    for (const sessionId of sessions) this.#world.wakeSession(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const lane of this.#lanes.values()) lane.pause?.();
    await Promise.allSettled(this.#working);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosing) return;
    this.#isScheduled = true;
    setImmediate(() => {
      if (this.#isClosing) return;
      this.#own(
        this.#step().finally(() => {
          this.#isScheduled = false;
          if (this.#ready.size > 0 || this.#calm.size > 0) this.#schedule();
        }),
      );
    });
  }

  /** One transaction for some lanes of this gateway; lanes to others go on by themselves. */
  async #step(): Promise<void> {
    const lanes: Lane[] = [];
    for (const lane of this.#ready) {
      if (lanes.length === LANES) break;
      this.#ready.delete(lane);
      if (lane.peer === null) lanes.push(lane);
      else
        void this.#report(this.#carry(lane, lane.peer).catch((error: unknown) => this.#dropped(lane, error)));
    }
    const calm = [...this.#calm];
    this.#calm.clear();
    if (lanes.length === 0 && calm.length === 0) return;
    try {
      await this.#deliver(lanes, calm);
    } catch (error) {
      this.#world.logger.error({ err: error }, 'mail');
      // One of them cannot be delivered; it must not keep the others waiting.
      for (const lane of lanes) {
        await this.#deliver([lane], []).catch(() => this.#pause(lane, FAULT_MS));
      }
      for (const sessionId of calm) {
        await this.#deliver([], [sessionId]).catch(() => {
          this.#world.clock.after(FAULT_MS, () => this.mayHaveTime(sessionId));
        });
      }
    }
  }

  async #deliver(lanes: readonly Lane[], calm: readonly SessionId[]): Promise<void> {
    const { store, clock } = this.#world;
    const delivered = newDelivered();
    const outcomes = await store.synced(() => {
      const now = clock.now();
      for (const sessionId of calm) {
        const mailbox = store.mailboxes.findBySession(sessionId);
        if (mailbox !== undefined) unpark(store, mailbox, delivered, now);
      }
      return lanes.map((lane) => ({
        lane,
        ...deliverLane(store, lane.name, { limit: BATCH, chance: () => clock.chance() }, delivered, now),
      }));
    });
    for (const { lane, count, waitMs } of outcomes) this.#delivered(lane, count, waitMs);
    this.announce(delivered);
  }

  /** It could not even be marked as being on its way. */
  #dropped(lane: Lane, error: unknown): void {
    lane.isCarried = false;
    this.#pause(lane, FAULT_MS);
    throw error;
  }

  #delivered(lane: Lane, count: number, waitMs: number | undefined): void {
    if (waitMs !== undefined) this.#pause(lane, waitMs);
    else if (count === BATCH) this.#ready.add(lane);
    // It may have been woken while its last message left.
    else if (!this.#ready.has(lane)) this.#forget(lane);
  }

  async #carry(lane: Lane, peer: string): Promise<void> {
    const { store, clock, logger } = this.#world;
    const carrier = this.#carriers.get(peer);
    const isEmpty = this.#next(lane, peer, 1).length === 0;
    if (isEmpty && !this.#ready.has(lane)) this.#forget(lane);
    if (carrier === undefined || isEmpty) return;
    lane.isCarried = true;
    const batch = await this.#takeOut(lane, peer);
    let answers: readonly Handled[] = [];
    let fault = 'the link was cut';
    try {
      answers = await carrier.deliver(batch);
      fault = answers.at(-1)?.reason ?? fault;
      if (answers.some(({ status }) => status !== 'pending')) lane.failures = 0;
    } catch (error) {
      fault = messageOf(error);
      logger.info({ peer, fault }, 'mail could not be handed to a peer');
    }
    // The next start finds it in flight, and tries again.
    if (this.#isClosing) return;
    let isAgain = answers.length < batch.length;
    const wait = backOffMs(lane.failures, clock.chance());
    await persist(this.#world, { peer }, () => {
      const now = clock.now();
      const again = timeAfter(now, wait);
      for (const [index, mail] of batch.entries()) {
        const { status = 'pending', receipts = [], reason = fault } = answers[index] ?? {};
        for (const receipt of receipts) noteReceipt(store, mail, receipt, now);
        if (status === 'pending') {
          isAgain = true;
          store.outbox.retryLater({ ...mail, status: 'inflight' }, again, reason);
        } else store.outbox.settle(mail, status, status === 'dead' ? reason : null);
      }
    });
    lane.isCarried = false;
    if (isAgain) {
      this.#world.onBack();
      this.#pause(lane, Math.min(wait, backOffMs(lane.failures, clock.chance())));
      lane.failures += 1;
    } else this.wake(lane.name, lane.peer);
  }

  #next({ name }: Lane, peer: string, limit: number): StoredOutgoing[] {
    const waiting = this.#world.store.outbox.next(name, limit, peer);
    return waiting.filter(({ message }) => message !== undefined);
  }

  /** What leaves for a peer now, marked as being on its way. */
  #takeOut(lane: Lane, peer: string): Promise<StoredOutgoing[]> {
    const { store, clock } = this.#world;
    // Read only within: calls that were made meanwhile, to send one of them anew for example, have taken effect.
    return store.synced(() => {
      // When nothing was taken the last time, one message is enough to find out whether there is room.
      const waiting = this.#next(lane, peer, lane.failures === 0 ? BATCH : 1);
      for (const mail of waiting) if (isDamaged(mail)) giveUpDamaged(store, mail, clock.now());
      const leaving = waiting.filter((mail) => !isDamaged(mail));
      for (const mail of leaving) store.outbox.leave(mail, 'inflight');
      return leaving;
    });
  }

  /** Tells a peer what became of its messages, as long as there is something to tell. */
  async #carryReceipts(peer: string): Promise<void> {
    if (this.#telling.has(peer)) return;
    this.#telling.add(peer);
    try {
      const { store } = this.#world;
      for (;;) {
        const carrier = this.#carriers.get(peer);
        const untold = store.inbox.untold(peer, BATCH);
        if (carrier === undefined || untold.length === 0) return;
        await carrier.receipts(
          untold.map(({ id, state, mailbox, at }) => ({
            id,
            receipt: {
              mailbox,
              // The states of an inbox are those of a receipt, but for one.
              state: state === 'held' ? 'queued' : (state as Receipt['state']),
              at,
            },
          })),
        );
        if (this.#isClosing) return;
        await persist(this.#world, { peer }, () => {
          for (const { key, state } of untold) store.inbox.told(key, state);
        });
      }
    } catch (error) {
      this.#tellAgain(peer);
      throw error;
    } finally {
      this.#telling.delete(peer);
    }
  }

  /** Tries again later when a peer could not take receipts, because its disk is full for example: nothing else would. */
  #tellAgain(peer: string): void {
    if (this.#toTellAgain.has(peer)) return;
    this.#toTellAgain.add(peer);
    this.#world.clock.after(FAULT_MS, () => {
      this.#toTellAgain.delete(peer);
      if (!this.#isClosing) void this.#report(this.#carryReceipts(peer));
    });
  }

  #forget({ name, peer }: Lane): void {
    this.#lanes.delete(keyOf(name, peer));
  }

  #pause(lane: Lane, ms: number): void {
    if (this.#isClosing) return;
    const cancel = this.#world.clock.after(ms, () => this.#resume(lane));
    lane.pause = cancel;
  }

  #resume(lane: Lane): void {
    lane.pause?.();
    lane.pause = undefined;
    this.wake(lane.name, lane.peer);
  }

  /** The end waits for this. */
  #own(work: Promise<void>): void {
    const owned = this.#report(work).finally(() => this.#working.delete(owned));
    this.#working.add(owned);
  }

  /** What fails is told in the log. Nobody waits for a peer, which may never answer. */
  #report(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => this.#world.logger.error({ err: error }, 'mail'));
  }
}

const keyOf = (lane: string, peer: string | null): string => `${lane} > ${peer ?? ''}`;
