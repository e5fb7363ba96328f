// Frames from strangers: however the bytes arrive, and whatever they are, only what was sent is delivered, in its order.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { FrameCutter, FrameError, FrameStream, MAX_FRAME_BYTES } from '../../gateway/peers/frame.ts';
import { linkPair } from '../support/linkPair.ts';
import { check } from '../support/property.ts';
import { within } from '../support/waitFor.ts';

const frameOf = (text: string, length = Buffer.byteLength(text)): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  return Buffer.concat([header, Buffer.from(text)]);
};

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** A stream that bytes are thrown at; tells what came out of it, and how it ended. */
function victim(isOpen = true) {
  const [attacker, carrier] = duplexPair();
  const frames = new FrameStream(carrier);
  if (isOpen) frames.open();
  const heard: unknown[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  frames.onFrame = (kind, body) => heard.push([kind, body]);
  frames.onEnd = resolve;
  const said: string[] = [];
  const cutter = new FrameCutter();
  attacker.on('data', (chunk: Buffer) => said.push(...cutter.push(chunk)));
  attacker.on('error', () => {});
  return { attacker, heard, ended, said };
}

describe('a frame', () => {
  const table: readonly (readonly [string, Buffer, string])[] = [
    ['of no length', frameOf('', 0), 'frame.size'],
    ['of 4 GiB', frameOf('x', 0xffffffff), 'frame.size'],
    ['of one byte more than fits', frameOf('x', MAX_FRAME_BYTES + 1), 'frame.size'],
    ['that skips a number', frameOf('[2,"data",1]'), 'frame.seq'],
    ['that comes twice', Buffer.concat([frameOf('[1,"data",1]'), frameOf('[1,"data",1]')]), 'frame.seq'],
    ['with a number below one', frameOf('[0,"data",1]'), 'frame.json'],
    ['that is no JSON', frameOf('[1,"data",'), 'frame.json'],
    ['with more behind it', frameOf('[1,"data",1]]'), 'frame.json'],
    ['of another shape', frameOf('{"seq":1}'), 'frame.json'],
    ['of a kind that cannot be', frameOf('[1,"DATA",1]'), 'frame.json'],
    ['nested deeper than anything', frameOf(`[1,"data",${nested(100)}]`), 'frame.json'],
    ['of nothing but open brackets', frameOf(`[1,"data",${'['.repeat(100_000)}`), 'frame.json'],
  ];
  for (const [name, bytes, code] of table) {
    it(`${name} ends the stream with ${code}`, async () => {
      const { attacker, ended, said } = victim();
      attacker.write(bytes);
      assert.notEqual(await within('the end', ended), '');
      assert.match(said.join(), new RegExp(`"bye",{"code":"${code}"`));
    });
  }

  it('of a stranger is short', async () => {
    const { attacker, ended, heard } = victim(false);
    attacker.write(frameOf(`[1,"hello","${'x'.repeat(20_000)}"]`));
    assert.match(await ended, /A frame holds 1 to 16384 bytes/);
    assert.deepEqual(heard, []);
  });

  it('of a kind that is not known is skipped', async () => {
    const [a, b] = linkPair('a', 'b');
    a.control('novelty', { of: 'a newer gateway' });
    a.beat(null);
    await new Promise<void>((resolve) => (a.onRoundTrip = resolve));
    assert.ok(a.rttMs !== null && b.lastHeardAt > 0);
  });

  it('that greets again ends the link', async () => {
    const [a, b] = linkPair('a', 'b');
    a.control('hello', {});
    assert.equal(await b.closed, 'A second greeting.');
    assert.equal(await a.closed, 'A second greeting.');
    assert.equal(a.byeCode, 'hello.twice');
  });
});

describe('a fuzzer', () => {
  const texts = fc.array(fc.json({ maxDepth: 3 }), { minLength: 1, maxLength: 8 });
  const wire = (bodies: readonly string[]): Buffer =>
    Buffer.concat(bodies.map((body, n) => frameOf(`[${n + 1},"data",${body}]`)));

  it('finds the same frames wherever the bytes are cut', async (t) => {
    const property = fc.property(texts, fc.array(fc.nat(), { maxLength: 20 }), (all, cuts) => {
      const bytes = Buffer.concat(all.map((text) => frameOf(text)));
      const places = [...new Set(cuts.map((cut) => cut % bytes.length))].toSorted((a, b) => a - b);
      const cutter = new FrameCutter();
      const found: string[] = [];
      for (const [n, from] of [0, ...places].entries())
        found.push(...cutter.push(bytes.subarray(from, places[n] ?? bytes.length)));
      assert.deepEqual(found, all);
    });
    await check(t, property);
  });

  it('and when each byte comes alone', () => {
    const bytes = wire(['{"a":[1,2,3]}', '"ü"', 'null']);
    const cutter = new FrameCutter();
    const found = [...bytes].flatMap((byte) => [...cutter.push(Buffer.of(byte))]);
    assert.deepEqual(found, ['[1,"data",{"a":[1,2,3]}]', '[2,"data","ü"]', '[3,"data",null]']);
  });

  it('gets nothing but FrameError out of noise', async (t) => {
    const property = fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (noise) => {
      const cutter = new FrameCutter();
      try {
        for (const chunk of noise)
          for (const text of cutter.push(Buffer.from(chunk))) assert.equal(typeof text, 'string');
      } catch (error) {
        assert.ok(error instanceof FrameError);
      }
    });
    await check(t, property, 1000);
  });

  it('gets no more delivered than was sent, whatever it does to the bytes', async (t) => {
    const damage = fc.record({
      kind: fc.constantFrom('flip', 'cut', 'repeat', 'drop', 'insert'),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 40 }),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    const property = fc.asyncProperty(texts, damage, async (all, { kind, at, length, bit }) => {
      const bytes = wire(all);
      const place = at % bytes.length;
      const end = Math.min(bytes.length, place + length);
      const [head, piece, tail] = [bytes.subarray(0, place), bytes.subarray(place, end), bytes.subarray(end)];
      const flipped = Buffer.from(piece);
      flipped[0] = (flipped[0] ?? 0) ^ (1 << bit);
      const damaged = {
        flip: [head, flipped, tail],
        cut: [head],
        repeat: [head, piece, piece, tail],
        drop: [head, tail],
        insert: [head, Buffer.from([length, bit]), piece, tail],
      }[kind];
      const { attacker, heard, ended } = victim();
      attacker.end(Buffer.concat(damaged ?? []));
      await within('the end', ended);
      const sent = all.map((text) => JSON.stringify(['data', JSON.parse(text)]));
      const got = heard.map((one) => JSON.stringify(one));
      // What is changed inside a frame is a matter of TLS; number and order are held here.
      assert.ok(got.length <= sent.length);
      if (kind === 'cut') assert.deepEqual(got, sent.slice(0, got.length));
    });
    await check(t, property, 200);
  });
});
