// One peer at work: its state as core/peer.ts decides it, its links, and what is told of it.
import {
  advancePeer,
  peerAtStart,
  peerDueAt,
  type PeerLink,
  type PeerStep,
  type PeerStatus,
} from '../core/peer.ts';
import type { PeerTimes } from '../core/peer.ts';
import type { FrameLink, Links } from '../peers/link.ts';
import type { StoredPeer } from '../store/peer.ts';
import type { Clock } from './clock.ts';

export interface PeerSurroundings {
  readonly clock: Clock;
  readonly times: PeerTimes;
  readonly links: Links;
  /** Our own fingerprint, to settle which of two links is kept. */
  readonly own: () => string;
  /** Dials. Must end in a call of `linked`, or in the step `failed`. */
  readonly dial: (peer: LivePeer) => void;
  /** Asks to be rung at this tick; Infinity: nothing is due, but a sleep should still be noticed. */
  readonly onDue: (at: number) => void;
  /** For the log, and for people who watch. */
  readonly onNews: (peer: LivePeer, news: 'state' | 'flapping') => void;
  /** It has removed this gateway, or takes it in again. */
  readonly onRemoved: (peer: LivePeer, hasRemovedUs: boolean) => void;
}

/** The longest that somebody who links a new peer is kept waiting for the first attempt. */
const SETTLED_MS = 15_000;

const OLD_KEY = 'It knows this gateway by an older key: invite it, or join it, again.';
export const REMOVED = 'It has removed this gateway.';
const CLONE =
  'Another gateway with the identity of this one took its place. Is there a copy of the state folder? There: holdfast accept-host';

export class LivePeer {
  stored: StoredPeer;
  readonly #world: PeerSurroundings;
  readonly #links = new Map<number, FrameLink>();
  #status: PeerStatus;
  #lastId = 0;
  #heardAt: string | null = null;
  /** When the state began, in wall time. */
  since: string;
  /** Aborted when the peer is removed or the gateway ends: it stops the dialling that is under way. */
  readonly gone = new AbortController();

  constructor(stored: StoredPeer, world: PeerSurroundings) {
    this.stored = stored;
    this.#world = world;
    this.#status = peerAtStart(this.#asked(), stored.hasRemovedUs ? REMOVED : null);
    this.since = world.clock.now();
  }

  get status(): PeerStatus {
    return this.#status;
  }

  /** Why it is not connected, in words. */
  get reason(): string | null {
    if ('link' in this.#status) return null;
    return this.#knowsUs ? this.#status.reason : OLD_KEY;
  }

  get link(): FrameLink | undefined {
    return 'link' in this.#status ? this.#links.get(this.#status.link.id) : undefined;
  }

  /** When anything was last heard from it, in wall time. */
  get heardAt(): string | null {
    return this.link === undefined
      ? (this.#heardAt ?? this.stored.heardAt)
      : this.#wall(this.link.lastHeardAt);
  }

  get dueAt(): number | null {
    return peerDueAt(this.#status, this.#world.times);
  }

  /** Takes a link that was just authenticated; must be called before anything more is read from it. */
  add(link: FrameLink, dialledByUs: boolean): void {
    const id = (this.#lastId += 1);
    this.#links.set(id, link);
    link.onHeard = () => this.#onHeard(id);
    void link.closed.then((reason) => this.#onClosed(id, link, reason));
    this.step({ step: 'linked', link: { id, dialledByUs, instanceId: link.hello.instanceId } });
    if (this.stored.hasRemovedUs) this.#world.onRemoved(this, false);
  }

  tick(): void {
    // Not with each frame: the time of the last one is read when it is asked for.
    const { link } = this;
    if (link !== undefined && 'link' in this.#status)
      this.step({ step: 'heard', id: this.#status.link.id }, link.lastHeardAt);
    this.step({ step: 'tick' });
  }

  step(step: PeerStep, at?: number): void {
    const before = this.#status;
    const decision = advancePeer(before, step, this.#asked(at));
    if (decision === undefined) return;
    if (this.link !== undefined) this.#heardAt = this.#wall(this.link.lastHeardAt);
    this.#status = decision.status;
    const isNews = before.kind !== this.#status.kind;
    if (isNews) this.since = this.#world.clock.now();
    for (const effect of decision.effects) {
      switch (effect.effect) {
        case 'dial':
          this.#world.dial(this);
          break;
        case 'beat':
          this.#world.links.beat(this.stored.fingerprint);
          break;
        case 'use':
          this.#use(effect.link);
          break;
        case 'close':
          this.#links.get(effect.id)?.close(effect.reason, effect.code);
          break;
        case 'flapping':
          this.#world.onNews(this, 'flapping');
          break;
      }
    }
    if (isNews) this.#world.onNews(this, 'state');
    this.#world.onDue(this.dueAt ?? Infinity);
  }

  /** Resolves when the first attempt has come to something, or after a while. */
  settled(): Promise<void> {
    const { clock, links } = this.#world;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#status.kind === 'connecting') return;
      cancel();
      unwatch();
      resolve();
    };
    const cancel = clock.after(SETTLED_MS, () => {
      unwatch();
      resolve();
    });
    const unwatch = links.onChanged(look);
    look();
    return promise;
  }

  /** Cuts every link, saying why, and begins no other. */
  end(reason: string, code: string): void {
    this.gone.abort();
    this.cut(reason, code);
  }

  /** Cuts every link, saying why. */
  cut(reason: string, code: string): void {
    for (const link of this.#links.values()) link.close(reason, code);
  }

  get #knowsUs(): boolean {
    return this.stored.own === this.#world.own();
  }

  #use({ id }: PeerLink): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#world.links.use(link);
  }

  #onHeard(id: number): void {
    const isDoubted =
      'link' in this.#status && (this.#status.kind === 'stale' || this.#status.askedAt !== null);
    if (isDoubted) this.step({ step: 'heard', id });
  }

  #onClosed(id: number, link: FrameLink, reason: string): void {
    const final = link.byeCode === 'removed';
    this.step({ step: 'lost', id, reason: link.byeCode === 'replaced' ? CLONE : reason, final });
    this.#links.delete(id);
    if (final) this.#world.onRemoved(this, true);
    // It has answered, though with a new key: no need to wait before dialling again.
    if (link.byeCode === 'rotated') this.step({ step: 'dial' });
  }

  /** Ticks as wall time, for people. */
  #wall(ticks: number): string {
    const { clock } = this.#world;
    return clock.later((ticks - clock.ticks()) / 1000);
  }

  #asked(at = this.#world.clock.ticks()) {
    const { times, clock, own } = this.#world;
    return {
      times,
      at,
      chance: clock.chance(),
      canDial: this.stored.addresses.length > 0 && this.#knowsUs && !this.gone.signal.aborted,
      isLower: own() < this.stored.fingerprint,
    };
  }
}
