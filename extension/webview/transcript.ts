// What one event does to a transcript: the same pure step for a snapshot, an earlier page and live news.
// Applying an event twice is harmless, and events of an unknown type change nothing.
import type { Event } from '../../gateway/protocol/index.ts';
import { askFrom, cutTools, mergeUpdate, toolUse, verdict } from './toolSteps.ts';
import type { NotePart, Part, PromptOutcome, PromptPart, Transcript, UsageNow } from './parts.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export const emptyTranscript: Transcript = {
  parts: [],
  queue: [],
  held: false,
  plan: [],
  commands: [],
  model: undefined,
  usage: undefined,
  status: 'idle',
  statusSince: 0,
  orphans: [],
};

export function apply(t: Transcript, event: Event): Transcript {
  const after = step(t, event);
  const isOrphan = after.orphans !== t.orphans;
  return isOrphan || !mayBeOfEarlier(t, event) ? after : { ...after, orphans: [...after.orphans, event] };
}

/** What comes before the first prompt belongs to a turn that began on an earlier page; any prompt may have run there. */
const mayBeOfEarlier = (t: Transcript, { type }: Event): boolean =>
  type === 'queued' ||
  type === 'dequeued' ||
  type === 'prompt' ||
  !t.parts.some(({ kind }) => kind === 'prompt');

function step(t: Transcript, event: Event): Transcript {
  const at = Date.parse(event.ts);
  switch (event.type) {
    case 'queued':
      return queued(t, event);
    case 'dequeued':
      return dequeued(t, event);
    case 'prompt':
      return prompt(t, event, at);
    case 'partial':
      return text(t, event.messageId, at, (before) => overlay(before, event));
    case 'text':
      return text(t, event.messageId, at, () => event.content);
    case 'thought':
      return thought(t, event, at);
    case 'tool_use':
      return withParts(t, toolUse(t.parts, event, at, lastEnd(t)));
    case 'tool_update':
      return orOrphan(t, event, mergeUpdate(t.parts, event, at));
    case 'permission':
      return withParts(t, askFrom(t.parts, event, `tool:${event.seq}`, at));
    case 'permission_resolved':
      return orOrphan(t, event, verdict(t.parts, event, at));
    case 'plan':
      return { ...t, plan: event.entries };
    case 'commands':
      return { ...t, commands: event.commands };
    case 'model':
      return { ...t, model: event.model };
    case 'usage':
      return used(t, { used: event.used, size: event.size, ...(event.cost && { cost: event.cost }) });
    case 'status':
      return event.status === t.status ? t : { ...t, status: event.status, statusSince: at };
    case 'system':
      // An agent that says nothing of its model uses its own choice, whatever one before it used.
      return system({ ...t, model: event.model ?? undefined }, event, at);
    case 'result':
      return result(t, event, at);
    case 'error':
      return failed(t, event, at);
    case 'interrupted':
      return note(settle(t, event, event.promptId, 'interrupted'), event, at, 'stopped');
    case 'uncertain':
      return uncertain(t, event, at);
    case 'gap':
      return add(t, {
        kind: 'gap',
        key: `gap:${event.from}`,
        count: event.to - event.from + 1,
        since: lastEnd(t),
        at,
      });
    default:
      return t;
  }
}

function system(t: Transcript, event: Of<'system'>, at: number): Transcript {
  if (event.subtype === 'fallback') return note(t, event, at, 'anew');
  // Taken up where somebody else had left it, by an agent that keeps what was said to itself.
  return event.subtype === 'resumed' && t.parts.length === 0 ? note(t, event, at, 'untold') : t;
}

// ---- messages ----

/** Puts a delta where it belongs; what it covers is written over, so a second time changes nothing. */
export const overlay = (before: string, { offset, content }: { offset: number; content: string }): string =>
  before.slice(0, offset) + content + before.slice(offset + content.length);

function text(t: Transcript, messageId: string, at: number, write: (before: string) => string): Transcript {
  const key = `text:${messageId}`;
  const before = find(t, key, 'text');
  if (before === undefined) return add(t, { kind: 'text', key, text: write(''), at });
  return replace(t, { ...before, text: write(before.text), at: Math.max(before.at, at) });
}

function thought(t: Transcript, event: Of<'thought'>, at: number): Transcript {
  const key = `thought:${event.messageId}`;
  const before = find(t, key, 'thought');
  if (before === undefined)
    return add(t, { kind: 'thought', key, text: event.content, since: lastEnd(t) || at, at });
  return replace(t, { ...before, text: overlay(before.text, event), at: Math.max(before.at, at) });
}

// ---- prompts ----

function queued(t: Transcript, { promptId, position, message, from, origin }: Of<'queued'>): Transcript {
  const others = t.queue.filter((waiting) => waiting.promptId !== promptId);
  const isMoved = others.length < t.queue.length;
  const waiting = { promptId, message, from, ...(origin && { origin }) };
  const queue = others.toSpliced(Math.max(0, position - ahead(t, promptId)), 0, waiting);
  // A prompt of the conversation that waits once more runs again, and then all that waits.
  const isAgain = !isMoved && t.parts.some((part) => part.kind === 'prompt' && part.promptId === promptId);
  return isAgain ? { ...choose(t, promptId, 'again'), queue, held: false } : { ...t, queue };
}

/** Positions count what runs and what may not have finished as well. */
const ahead = (t: Transcript, promptId: string): number =>
  t.parts.filter(
    (part) =>
      part.kind === 'prompt' &&
      part.promptId !== promptId &&
      (part.outcome === 'running' || part.outcome === 'uncertain'),
  ).length;

