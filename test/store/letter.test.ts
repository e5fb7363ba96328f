// Fingerprints: what they were made of in an earlier version they are made of for ever, or sent again would be a conflict.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { fingerprinted } from '../../gateway/core/mail.ts';
import { fingerprintOf } from '../../gateway/store/letter.ts';

const MESSAGE = {
  to: 'reviewer@desk',
  type: 'message',
  replyTo: null,
  priority: 'next',
  meta: {},
  content: 'Grüße \u0007 "quoted" \u2028 😀',
} as const;

test('a message has the fingerprint that it had in the first version', () => {
  assert.equal(fingerprintOf(MESSAGE), 'f396f8790899e831869ecd32df56a959a9dc76247274e37bd9b5f5b7495cb6c0');
  const meta = { b: 1e21, a: ['x', { z: null, y: true }] };
  assert.equal(
    fingerprintOf({ ...MESSAGE, to: '@news', meta }),
    '9ddc93d93ba3d8896346cfef96bba23a279f86283b1ddb941dfd846fff1cf4c5',
  );
});

test('with or without a meta, the fingerprint is that of the canonical JSON', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, text, fc.boolean(), (content, type, hasMeta) => {
      const message = { ...MESSAGE, content, type, meta: hasMeta ? { b: content, a: type } : {} };
      const canonical = canonicalize(fingerprinted(message.to, message)) ?? '';
      assert.equal(fingerprintOf(message), createHash('sha256').update(canonical).digest('hex'));
    }),
  );
});
