// How a log is read and kept: cursors and their verdicts, deltas and the whole messages that they become.
import { Cursor, type Event, type EventBody } from '../protocol/index.ts';

// ---- cursors ----

/** The cursor of somebody who has read up to a seq. */
export const cursorAt = (logId: string, seq: number): Cursor => Cursor.parse(`${logId}:${seq}`);

/** What a cursor is made of. */
export function splitCursor(cursor: Cursor): [logId: string, seq: number] {
  const [logId = '', digits] = cursor.split(':');
  return [logId, Number(digits)];
}

/** Where to read on, or `gap` when the cursor is of another log, ahead of this one, or behind what is kept. */
export function resumeAt(
  cursor: Cursor,
  log: { readonly logId: string; readonly first: number; readonly last: number },
): number | 'gap' {
  const [logId, seq] = splitCursor(cursor);
  if (logId !== log.logId || seq > log.last || seq + 1 < log.first) return 'gap';
  return seq;
}

// ---- writing: a delta and its place in its message ----

/** The message that deltas are being added to. Anything else that happens closes it. */
export interface OpenMessage {
  readonly kind: 'message' | 'thought';
  readonly messageId: string;
  /** The agent's own id for it, where it names one. */
  readonly key: string | undefined;
  readonly length: number;
}

/** Gives a delta its message and its offset. A new message is named after the seq that its first delta will have. */
export function place(
  open: OpenMessage | undefined,
  delta: { readonly kind: OpenMessage['kind']; readonly text: string; readonly key?: string | undefined },
  seq: number,
): { readonly open: OpenMessage; readonly body: EventBody } {
  const goesOn = open?.kind === delta.kind && (open.key === delta.key || delta.key === undefined);
  const messageId = goesOn ? open.messageId : `m${seq}`;
  const offset = goesOn ? open.length : 0;
  return {
    open: {
      kind: delta.kind,
      messageId,
      key: delta.key ?? (goesOn ? open.key : undefined),
      length: offset + delta.text.length,
    },
    body: { type: delta.kind === 'thought' ? 'thought' : 'partial', messageId, offset, content: delta.text },
  };
}

// ---- compacting: what a finished turn is kept as ----

/** Events of which only the last one of a turn says anything. */
const LATEST_ONLY: ReadonlySet<string> = new Set(['plan', 'usage', 'commands', 'status']);

/** Longer texts stay in pieces: 256 Ki UTF-16 units are at most 768 KiB in UTF-8, and a frame has to stay below 1 MiB. */
export const MAX_TEXT_CHARS = 256 * 1024;

/**
 * Joins deltas into whole messages that keep the last seq, folds the updates of a tool call into one, and drops what a
 * later event of the same kind has replaced. A client that applies the result over any part of the deltas, from any
 * cursor among them, ends with the same transcript.
 */
export function compact(events: readonly Event[], longest = MAX_TEXT_CHARS): Event[] {
  const kept: (Event | undefined)[] = [];
  const placeOf = new Map<string, number>();
  for (const event of events) {
    // A new turn has its own plan and usage; a tool call that begins anew is not the one before.
    if (event.type === 'prompt') placeOf.clear();
    if (event.type === 'tool_use') placeOf.delete(toolKey(event));
    const key = keyOf(event);
    const at = key === undefined ? undefined : placeOf.get(key);
    const before = at === undefined ? undefined : kept[at];
    const joined = before === undefined ? whole(event) : join(before, event);
    const staysApart = joined !== event && before !== undefined && lengthOf(joined) > longest;
    if (at !== undefined && !staysApart) kept[at] = undefined;
    if (key !== undefined) placeOf.set(key, kept.length);
    kept.push(staysApart ? event : joined);
  }
  return kept.filter((event) => event !== undefined);
}

const toolKey = ({ toolCallId }: { readonly toolCallId: string }): string => `tool ${toolCallId}`;

function keyOf(event: Event): string | undefined {
  switch (event.type) {
    case 'partial':
    case 'text':
    case 'thought':
      return `message ${event.messageId}`;
    case 'tool_update':
      return toolKey(event);
    default:
      return LATEST_ONLY.has(event.type) ? event.type : undefined;
  }
}

const lengthOf = (event: Event): number =>
  event.type === 'text' || event.type === 'partial' || event.type === 'thought' ? event.content.length : 0;

/** A first delta at offset 0 already is a whole message; one from the middle must stay a delta. */
function whole(event: Event): Event {
  if (event.type !== 'partial' || event.offset > 0) return event;
  const { seq, ts, sessionId, messageId, content } = event;
  return { seq, ts, sessionId, type: 'text', messageId, content };
}

function join(before: Event, event: Event): Event {
  if (event.type === 'tool_update' && before.type === 'tool_update') return { ...before, ...event };
  if (event.type === 'partial' && before.type === 'text') {
    const { seq, ts } = event;
    return { ...before, seq, ts, content: before.content.slice(0, event.offset) + event.content };
  }
  if ((event.type === 'partial' || event.type === 'thought') && before.type === event.type) {
    const head = before.content.slice(0, event.offset - before.offset);
    return event.offset < before.offset
      ? event
      : { ...event, offset: before.offset, content: head + event.content };
  }
  return event;
}