function dequeued(t: Transcript, { promptId }: Of<'dequeued'>): Transcript {
  const queue = t.queue.filter((waiting) => waiting.promptId !== promptId);
  if (queue.length < t.queue.length) return { ...t, queue };
  return { ...choose(t, promptId, 'left'), held: false };
}

function prompt(t: Transcript, event: Of<'prompt'>, at: number): Transcript {
  const { promptId, message, from, origin, earlier } = event;
  const key = `prompt:${event.seq}`;
  if (find(t, key, 'prompt') !== undefined) return t;
  const ready = choose(t, promptId, 'again');
  const sent = { promptId, message, from, ...(origin && { origin }), ...(earlier && { earlier }) };
  const part: PromptPart = { kind: 'prompt', key, ...sent, at, outcome: 'running' };
  const isPlanDone = t.plan.every(({ status }) => status === 'completed');
  return {
    ...add(ready, part),
    queue: t.queue.filter((waiting) => waiting.promptId !== promptId),
    held: false,
    plan: isPlanDone ? [] : t.plan,
  };
}

function used(t: Transcript, usage: UsageNow): Transcript {
  const turn = t.parts.findLast((part) => part.kind === 'prompt');
  const after = { ...t, usage };
  return turn && usage.cost ? replace(after, { ...turn, total: usage.cost }) : after;
}

/** Somebody decided what becomes of an uncertain or failed prompt. */
export function choose(t: Transcript, promptId: string, choice: 'again' | 'left'): Transcript {
  const isAbout = (part: Part): boolean => 'promptId' in part && part.promptId === promptId;
  if (!t.parts.some(isAbout)) return t;
  return withParts(
    t,
    t.parts.map((part) => (isAbout(part) ? chosen(part, choice) : part)),
  );
}

function chosen(part: Part, choice: 'again' | 'left'): Part {
  if (part.kind === 'uncertain' && part.choice === 'open') return { ...part, choice };
  if (part.kind === 'prompt' && part.outcome === 'uncertain') return { ...part, outcome: choice };
  if (part.kind !== 'note') return part;
  const { promptId: _, ...rest } = part;
  return rest;
}

// ---- the end of a turn ----

const STOP_REASONS: Readonly<Record<string, NotePart['why']>> = {
  max_tokens: 'length',
  max_turn_requests: 'steps',
  refusal: 'refusal',
};

function result(t: Transcript, event: Of<'result'>, at: number): Transcript {
  const outcome = event.stopReason === 'cancelled' ? 'interrupted' : 'done';
  const settled = settle(t, event, event.promptId, outcome);
  const reason = STOP_REASONS[event.stopReason];
  return reason === undefined ? settled : note(settled, event, at, reason);
}

function failed(t: Transcript, event: Of<'error'>, at: number): Transcript {
  if (event.promptId === undefined) return note(t, event, at, 'failed', { text: event.message });
  const { promptId, message: text } = event;
  return note(hold(settle(t, event, promptId, 'failed')), event, at, 'failed', { text, promptId });
}

function uncertain(t: Transcript, event: Of<'uncertain'>, at: number): Transcript {
  const { promptId } = event;
  const settled = hold(settle(t, event, promptId, 'uncertain'));
  return add(settled, { kind: 'uncertain', key: `uncertain:${event.seq}`, promptId, at, choice: 'open' });
}

/** What waits is held when a turn ended badly; with nobody waiting, the next prompt may run. */
const hold = (t: Transcript): Transcript => (t.queue.length > 0 ? { ...t, held: true } : t);

/** Gives the last run of a prompt its outcome; whatever it left running is cut. */
function settle(t: Transcript, event: Event, promptId: string, outcome: PromptOutcome): Transcript {
  const index = t.parts.findLastIndex((part) => part.kind === 'prompt' && part.promptId === promptId);
  const parts = cutTools(t.parts);
  const part = parts[index];
  if (part?.kind !== 'prompt') return { ...t, parts, orphans: [...t.orphans, event] };
  return withParts(t, parts.with(index, { ...part, outcome }));
}

function note(
  t: Transcript,
  event: Event,
  at: number,
  why: NotePart['why'],
  more: Partial<Pick<NotePart, 'text' | 'promptId'>> = {},
): Transcript {
  return add(t, { kind: 'note', key: `note:${event.seq}`, why, text: '', at, ...more });
}

// ---- small change ----

const withParts = (t: Transcript, parts: readonly Part[]): Transcript => ({ ...t, parts });

const orOrphan = (t: Transcript, event: Event, parts: readonly Part[] | undefined): Transcript =>
  parts === undefined ? { ...t, orphans: [...t.orphans, event] } : withParts(t, parts);

function add(t: Transcript, part: Part): Transcript {
  return t.parts.some(({ key }) => key === part.key) ? t : withParts(t, [...t.parts, part]);
}

function find<K extends Part['kind']>(
  t: Transcript,
  key: string,
  kind: K,
): Extract<Part, { kind: K }> | undefined {
  const part = t.parts.findLast((candidate) => candidate.key === key);
  // The kind has just been compared; TypeScript does not narrow a generic union by it.
  return part?.kind === kind ? (part as Extract<Part, { kind: K }>) : undefined;
}

function replace(t: Transcript, part: Part): Transcript {
  const index = t.parts.findLastIndex(({ key }) => key === part.key);
  return withParts(t, t.parts.with(index, part));
}

/** When the part that stands last ended: what comes next has been worked on since then. */
const lastEnd = (t: Transcript): number => t.parts.at(-1)?.at ?? 0;
