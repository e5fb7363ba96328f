// One peer as seen from here: when to dial, when to ask whether it lives, when to give a link up, and which of two to keep.

/** All in milliseconds of a clock that only counts up. */
export interface PeerTimes {
  readonly beat: number;
  /** Without any sign of life for so long it is called stale ... */
  readonly stale: number;
  /** ... and given up. */
  readonly dead: number;
  /** A timer that is so late says that the machine has slept. */
  readonly late: number;
  /** How long a machine that has slept waits for an answer. */
  readonly answer: number;
  /** A link that lived for so long makes the next wait short again. */
  readonly good: number;
  /** Two links within this time, one dialled by each side, are the two of one attempt. */
  readonly race: number;
  /** The first waits; the last one stays. */
  readonly backOff: readonly number[];
}

/** Everything grows and shrinks with the time between two heartbeats, but a busy machine is given a second or two. */
export const peerTimes = (beat = 30_000): PeerTimes => ({
  beat,
  stale: beat + Math.max(beat / 6, 1_000),
  dead: beat * 3,
  late: beat,
  answer: Math.max(beat / 6, 2_000),
  good: beat * 2,
  race: beat / 3,
  backOff: [1, 2, 4, 8, 12].map((times) => (beat / 6) * times),
});

/** Links lost in a row, each before it was good, that are worth a word. Said once. */
const FLAPS = 3;

export interface PeerLink {
  readonly id: number;
  readonly dialledByUs: boolean;
  /** New with every start of the other gateway. */
  readonly instanceId: string;
}

interface Held {
  readonly link: PeerLink;
  readonly linkedAt: number;
  readonly heardAt: number;
  readonly beatAt: number;
  /** We slept: when it was asked whether it is still there. */
  readonly askedAt: number | null;
}

/** `attempt` counts what failed in a row; `flaps` the links among it. */
export type PeerStatus = { readonly attempt: number; readonly flaps: number } & (
  | { readonly kind: 'disconnected'; readonly reason: string | null; readonly dialAt: number | null }
  | { readonly kind: 'connecting'; readonly reason: string | null }
  | ({ readonly kind: 'connected' | 'stale' } & Held)
);

export type PeerStep =
  /** It may be time for something. */
  | { readonly step: 'tick' }
  /** A person asked, or there is a new address. */
  | { readonly step: 'dial' }
  | { readonly step: 'failed'; readonly reason: string }
  /** A link was authenticated, whoever dialled. */
  | { readonly step: 'linked'; readonly link: PeerLink }
  | { readonly step: 'heard'; readonly id: number }
  /** `final`: the other side has removed us; dialling again would change nothing. */
  | { readonly step: 'lost'; readonly id: number; readonly reason: string; readonly final: boolean }
  /** A timer was so late that the machine must have slept. */
  | { readonly step: 'woke' };

/** What the decision depends on, besides the state. */
export interface PeerWorld {
  readonly times: PeerTimes;
  readonly at: number;
  /** 0 to 1. */
  readonly chance: number;
  readonly canDial: boolean;
  /** Our id is the lower one: of two links of one attempt, the one that we dialled is kept. */
  readonly isLower: boolean;
}

export type PeerEffect =
  | { readonly effect: 'dial' }
  | { readonly effect: 'beat' }
  | { readonly effect: 'use'; readonly link: PeerLink }
  | { readonly effect: 'close'; readonly id: number; readonly code: string; readonly reason: string }
  | { readonly effect: 'flapping' };

export interface PeerDecision {
  readonly status: PeerStatus;
  readonly effects: readonly PeerEffect[];
}

/** `removed`: why it is not dialled before somebody asks, if it has removed us; else null. */
export const peerAtStart = (world: PeerWorld, removed: string | null = null): PeerStatus => ({
  kind: 'disconnected',
  attempt: 0,
  flaps: 0,
  reason: removed,
  dialAt: world.canDial && removed === null ? world.at : null,
});

/** undefined: the step does not apply to this state. */
export function advancePeer(status: PeerStatus, step: PeerStep, world: PeerWorld): PeerDecision | undefined {
  if (step.step === 'linked') return linked(status, step.link, world);
  switch (status.kind) {
    case 'disconnected':
      return advanceDisconnected(status, step, world);
    case 'connecting':
      if (step.step !== 'failed') return undefined;
      return { status: waiting(status, step.reason, world), effects: [] };
    case 'connected':
    case 'stale':
      return advanceHeld(status, step, world);
  }
}

/** When the next tick is due; null: nothing is waited for. */
export function peerDueAt(status: PeerStatus, times: PeerTimes): number | null {
  switch (status.kind) {
    case 'disconnected':
      return status.dialAt;
    case 'connecting':
      return null;
    case 'connected':
    case 'stale': {
      if (status.askedAt !== null) return status.askedAt + times.answer;
      const limit = status.kind === 'connected' ? times.stale : times.dead;
      return Math.min(status.beatAt + times.beat, status.heardAt + limit);
    }
  }
}

type Of<K extends PeerStatus['kind']> = Extract<PeerStatus, { kind: K }>;

