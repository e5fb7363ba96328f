// Lines out of bytes: whole, in order, within bounds, and every fault told in its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineReader, type Line } from '../../gateway/rpc/lines.ts';

const read = (chunks: readonly Buffer[], maxBytes = 64): Line[] => {
  const reader = new LineReader(maxBytes);
  const lines = chunks.flatMap((chunk) => reader.push(chunk));
  const rest = reader.end();
  return rest === undefined ? lines : [...lines, rest];
};

test('whatever the pieces look like, the lines are the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 12 })),
      fc.array(fc.nat(40)),
      (texts, cuts) => {
        const lines = texts
          .map((text) => text.replaceAll(/[\r\n]/g, '').trim())
          .filter((text) => text !== '');
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)));
        chunks.push(bytes.subarray(at));
        assert.deepEqual(
          read(chunks, 1024),
          lines.map((text) => ({ text })),
        );
      },
    ),
  );
});

test('a fault is told where its line was, and the next line is read', () => {
  const long = Buffer.from(`${'x'.repeat(65)}\n`);
  const fits = Buffer.from(`${'y'.repeat(64)}\n`);
  const bad = Buffer.from([0xff, 0x0a]);
  assert.deepEqual(read([Buffer.from('one\n'), long, bad, fits, Buffer.from('\r\n\nlast')]), [
    { text: 'one' },
    { fault: 'size' },
    { fault: 'encoding' },
    { text: 'y'.repeat(64) },
    { fault: 'partial' },
  ]);
});

test('a byte order mark is no part of a line, and alone it is none', () => {
  assert.deepEqual(read([Buffer.from('\uFEFF{"content":"x"}\n\uFEFF\r\n')]), [{ text: '{"content":"x"}' }]);
});

test('a line without an end is refused as soon as it is too long, once, and not kept', () => {
  const reader = new LineReader(64);
  const before = process.memoryUsage().arrayBuffers;
  assert.deepEqual(reader.push(Buffer.alloc(64, 'x')), []);
  assert.deepEqual(reader.push(Buffer.from('x')), [{ fault: 'size' }]);
  for (let i = 0; i < 200; i += 1) assert.deepEqual(reader.push(Buffer.alloc(1024 * 1024, 'x')), []);
  assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 1024 * 1024);
  assert.deepEqual(reader.push(Buffer.from('\nnext\n')), [{ text: 'next' }]);
  assert.deepEqual(reader.push(Buffer.alloc(100, 'x')), [{ fault: 'size' }]);
  assert.equal(reader.end(), undefined);
});
