// A reader that has stopped reading costs the others nothing, and the gateway no memory; it goes on where it was.
// HOLDFAST_STALL_BYTES=1000000000 tells it with a whole gigabyte, in which the stalled reader is also cut.
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { Cursor, Event, SessionId } from '../../gateway/protocol/index.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { waitFor } from '../support/waitFor.ts';

const MEGABYTE = 1024 * 1024;
/**
 * What stays, by the lowest that the last quarter of the stream falls to: -3 to 96 MB were seen, the most beside other work.
 * A stalled reader with all that it has not read would be 144 MB. `rpc/websocket.test.ts` holds the bound to the byte.
 */
const MOST_KEPT = 144;
/** With garbage, which on a busy machine waits longer for its collector. */
const MOST_MORE = 240;
const BYTES = Number(process.env['HOLDFAST_STALL_BYTES'] ?? 80_000_000);
/** So many pieces of so many bytes in each turn. */
const [PIECES, PIECE] = [265, 16_000];
const TURN = `stream ${PIECES} 0 ${PIECE}`;
/** A busy heap grows up to a point: that is what any stream costs, and no part of what a stalled reader costs. */
const WARM_TURNS = 24;
const TURNS = Math.ceil(BYTES / (PIECES * PIECE));
/** The stream comes at a few megabytes a second, also where others use the machine. */
const PATIENCE_MS = 60_000 + BYTES / 2_000;

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** Reads a session over a plain WebSocket, and keeps of each message its length and a hash only. */
class Reader implements Disposable {
  readonly #messages = new Map<string, { length: number; hash: Hash }>();
  readonly ages: number[] = [];
  #seq = 0;
  results = 0;
  cursor: Cursor;
  isClosed = false;
  socket!: WebSocket; // Set by open() before anything else can happen.

  private constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  static async open(gateway: TestGateway, sessionId: SessionId, cursor: Cursor): Promise<Reader> {
    const reader = new Reader(cursor);
    await reader.resume(gateway, sessionId);
    return reader;
  }

  async resume({ socket: address }: TestGateway, sessionId: SessionId): Promise<void> {
    const socket = new WebSocket(`ws+unix:${address}:/rpc`, { headers: { Host: 'localhost' } });
    this.socket = socket;
    this.isClosed = false;
    socket.on('close', () => (this.isClosed = true));
    socket.on('message', (data: Buffer) => this.#read(data));
    await once(socket, 'open');
    const params = { sessionId, cursor: this.cursor };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.subscribe', params }));
    await once(socket, 'message');
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  /** All that was said, in short. */
  get said(): string[] {
    return [...this.#messages].map(
      ([id, { length, hash }]) => `${id} ${length} ${hash.copy().digest('hex')}`,
    );
  }

  #read(data: Buffer): void {
    // Sent by the same contract that our own client reads.
    const { method, params, result } = JSON.parse(data.toString('utf8')) as {
      method?: string;
      params: { events: Event[]; cursor: Cursor };
      result?: { gap: boolean };
    };
    assert.notEqual(result?.gap, true);
    if (method !== 'session.events') return;
    this.cursor = params.cursor;
    for (const event of params.events) this.#apply(event);
    const last = params.events.at(-1);
    if (last !== undefined) this.ages.push(Date.now() - Date.parse(last.ts));
  }

  #apply(event: Event): void {
    assert.ok(event.seq > this.#seq, `${event.seq} after ${this.#seq}`);
    this.#seq = event.seq;
    if (event.type === 'result') this.results += 1;
    if (event.type !== 'text' && event.type !== 'partial') return;
    const message = this.#messages.get(event.messageId) ?? { length: 0, hash: createHash('sha256') };
    this.#messages.set(event.messageId, message);
    const offset = event.type === 'text' ? 0 : event.offset;
    assert.ok(
      offset <= message.length,
      `of ${event.messageId} the characters from ${message.length} on are missing`,
    );
    // What was compacted meanwhile may begin with what was read already.
    const news = event.content.slice(message.length - offset);
    message.hash.update(news);
    message.length += news.length;
  }
}

test(`${Math.round(BYTES / 1e6)} MB stream to one reader while another has stopped`, async (t) => {
  // All of it is kept, so that the reader that has stopped may read all of it.
  await using gateway = await startGateway({
    config: { log: { maxEvents: 1e9, maxBytes: 1e12, maxAgeDays: null } },
  });
  const client = await gateway.connect('who sends');
  const sessionId = await client.newSession();

  const { cursor } = await client.ask(sessionId, 'echo first');
  assert.ok(cursor !== undefined);
  using live = await Reader.open(gateway, sessionId, cursor);
  for (let turn = 0; turn < WARM_TURNS; turn += 1)
    await client.call('session.send', { sessionId, message: TURN });
  let before = Number.POSITIVE_INFINITY;
  await waitFor(
    'the stream to be warm',
    () => {
      if (live.results > WARM_TURNS / 2) before = Math.min(before, residentBytes(gateway.pid));
      return live.results === WARM_TURNS;
    },
    PATIENCE_MS,
  );

  using stalled = await Reader.open(gateway, sessionId, cursor);
  stalled.socket.pause();
  let highest = 0;
  let lowest = Number.POSITIVE_INFINITY;
  live.ages.length = 0;
  for (let turn = 0; turn < TURNS; turn += 1) await client.call('session.send', { sessionId, message: TURN });
  const all = WARM_TURNS + TURNS;
  await waitFor(
    'the end of the stream',
    () => {
      const now = residentBytes(gateway.pid);
      highest = Math.max(highest, now);
      if (live.results >= all - TURNS / 4) lowest = Math.min(lowest, now);
      return live.results === all;
    },
    PATIENCE_MS,
  );
  const more = Math.round((highest - before) / MEGABYTE);
  const kept = Math.round((lowest - before) / MEGABYTE);
  const age = live.ages.toSorted((a, b) => a - b)[Math.floor(live.ages.length * 0.99)];
  t.diagnostic(
    `${kept} MB more, at times ${more} MB; the live reader's events are ${age} ms old at the 99th percentile`,
  );
  assert.ok(kept < MOST_KEPT, `${kept} MB more stay`);
  assert.ok(more < MOST_MORE, `${more} MB more`);
  assert.equal(stalled.results, 0, 'the reader that has stopped did read');

  stalled.socket.resume();
  await waitFor(
    'the stalled reader to catch up, or to be cut',
    () => stalled.results === all || stalled.isClosed,
    PATIENCE_MS,
  );
  if (stalled.isClosed) {
    t.diagnostic(`the stalled reader was cut, and resumes after ${stalled.results} turns`);
    await stalled.resume(gateway, sessionId);
    await waitFor('the reader that was cut to catch up', () => stalled.results === all, PATIENCE_MS);
  }
  assert.deepEqual(stalled.said, live.said);
});