function advanceDisconnected(
  status: Of<'disconnected'>,
  { step }: PeerStep,
  { at, chance, canDial, times }: PeerWorld,
): PeerDecision | undefined {
  const { reason, flaps } = status;
  const isDue = step === 'tick' && status.dialAt !== null && at >= status.dialAt;
  if (canDial && (isDue || step === 'dial')) {
    const attempt = step === 'dial' ? 0 : status.attempt;
    return { status: { kind: 'connecting', attempt, flaps, reason }, effects: [{ effect: 'dial' }] };
  }
  // All that slept together should not dial at the same moment.
  if (step === 'woke' && status.dialAt !== null)
    return { status: { ...status, attempt: 0, dialAt: at + (chance * times.beat) / 30 }, effects: [] };
  return undefined;
}

function advanceHeld(
  status: Of<'connected' | 'stale'>,
  step: PeerStep,
  world: PeerWorld,
): PeerDecision | undefined {
  const { at } = world;
  switch (step.step) {
    case 'heard': {
      if (step.id !== status.link.id || at <= status.heardAt) return undefined;
      // What came before we asked is no answer.
      const askedAt = status.askedAt !== null && at < status.askedAt ? status.askedAt : null;
      return { status: { ...status, kind: 'connected', heardAt: at, askedAt }, effects: [] };
    }
    case 'lost':
      if (step.id !== status.link.id) return undefined;
      return lost(status, step.reason, step.final, world);
    case 'woke':
      // Whatever the clocks say of the silence: it was us who slept.
      return { status: { ...status, askedAt: at, beatAt: at }, effects: [{ effect: 'beat' }] };
    case 'tick':
      return tick(status, world);
    default:
      return undefined;
  }
}

function tick(status: Of<'connected' | 'stale'>, world: PeerWorld): PeerDecision | undefined {
  const { at, times } = world;
  const { id } = status.link;
  const silent = at - status.heardAt;
  const isDead = status.askedAt === null ? silent >= times.dead : at - status.askedAt >= times.answer;
  if (isDead) {
    const reason = `Nothing was heard from it for ${Math.round(silent / 1000)} s.`;
    const { status: next, effects } = lost(status, reason, false, world);
    return { status: next, effects: [{ effect: 'close', id, code: 'dead', reason }, ...effects] };
  }
  const isBeatDue = at - status.beatAt >= times.beat;
  const kind = status.askedAt === null && silent >= times.stale ? 'stale' : status.kind;
  if (!isBeatDue && kind === status.kind) return undefined;
  return {
    status: { ...status, kind, beatAt: isBeatDue ? at : status.beatAt },
    effects: isBeatDue ? [{ effect: 'beat' }] : [],
  };
}

function linked(status: PeerStatus, link: PeerLink, world: PeerWorld): PeerDecision {
  const { at, times } = world;
  const { attempt, flaps } = status;
  const held: PeerStatus = {
    kind: 'connected',
    attempt,
    flaps,
    link,
    linkedAt: at,
    heardAt: at,
    beatAt: at,
    askedAt: null,
  };
  const take: PeerEffect[] = [{ effect: 'use', link }, { effect: 'beat' }];
  if (status.kind !== 'connected' && status.kind !== 'stale') return { status: held, effects: take };
  const isRace =
    status.link.dialledByUs !== link.dialledByUs &&
    status.link.instanceId === link.instanceId &&
    at - status.linkedAt < times.race;
  const reason = isRace
    ? 'Both sides dialled at once; the other link is used.'
    : 'A newer link of this gateway took its place.';
  const close = ({ id }: PeerLink): PeerEffect => ({ effect: 'close', id, code: 'replaced', reason });
  // The other side decides by the same rule, so both keep the same one.
  if (isRace && link.dialledByUs !== world.isLower) return { status, effects: [close(link)] };
  return { status: held, effects: [close(status.link), ...take] };
}

function lost(
  status: Of<'connected' | 'stale'>,
  reason: string,
  final: boolean,
  world: PeerWorld,
): PeerDecision {
  const wasGood = world.at - status.linkedAt >= world.times.good;
  const attempt = wasGood ? 0 : status.attempt;
  const flaps = wasGood ? 0 : status.flaps + 1;
  const next = waiting({ attempt, flaps }, reason, world);
  return {
    status: final ? { ...next, dialAt: null } : next,
    effects: flaps === FLAPS ? [{ effect: 'flapping' }] : [],
  };
}

/** Full jitter: anything up to the wait, so that many who lost the same gateway do not come back in step. */
function waiting(
  { attempt, flaps }: { readonly attempt: number; readonly flaps: number },
  reason: string,
  { at, chance, canDial, times }: PeerWorld,
): Of<'disconnected'> {
  const wait = times.backOff[Math.min(attempt, times.backOff.length - 1)] ?? 0;
  return {
    kind: 'disconnected',
    attempt: attempt + 1,
    flaps,
    reason,
    dialAt: canDial ? at + Math.max(times.beat / 30, chance * wait) : null,
  };
}
