// A pairing code as words: what was said is what is heard, and what was misheard is noticed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  newSecret,
  readCode,
  writeCode,
  writeCodeInWords,
  type PairingCode,
} from '../../gateway/peers/code.ts';
import { readWords, writeWords } from '../../gateway/peers/words.ts';
import { newFolder } from '../support/folders.ts';
import { holdfast } from '../cli/holdfast.ts';
import { startGateway } from '../support/gateway.ts';
import { auditOf, peersConfig } from '../support/peers.ts';

const LETTERS = 'bdfghjklmnprstvzaiou'.split('');

const invitation = (addresses: readonly string[]): PairingCode => ({
  secret: newSecret('words'),
  fingerprint: randomBytes(32).toString('hex'),
  addresses,
  port: 7411,
});

const mustRead = (text: string): PairingCode => {
  const read = readCode(text);
  if (typeof read === 'string') throw new Error(read);
  return read;
};

describe('words', () => {
  it('are the bytes that they were made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 30 }), (bytes) => {
        const words = writeWords(Buffer.from(bytes));
        assert.match(words, /^(?:[a-z]{5} ){15}[a-z]{5}$/);
        assert.deepEqual(readWords(words, 30), Buffer.from(bytes));
      }),
    );
  });

  it('are none of another length, with a letter that is not used, or in another order', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 30 }),
        fc.nat(15),
        fc.nat(15),
        (bytes, first, second) => {
          const words = writeWords(Buffer.from(bytes)).split(' ');
          assert.equal(typeof readWords(words.slice(0, -1).join(' '), 30), 'string');
          assert.equal(typeof readWords([...words, 'babab'].join(' '), 30), 'string');
          const [one = '', other = ''] = [words[first], words[second]];
          if (one === other) return;
          const swapped = words.with(first, other).with(second, one).join(' ');
          // 16 bits of check: one in 65,536 passes, and is refused by the other side.
          const read = readWords(swapped, 30);
          assert.ok(typeof read === 'string' || read?.equals(Buffer.from(bytes)) === false);
        },
      ),
    );
  });

  it('that were misheard are found by their check, nearly always', () => {
    const words = writeWords(randomBytes(30));
    const changed = Array.from({ length: 95 }, (_, at) =>
      words[at] === ' '
        ? []
        : LETTERS.flatMap((letter) =>
            letter === words[at] ? [] : [words.slice(0, at) + letter + words.slice(at + 1)],
          ),
    ).flat();
    const unnoticed = changed.filter((text) => typeof readWords(text, 30) !== 'string');
    assert.ok(unnoticed.length <= 2, `${unnoticed.length} of ${changed.length}`);
  });
});

describe('a code of words', () => {
  it('says all that a code says, in the room that there is', () => {
    const made = invitation(['[fd00::1]:7411', '10.1.2.3:7412', '10.1.2.4:7412']);
    const read = mustRead(writeCodeInWords(made));
    assert.deepEqual(read, {
      secret: made.secret,
      fingerprint: made.fingerprint.slice(0, 16),
      addresses: ['10.1.2.3:7412'],
      port: 7412,
    });
    const nowhere = mustRead(writeCodeInWords(invitation(['box.lan:9', '[fd00::1]:9'])));
    assert.deepEqual([nowhere.addresses, nowhere.port], [[], 7411]);
  });

  it('is read however it was typed, and never taken for one of text or the other way round', () => {
    const made = invitation(['10.1.2.3:7412']);
    const words = writeCodeInWords(made);
    const typed = [
      words.toUpperCase(),
      words.replaceAll(' ', '-'),
      words.replaceAll(' ', ',\n '),
      `  ${words}. `,
    ];
    for (const text of typed) assert.deepEqual(mustRead(text), mustRead(words));
    const text = writeCode({ ...made, secret: newSecret('text') }, 1_800_000_000);
    assert.equal(mustRead(`${text.slice(0, 40)}\n  ${text.slice(40)}`).secret.length, 32);
    const wrong: [string, RegExp][] = [
      ['', /no pairing code/],
      ['hello there, this is no code at all', /no pairing code/],
      [words.split(' ').slice(1).join(' '), /has 16 words; these are 15/],
      [words.replace(/^\w+/, 'queen'), /Word 1, "queen"/],
      [text.slice(0, -1), /part of this pairing code is missing/],
      [text.slice(3), /no pairing code/],
      [`${words} hf1.`, /no pairing code/],
    ];
    for (const [given, reason] of wrong) assert.throws(() => mustRead(given), reason);
  });
});

it('a gateway is linked by words, once, and by nothing like them', async () => {
  await using desk = await startGateway({ config: peersConfig('desk') });
  await using box = await startGateway({ config: peersConfig('box') });
  await using crate = await startGateway({ home: newFolder(), config: peersConfig('crate') });
  const { out: words, err } = await holdfast(desk.home, [
    'peers',
    'invite',
    '--words',
    '--address',
    '127.0.0.1',
  ]);
  assert.match(words, /^(?:[a-z]{5} ){15}[a-z]{5}\n$/);
  assert.match(err, /look for this one at 127\.0\.0\.1:\d+\./);
  const misheard = await holdfast(box.home, ['peers', 'join'], { input: words.replace(/^./, 'x') });
  assert.equal(misheard.code, 1);
  assert.match(misheard.err, /Word 1, "x/);
  const joined = await holdfast(box.home, ['peers', 'join'], { input: words.toUpperCase() });
  assert.match(joined.out, /^Linked with desk: connected/, joined.err);
  const again = await holdfast(crate.home, ['peers', 'join'], { input: words });
  assert.match(again.err, /does not take the code/);
  assert.deepEqual((await (await crate.connect()).call('peers.list', {})).peers, []);

  // Words for which this machine has no address are told one.
  const a = await desk.connect();
  const named = await a.call('peers.invite', { words: true, address: 'localhost' });
  assert.deepEqual(named.addresses, []);
  const { port } = mustRead(named.code);
  const c = await crate.connect();
  await assert.rejects(c.call('peers.join', { code: named.code }), { problem: 'peer.offline' });
  const told = await c.call('peers.join', { code: named.code, address: '127.0.0.1' });
  assert.deepEqual([told.address, told.state], [`127.0.0.1:${port}`, 'connected']);

  const burnt = await a.call('peers.invite', { words: true, address: '127.0.0.1' });
  const read = mustRead(burnt.code);
  await c.call('peers.remove', { name: 'desk' });
  const forged = writeCodeInWords({ ...read, secret: newSecret('words') });
  // A secret that is no invitation's is unknown, and burns none.
  await assert.rejects(c.call('peers.join', { code: forged }), { problem: 'peer.code' });
  assert.equal(auditOf(desk, 'peer.burnt').length, 0);
  assert.equal((await c.call('peers.join', { code: burnt.code })).state, 'connected');
});
