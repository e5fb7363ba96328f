// What a client shows after applying events: the reading of the contract that every test compares with.
import type { Event } from '../../gateway/protocol/index.ts';

export interface Shown {
  /** Messages and thoughts in the order in which they began, under their ids. */
  readonly texts: Map<string, string>;
  readonly tools: Map<string, Record<string, unknown>>;
  /** What only counts in its latest form. */
  readonly latest: Map<string, unknown>;
}

export const nothingShown = (): Shown => ({ texts: new Map(), tools: new Map(), latest: new Map() });

/** Applies one event to what is shown, as the contract says. */
export function apply(shown: Shown, event: Event): void {
  switch (event.type) {
    case 'text':
      shown.texts.set(event.messageId, event.content);
      break;
    case 'partial':
    case 'thought': {
      const before = shown.texts.get(event.messageId) ?? '';
      const end = event.offset + event.content.length;
      shown.texts.set(event.messageId, before.slice(0, event.offset) + event.content + before.slice(end));
      break;
    }
    case 'tool_use':
    case 'tool_update': {
      const { seq: _seq, ts: _ts, type: _type, ...news } = event;
      shown.tools.set(event.toolCallId, { ...shown.tools.get(event.toolCallId), ...news });
      break;
    }
    case 'plan':
      shown.latest.set('plan', event.entries);
      break;
    case 'status':
      shown.latest.set('status', event.status);
      break;
    case 'usage':
      shown.latest.set('usage', event.used);
      break;
    default:
      break;
  }
}

export function show(events: readonly Event[], onto: Shown = nothingShown()): Shown {
  for (const event of events) apply(onto, event);
  return onto;
}

/** All that the agent has said in answers, thoughts left out, in the order in which it was said. */
export function textOf(events: readonly Event[]): string {
  return [...show(events.filter(({ type }) => type !== 'thought')).texts.values()].join('');
}
