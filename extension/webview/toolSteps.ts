// The steps of a tool call in a transcript: called, asked about, answered, moved on, cut off.
import type { Event, ToolCall } from '../../gateway/protocol/index.ts';
import type { Ask, Part, ToolPart } from './parts.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** Nothing more will happen to it. */
export const isOver = ({ call, cut }: ToolPart): boolean =>
  cut || call.status === 'completed' || call.status === 'failed';

/** Where a tool call stands. Some agents use the same ids again in every turn, so only the last turn is looked at. */
function indexOf(parts: readonly Part[], toolCallId: string): number {
  const turn = parts.findLastIndex(({ kind }) => kind === 'prompt');
  const index = parts.findLastIndex((part) => part.kind === 'tool' && part.call.toolCallId === toolCallId);
  return index > turn ? index : -1;
}

function callOf(event: Of<'tool_use'>): ToolCall {
  const { toolCallId, tool, title, kind, input, status, locations, content } = event;
  return { toolCallId, tool, title, kind, input, status, locations, content };
}

export function toolUse(
  parts: readonly Part[],
  event: Of<'tool_use'>,
  at: number,
  since: number,
): readonly Part[] {
  const key = `tool:${event.seq}`;
  if (parts.some((part) => part.key === key)) return parts;
  const call = callOf(event);
  const index = indexOf(parts, event.toolCallId);
  const known = parts[index];
  if (known?.kind === 'tool') return isOver(known) ? parts : parts.with(index, { ...known, call, at });
  return [...parts, { kind: 'tool', key, call, since: since || at, at, cut: false }];
}

/** undefined: the call is on an earlier page. */
export function mergeUpdate(
  parts: readonly Part[],
  update: Of<'tool_update'>,
  at: number,
): readonly Part[] | undefined {
  const index = indexOf(parts, update.toolCallId);
  const known = parts[index];
  if (known?.kind !== 'tool') return undefined;
  const { title, kind, input, status, locations, content } = update;
  const call: ToolCall = {
    ...known.call,
    ...(title !== undefined && { title }),
    ...(kind !== undefined && { kind }),
    ...(input !== undefined && { input }),
    ...(status !== undefined && { status }),
    ...(locations !== undefined && { locations }),
    ...(content !== undefined && { content }),
  };
  return parts.with(index, { ...known, call, at: Math.max(known.at, at) });
}

/** The question stands in the card of its call; a call that was not announced gets its card now. */
export function askFrom(
  parts: readonly Part[],
  question: Omit<Ask, 'call' | 'at'> & { readonly toolCall: ToolCall },
  key: string,
  at: number,
): readonly Part[] {
  const { permissionId, title, toolCall: call, options, form, url, digest } = question;
  if (parts.some((part) => part.kind === 'tool' && part.ask?.permissionId === permissionId)) return parts;
  const ask: Ask = { permissionId, title, call, options, form, url, digest, at };
  const index = indexOf(parts, call.toolCallId);
  const known = parts[index];
  if (known?.kind === 'tool' && known.ask === undefined) return parts.with(index, { ...known, ask, at });
  return [...parts, { kind: 'tool', key, call, since: at, at, cut: false, ask }];
}

/** undefined: the question is on an earlier page. */
export function verdict(
  parts: readonly Part[],
  { permissionId, optionId, content, by }: Of<'permission_resolved'>,
  at: number,
): readonly Part[] | undefined {
  const index = parts.findLastIndex(
    (part) => part.kind === 'tool' && part.ask?.permissionId === permissionId,
  );
  const known = parts[index];
  if (known?.kind !== 'tool' || known.ask === undefined) return undefined;
  return parts.with(index, {
    ...known,
    ask: { ...known.ask, verdict: { optionId, ...(content && { content }), by, at } },
  });
}

/** The turn is over: what had not finished never will. */
export const cutTools = (parts: readonly Part[]): readonly Part[] =>
  parts.some((part) => part.kind === 'tool' && !isOver(part))
    ? parts.map((part) => (part.kind === 'tool' && !isOver(part) ? { ...part, cut: true } : part))
    : parts;
