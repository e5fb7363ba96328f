// Mail, decided: what sending an id again means, when a message is tried again, how much fits, and who may write.
import type { MailMessage, OutboxStatus, Priority, Receipt } from '../protocol/index.ts';

// ---- addresses ----

export interface Destination {
  readonly kind: 'mailbox' | 'topic' | 'everyone';
  /** The mailbox or topic; empty for everyone. */
  readonly ref: string;
  /** Another gateway; undefined: here. */
  readonly peer: string | undefined;
}

/** What an address of the contract says. */
export function destinationOf(address: string): Destination {
  const isTopic = address.startsWith('@');
  const [ref = '', peer] = (isTopic ? address.slice(1) : address).split('@');
  if (ref === '*') return { kind: 'everyone', ref: '', peer };
  return { kind: isTopic ? 'topic' : 'mailbox', ref, peer };
}

// ---- sending an id again ----

/** What makes two messages the same one, its members in order. Written canonically and hashed, it is the fingerprint. */
export const fingerprinted = (
  to: string,
  {
    type,
    replyTo,
    priority,
    meta,
    content,
  }: Pick<MailMessage, 'type' | 'replyTo' | 'priority' | 'meta' | 'content'>,
): object => {
  const { kind, ref, peer } = destinationOf(to);
  return { content, kind, meta, peer: peer ?? null, priority, ref, replyTo, type, version: 1 };
};

export type Judgement =
  /** Nobody has used this id: a row is made. */
  | { readonly verdict: 'new' }
  /** 202: it is on its way already. */
  | { readonly verdict: 'same'; readonly status: 'queued' | 'inflight' }
  /** 200: it has arrived already. */
  | { readonly verdict: 'duplicate' }
  /** 409. */
  | { readonly verdict: 'conflict'; readonly conflict: string; readonly reason: string };

const MISMATCH = 'This id was used before for another message. Send this one under a new id.';

/** The whole table: what a known id means, by what became of it and by whether this is the same message. */
export function judgeId(
  known:
    | { readonly status: OutboxStatus; readonly isSame: boolean; readonly lastError: string | null }
    | undefined,
): Judgement {
  if (known === undefined) return { verdict: 'new' };
  const { status, isSame, lastError } = known;
  const conflict = (reason: string): Judgement => ({
    verdict: 'conflict',
    conflict: `outbox_${status}_fingerprint_${isSame ? 'match' : 'mismatch'}`,
    reason,
  });
  if (!isSame) return conflict(MISMATCH);
  switch (status) {
    case 'pending':
      return { verdict: 'same', status: 'queued' };
    case 'inflight':
      return { verdict: 'same', status: 'inflight' };
    case 'done':
      return { verdict: 'duplicate' };
    case 'dead':
      return conflict(lastError ?? 'It could not be delivered.');
    case 'aborted':
      return conflict('It was given up and sent anew under another id.');
  }
}

/** A given-up message cannot be given up again, and one that has arrived cannot be taken back. */
export const mayRequeue = (status: OutboxStatus): boolean => status !== 'done' && status !== 'aborted';

// ---- order and time ----

const RANKS: Readonly<Record<Priority, number>> = { now: 0, next: 1, low: 2 };

/** The smaller, the sooner. */
export const rankOf = (priority: Priority): number => RANKS[priority];

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** How long to wait after so many failures, with full jitter: `chance` is in [0, 1). */
export const backOffMs = (failures: number, chance: number): number =>
  Math.ceil(chance * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 16)));

/** Whether its time is over. */
export const isOver = (expiresAt: string | null, now: string): boolean =>
  expiresAt !== null && expiresAt <= now;

/** The time so many milliseconds after another one. */
export const timeAfter = (time: string, ms: number): string => new Date(Date.parse(time) + ms).toISOString();

// ---- receipts ----

/** Expired is said by the sender's own gateway, too, which may not have heard that it arrived. */
const FINALITY: Readonly<Record<Receipt['state'], number>> = {
  ...{ queued: 0, expired: 1, delivered: 2 },
  ...{ read: 3, refused: 3 },
};

/** Whether what is told of a recipient goes on from what was told: a link that broke may bring an earlier word later. */
export const goesOn = (before: Receipt['state'], state: Receipt['state']): boolean =>
  FINALITY[state] > FINALITY[before];

// ---- bounds ----

/** What one sender may leave unread in one mailbox. */
export const QUOTA = { messages: 1_000, bytes: 16 * 1024 * 1024 };
/** What one sender may leave in the outbox for one destination. */
export const WAITING = { messages: 20_000, bytes: 64 * 1024 * 1024 };

export interface Load {
  readonly messages: number;
  readonly bytes: number;
}

/** Whether one more message of so many bytes has room beside what is there. */
export const fits = (load: Load, bytes: number, bound: Load): boolean =>
  load.messages < bound.messages && load.bytes + bytes <= bound.bytes;

const PRESSURE = 0.8;

/** Whether a message makes what waits in a lane so much that those who look after it should know. */
export const isPressing = (before: Load, bytes: number): boolean => {
  const share = ({ messages, bytes: size }: Load): number =>
    Math.max(messages / WAITING.messages, size / WAITING.bytes);
  const after = { messages: before.messages + 1, bytes: before.bytes + bytes };
  return share(before) < PRESSURE && share(after) >= PRESSURE;
};

/** Answers to answers, after which somebody has to look: two agents can thank each other for ever. */
export const MAX_HOPS = 8;
const MAX_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** The times of an agent's last messages with this one, or undefined when it writes too fast. A clock that was set back forgives. */
export function paced(times: readonly number[], now: number): readonly number[] | undefined {
  const recent = times.filter((time) => time <= now && time > now - MINUTE_MS);
  return recent.length < MAX_PER_MINUTE ? [...recent, now] : undefined;
}

// ---- into a session ----

/** low waits until nothing else does; while nobody wants to be disturbed, only `now` goes through. */
export const becomesPromptNow = (
  priority: Priority,
  { isDisturbable, isQueueEmpty }: { isDisturbable: boolean; isQueueEmpty: boolean },
): boolean => {
  if (priority === 'now') return true;
  return isDisturbable && (priority === 'next' || isQueueEmpty);
};
