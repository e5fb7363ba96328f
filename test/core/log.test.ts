// Cursors and their verdicts; deltas that may be applied twice; and compacting, which no client can notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compact, cursorAt, place, resumeAt, type OpenMessage } from '../../gateway/core/log.ts';
import { Cursor, type Event } from '../../gateway/protocol/index.ts';
import { check } from '../support/property.ts';
import { show } from '../support/transcript.ts';
import { anyTurn } from '../support/turns.ts';

const LOG_ID = '0123456789abcdef';

test('a cursor is the log and the last seq that was read', () => {
  assert.equal(cursorAt(LOG_ID, 0), `${LOG_ID}:0`);
  assert.equal(cursorAt(LOG_ID, 4_000_000_000), `${LOG_ID}:4000000000`);
});

test('a cursor is honoured within the log, and is a gap where that cannot be', () => {
  const log = { logId: LOG_ID, first: 5, last: 9 };
  const verdicts = [
    [`${LOG_ID}:4`, 4],
    [`${LOG_ID}:7`, 7],
    [`${LOG_ID}:9`, 9],
    [`${LOG_ID}:3`, 'gap'],
    [`${LOG_ID}:0`, 'gap'],
    [`${LOG_ID}:10`, 'gap'],
    [`fedcba9876543210:7`, 'gap'],
  ] as const;
  for (const [cursor, verdict] of verdicts) {
    assert.equal(resumeAt(Cursor.parse(cursor), log), verdict, cursor);
  }
  assert.equal(resumeAt(Cursor.parse(`${LOG_ID}:0`), { logId: LOG_ID, first: 1, last: 0 }), 0);
});

test('what is no cursor is refused and never read as the beginning', () => {
  for (const wrong of ['', '7', ':7', `${LOG_ID}:`, `${LOG_ID}:-1`, `${LOG_ID}: 7`, `${LOG_ID}:1e3`]) {
    assert.equal(Cursor.safeParse(wrong).success, false, wrong);
  }
});

test('deltas go on with the message that is open; another kind or another key begins one', () => {
  const said = [
    ['message', 'Hel', undefined],
    ['message', 'lo', undefined],
    ['thought', 'hm', undefined],
    ['message', 'again', 'a'],
    ['message', '!', 'a'],
    ['message', '?', undefined],
    ['message', 'other', 'b'],
  ] as const;
  let open: OpenMessage | undefined;
  const placed = said.map(([kind, text, key], index) => {
    const { open: after, body } = place(open, { kind, text, key }, index + 1);
    open = after;
    assert.ok(body.type === 'partial' || body.type === 'thought');
    return `${body.type} ${body.messageId} ${body.offset}`;
  });
  assert.deepEqual(placed, [
    'partial m1 0',
    'partial m1 3',
    'thought m3 0',
    'partial m4 0',
    'partial m4 5',
    'partial m4 6',
    'partial m7 0',
  ]);
});

test('a client shows the same after deltas and compacted events, from whichever cursor it resumes', async (t) => {
  await check(
    t,
    fc.property(anyTurn, fc.double({ min: 0, max: 1, noNaN: true }), (events, part) => {
      const cursor = Math.floor(part * (events.length + 1));
      const resumed = show(events.filter(({ seq }) => seq <= cursor));
      show(
        compact(events).filter(({ seq }) => seq > cursor),
        resumed,
      );
      assert.deepEqual(resumed, show(events));
    }),
    1500,
  );
});

test('a client that applies an event twice in a row shows the same', async (t) => {
  await check(
    t,
    fc.property(anyTurn, (events) => {
      assert.deepEqual(show(events.flatMap((event) => [event, event])), show(events));
    }),
  );
});

test('compacting twice changes nothing; what is kept keeps its order and the last seq', async (t) => {
  await check(
    t,
    fc.property(anyTurn, (events) => {
      const once = compact(events);
      assert.deepEqual(compact(once), once);
      assert.ok(once.length <= events.length);
      assert.equal(once.at(-1)?.seq, events.at(-1)?.seq);
      const seqs = once.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => a - b),
      );
      const known = new Set(events.map(({ seq }) => seq));
      assert.ok(seqs.every((seq) => known.has(seq)));
    }),
  );
});

test('a turn that is compacted in two halves is worth the same as in one', async (t) => {
  await check(
    t,
    fc.property(anyTurn, fc.nat(40), (events, at) => {
      const halves = [...compact(events.slice(0, at)), ...compact(events.slice(at))];
      assert.deepEqual(show(compact(halves)), show(events));
    }),
  );
});

test('what only its latest form tells is kept once per turn, and the turns before keep theirs', () => {
  const plan = (seq: number, content: string): Event =>
    at(seq, { type: 'plan', entries: [{ content, status: 'pending' }] });
  const prompt = (seq: number, promptId: string): Event =>
    at(seq, { type: 'prompt', promptId, message: 'go', from: { clientId: 'c1', name: 'a test' } });
  const events = [prompt(1, 'p1'), plan(2, 'a'), plan(3, 'b'), prompt(4, 'p2'), plan(5, 'c'), plan(6, 'd')];
  assert.deepEqual(
    compact(events).map(({ seq }) => seq),
    [1, 3, 4, 6],
  );
});

test('a message that is longer than a frame may be stays in pieces, and nobody can tell', async (t) => {
  await check(
    t,
    fc.property(anyTurn, fc.integer({ min: 1, max: 12 }), fc.nat(40), (events, longest, cursor) => {
      const kept = compact(events, longest);
      assert.deepEqual(show(kept), show(events));
      assert.deepEqual(compact(kept, longest), kept);
      const resumed = show(events.filter(({ seq }) => seq <= cursor));
      show(
        kept.filter(({ seq }) => seq > cursor),
        resumed,
      );
      assert.deepEqual(resumed, show(events));
    }),
  );
});

test('a thousand deltas are kept as one message with the seq of the last', () => {
  const pieces = Array.from({ length: 1000 }, (_, index) =>
    at(index + 1, { type: 'partial', messageId: 'm1', offset: index * 2, content: 'ab' }),
  );
  const [message, ...rest] = compact(pieces);
  assert.equal(rest.length, 0);
  assert.ok(message?.type === 'text');
  assert.equal(message.content, 'ab'.repeat(1000));
  assert.equal(message.seq, 1000);
});

test('a delta that begins with what was said already adds only what is new', () => {
  for (const type of ['partial', 'thought'] as const) {
    const first = at(1, { type, messageId: 'm1', offset: 0, content: 'Hello' });
    const [message, ...rest] = compact([first, at(2, { type, messageId: 'm1', offset: 3, content: 'lo!' })]);
    assert.equal(rest.length, 0);
    assert.ok(message?.type === 'text' || message?.type === 'thought');
    assert.equal(message.content, 'Hello!');
  }
});

/** An event for a table: the head is filled in. */
const at = (seq: number, body: object): Event =>
  // Tables are checked by their reader.
  ({ seq, ts: '2026-01-01T00:00:00.000Z', sessionId: 's1', ...body }) as Event;
