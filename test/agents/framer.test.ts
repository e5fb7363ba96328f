// Lines come out of the framer whole, whatever the pieces are in which their bytes arrive.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LineFramer } from '../../gateway/agents/framer.ts';

setFlagsFromString('--expose_gc');
// A new context has the function that the flag above adds.
const collectGarbage = runInNewContext('gc') as () => void;

const frame = (pieces: readonly Buffer[], maxBytes?: number): { lines: string[]; dropped: number[] } => {
  const dropped: number[] = [];
  const framer = new LineFramer((bytes) => dropped.push(bytes), maxBytes);
  const lines = pieces.flatMap((piece) => framer.push(piece));
  const last = framer.end();
  return { lines: last === undefined ? lines : [...lines, last], dropped };
};

test('the same lines come out wherever the bytes are split', () => {
  const lines = [
    '{"text":"plain"}',
    '',
    '{"text":"Grüße, 世界 🌍"}',
    '{"separator":"\u2028 is not a newline"}',
    'last',
  ];
  const bytes = Buffer.from(lines.join('\n'));
  for (let first = 0; first <= bytes.length; first += 1) {
    for (const second of [first, Math.min(first + 1, bytes.length), bytes.length]) {
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      assert.deepEqual(frame(pieces).lines, lines, `split at ${first} and ${second}`);
    }
  }
});

test('a line that is too long is dropped and reported once, and the lines around it are intact', () => {
  const long = 'x'.repeat(25);
  const bytes = Buffer.from(`before\n${long}\nafter\n`);
  for (const size of [1, 2, 7, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual(frame(pieces, 10), { lines: ['before', 'after'], dropped: [10] }, `pieces of ${size}`);
  }
});

test('a line of exactly the cap is taken', () => {
  assert.deepEqual(frame([Buffer.from('0123456789\n')], 10), { lines: ['0123456789'], dropped: [] });
});

test('a line that never ends is not kept in memory beyond the cap', async () => {
  const framer = new LineFramer(() => {}, 1024);
  const before = process.memoryUsage().arrayBuffers;
  // Each piece is a buffer of its own, so whatever the framer kept would show.
  for (let index = 0; index < 50; index += 1) framer.push(Buffer.alloc(1024 * 1024, 'x'));
  let kept = 50 * 1024 * 1024;
  // The memory of collected buffers is given back by another thread, some time later.
  for (let tries = 0; tries < 500 && kept > 2 * 1024 * 1024; tries += 1) {
    collectGarbage();
    await delay(10);
    kept = process.memoryUsage().arrayBuffers - before;
  }
  assert.ok(kept <= 2 * 1024 * 1024, `${kept} bytes are kept`);
  assert.equal(framer.end(), undefined);
});

test('bytes that are no UTF-8 become U+FFFD and harm no other line', () => {
  const pieces = [Buffer.from('one\n'), Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x0a]), Buffer.from('three\n')];
  assert.deepEqual(frame(pieces).lines, ['one', 'a\ufffd\ufffd(', 'three']);
});
