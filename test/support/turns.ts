// Turns of an agent as fast-check makes them up: deltas in any split, tools, thoughts and notes in any order.
import * as fc from 'fast-check';
import { place, type OpenMessage } from '../../gateway/core/log.ts';
import { PromptId, SessionId, type Event, type EventBody } from '../../gateway/protocol/index.ts';

type Said =
  | { readonly what: 'message' | 'thought'; readonly pieces: readonly string[]; readonly key?: string }
  | { readonly what: 'body'; readonly body: EventBody }
  | { readonly what: 'tool'; readonly call: number };

const piece = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6 }),
  fc.constantFrom('\n', '🌍', 'é', '\u0000', ' '),
);

const note: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({
    type: fc.constant('status' as const),
    status: fc.constantFrom('busy' as const, 'waiting' as const),
  }),
  fc.record({ type: fc.constant('usage' as const), used: fc.nat(99), size: fc.constant(100) }),
  fc.record({
    type: fc.constant('plan' as const),
    entries: fc.array(fc.record({ content: fc.string(), status: fc.constant('pending' as const) }), {
      maxLength: 2,
    }),
  }),
  fc.record({
    type: fc.constant('tool_update' as const),
    toolCallId: fc.constantFrom('tool0', 'tool1'),
    status: fc.constantFrom('in_progress' as const, 'completed' as const),
  }),
  fc.record({
    type: fc.constant('tool_update' as const),
    toolCallId: fc.constantFrom('tool0', 'tool1'),
    title: fc.string(),
  }),
);

const anySaid: fc.Arbitrary<Said> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('message' as const, 'thought' as const),
      pieces: fc.array(piece, { minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 2, arbitrary: note.map((body): Said => ({ what: 'body', body })) },
  { weight: 1, arbitrary: fc.nat(1).map((call): Said => ({ what: 'tool', call })) },
);

const sessionId = SessionId.parse('s1');
const promptId = PromptId.parse('p1');

/** The events of one turn, as the gateway would number and place them. */
export const anyTurn: fc.Arbitrary<Event[]> = fc.array(anySaid, { maxLength: 14 }).map(eventsOf);

function eventsOf(said: readonly Said[]): Event[] {
  const events: Event[] = [];
  let open: OpenMessage | undefined;
  const add = (body: EventBody): void => {
    events.push({ seq: events.length + 1, ts: '2026-01-01T00:00:00.000Z', sessionId, ...body });
  };
  add({ type: 'prompt', promptId, message: 'go', from: { clientId: 'c1' as never, name: 'a test' } });
  for (const one of said) {
    switch (one.what) {
      case 'body':
        if (one.body.type === 'plan') open = undefined;
        add(one.body);
        break;
      case 'tool': {
        open = undefined;
        add({
          type: 'tool_use',
          toolCallId: `tool${one.call}`,
          tool: 'edit',
          title: 'Edit',
          kind: 'edit',
          input: {},
          status: 'pending',
          locations: [],
          content: [],
        });
        break;
      }
      case 'message':
      case 'thought':
        for (const text of one.pieces) {
          const placed = place(open, { kind: one.what, text }, events.length + 1);
          ({ open } = placed);
          add(placed.body);
        }
        break;
    }
  }
  add({ type: 'result', promptId, stopReason: 'end_turn', session_id: null });
  return events;
}
