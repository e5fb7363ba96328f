// Text of others stays text in labels and messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plain, plainLabel, plainLines } from '../../extension/plainText.ts';

test('a link to a command is not a link any more', () => {
  assert.equal(
    plain('see [this](command:workbench.action.quit)'),
    'see [this] (command:workbench.action.quit)',
  );
});

test('an icon in a label is spelled out', () => {
  assert.equal(plainLabel('$(check) Allowed'), '\\$(check) Allowed');
});

test('of several lines nothing is left that cannot be seen, or that turns the direction of reading', () => {
  const hidden = 'ta\u200bgs\u{e0041} \u202eexe.txt\u0007\r\n\tb\ufff9';
  assert.equal(plainLines(hidden), 'tags exe.txt\n  b');
});

test('whatever comes in: one line, well formed, within the limit, no link', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const line = plain(text, 100);
      assert.ok(line.length <= 100);
      assert.ok(!/[\n\r\u2028\u202e]/.test(line));
      assert.ok(!line.includes(']('));
    }),
  );
});
