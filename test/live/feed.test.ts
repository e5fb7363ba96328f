// Readers of every speed, while turns stream, prompts come in between and what was said is compacted: each event once, in
// order, and no message with a hole.
import assert from 'node:assert/strict';
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import { test } from 'node:test';
import { place, type OpenMessage } from '../../gateway/core/log.ts';
import { Feed, type Follower } from '../../gateway/live/feed.ts';
import { PromptId, type Event, type EventBody } from '../../gateway/protocol/index.ts';
import { endTurn, takePrompt } from '../../gateway/store/conversation.ts';
import type { Batch } from '../../gateway/store/log.ts';
import { admit, delta, newSession, NOW, openStore, SESSION } from '../support/store.ts';

const TURNS = 8;
const PIECES = 265;
/** Events that are compacted at once before the end of a turn. */
const PART = 60;
const PIECE = 'x'.repeat(16_000);
/** What a reader holds before it asks for a pause. */
const ROOM = 1024 * 1024;

class SlowReader implements Follower {
  readonly lengths = new Map<string, number>();
  seq = 0;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  take({ texts }: Batch): boolean {
    assert.ok(this.#held < ROOM, 'more came before there was room for it');
    for (const text of texts) {
      // Stored by the contract.
      this.#apply(JSON.parse(text) as Event);
      this.#held += text.length;
    }
    return this.#held < ROOM;
  }

  onDrain(callback: () => void): void {
    this.#waiting.push(callback);
  }

  removed(): void {
    assert.fail('nobody has destroyed the session');
  }

  drain(): void {
    this.#held = 0;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  #apply(event: Event): void {
    assert.ok(event.seq > this.seq, `seq ${event.seq} after ${this.seq}`);
    this.seq = event.seq;
    if (event.type !== 'text' && event.type !== 'partial') return;
    const length = this.lengths.get(event.messageId) ?? 0;
    const offset = event.type === 'text' ? 0 : event.offset;
    assert.ok(offset <= length, `seq ${event.seq} goes on at ${offset}, and only ${length} are there`);
    this.lengths.set(event.messageId, Math.max(length, offset + event.content.length));
  }
}

for (const start of [1, 2, 3]) {
  test(`four readers, the slowest fifty times slower, chance ${start}`, async () => {
    let seed = start;
    const chance = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    using opened = openStore();
    const { store } = opened;
    const session = await newSession(store);
    const feed = new Feed(store.log);
    store.listeners.push((committed) => feed.publish(committed));
    const readers = [0.9, 0.5, 0.1, 0.02].map((pace) => ({ pace, reader: new SlowReader() }));
    for (const { reader } of readers) feed.subscribe(session, 0, reader);
    let sends = 0;
    const send = (): Promise<unknown> => {
      sends += 1;
      return admit(store, `p${sends}`);
    };
    const say = (open: OpenMessage | undefined, count: number): OpenMessage | undefined => {
      const bodies: EventBody[] = [];
      let after = open;
      while (bodies.length < count) {
        const seq = store.log.head(session) + bodies.length + 1;
        const placed = place(after, { kind: 'message', text: PIECE }, seq);
        after = placed.open;
        bodies.push(placed.body);
      }
      store.written(() => store.log.append(session, NOW, bodies));
      return after;
    };
    for (let turn = 0; turn < TURNS; turn += 1) {
      await send();
      const prompt = store.written(() => takePrompt(store, SESSION, NOW));
      assert.ok(prompt !== undefined);
      const firstSeq = store.log.firstOfTurn(session);
      let open: OpenMessage | undefined;
      for (let said = 0; said < PIECES;) {
        const count = Math.min(PIECES - said, 1 + Math.floor(chance() * 5));
        open = say(open, count);
        said += count;
        if (chance() < 0.3) await send();
        for (const { pace, reader } of readers) if (chance() < pace) reader.drain();
        if (chance() < 0.5) await nextTurnOfLoop();
      }
      for (let from = firstSeq; from + PART <= store.log.head(session); from += PART) {
        store.written(() => store.log.compactPart(session, from, from + PART));
        for (const { pace, reader } of readers) if (chance() < pace) reader.drain();
        await nextTurnOfLoop();
      }
      const outcome = { how: 'done', stopReason: 'end_turn', agentSessionId: null } as const;
      const { promptId } = prompt;
      await store.synced(() => endTurn(store, session, { promptId, firstSeq }, outcome, NOW));
    }
    const head = store.log.head(session);
    for (let round = 0; round < 2000 && readers.some(({ reader }) => reader.seq < head); round += 1) {
      for (const { reader } of readers) reader.drain();
      await nextTurnOfLoop();
    }
    for (const { reader } of readers) {
      assert.equal(reader.seq, head);
      assert.deepEqual(
        [...reader.lengths.values()],
        Array.from({ length: TURNS }, () => PIECES * PIECE.length),
      );
    }
  });
}

test('a page that was read before its turn was compacted is given to nobody who reads after that', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const feed = new Feed(store.log);
  store.listeners.push((committed) => feed.publish(committed));
  const say = (...offsets: number[]): unknown =>
    store.written(() =>
      store.log.append(
        session,
        NOW,
        offsets.map((offset) => delta(offset, PIECE)),
      ),
    );
  await admit(store, 'p1');
  say(0);
  // So long that the whole message, which then comes behind it, begins a page.
  await admit(store, 'p2', 'y'.repeat(100_000));
  const rest = Array.from({ length: 14 }, (_, index) => (index + 1) * PIECE.length);
  say(...rest);
  const early = new SlowReader();
  early.seq = 3;
  early.lengths.set('m1', PIECE.length);
  feed.subscribe(session, early.seq, early);
  await nextTurnOfLoop();
  assert.equal(early.seq, store.log.head(session), 'it has read a page that goes on with what it knew');
  const outcome = { how: 'done', stopReason: 'end_turn', agentSessionId: null } as const;
  const turn = { promptId: PromptId.parse('p1'), firstSeq: 1 };
  await store.synced(() => endTurn(store, session, turn, outcome, NOW));
  const late = new SlowReader();
  feed.subscribe(session, 0, late);
  for (let round = 0; round < 20 && late.seq < store.log.head(session); round += 1) await nextTurnOfLoop();
  assert.deepEqual([...late.lengths.values()], [15 * PIECE.length]);
});

test('pages that were read before a part of a turn was compacted are not given to whoever comes after', async () => {
  using opened = openStore();
  const { store } = opened;
  const session = await newSession(store);
  const feed = new Feed(store.log);
  store.listeners.push((committed) => feed.publish(committed));
  await admit(store, 'p');
  const words = 'x'.repeat(30_000);
  const piece = (index: number): EventBody => delta(index * words.length, words);
  // As stored, a page ends with the mode; once compacted, all of the message stands behind it.
  const before = Array.from({ length: 4 }, (_, index) => piece(index));
  const after = Array.from({ length: 4 }, (_, index) => piece(4 + index));
  store.written(() =>
    store.log.append(session, NOW, [...before, { type: 'mode', mode: 'm'.repeat(180_000) }, ...after]),
  );
  const head = store.log.head(session);
  const readAll = async (from: number): Promise<number | undefined> => {
    const reader = new SlowReader();
    reader.seq = from;
    feed.subscribe(session, from, reader);
    for (let round = 0; round < 100 && reader.seq < head; round += 1) {
      reader.drain();
      await nextTurnOfLoop();
    }
    return reader.lengths.get('m1');
  };
  assert.equal(await readAll(0), 8 * words.length);
  store.written(() => store.log.compactPart(session, 1, head + 1));
  assert.equal(await readAll(1), 8 * words.length);
});
