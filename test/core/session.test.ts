// What a session's status and title follow from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { statusOf, stepOf, titleFrom } from '../../gateway/core/session.ts';
import { check } from '../support/property.ts';

test('the status follows from the agent, the turn and the open questions', () => {
  const table = [
    ['none', false, 0, 'stopped'],
    ['none', true, 1, 'stopped'],
    ['starting', true, 0, 'starting'],
    ['failed', false, 0, 'error'],
    ['ready', false, 0, 'idle'],
    ['ready', false, 1, 'idle'],
    ['ready', true, 0, 'busy'],
    ['ready', true, 2, 'waiting'],
  ] as const;
  for (const [agent, inTurn, openPermissions, status] of table) {
    assert.equal(
      statusOf({ agent, inTurn, openPermissions }),
      status,
      `${agent} ${inTurn} ${openPermissions}`,
    );
  }
});

test('a plan is at the step that is being worked on; one that is long is cut to well-formed text', () => {
  const content = '\u{1F9F5}'.repeat(101);
  const entries = [
    { content: 'Read', status: 'completed' },
    { content: `x${content}`, status: 'in_progress' },
  ] as const;
  assert.deepEqual(stepOf({ type: 'plan', entries: [...entries] }), {
    at: 2,
    of: 2,
    content: `x${'\u{1F9F5}'.repeat(99)}\uFFFD`,
  });
  assert.equal(stepOf({ type: 'plan', entries: entries.slice(0, 1) }), undefined);
});

test('a title is the first line of the first prompt, its blanks made one', () => {
  assert.equal(titleFrom('Fix   the\tbuild\nand then the tests'), 'Fix the build');
  assert.equal(titleFrom('\n\n  later  '), 'later');
});

test('a title of content blocks is their text; without text the session stays a new one', () => {
  assert.equal(titleFrom([{ type: 'text', text: 'Look at this' }]), 'Look at this');
  assert.equal(titleFrom([{ type: 'image', data: 'AAAA', mimeType: 'image/png' }]), 'New session');
  assert.equal(titleFrom('   '), 'New session');
});

test('a long first line is cut at a word', () => {
  const title = titleFrom('word '.repeat(40));
  assert.equal(title, `${'word '.repeat(12).trim()}…`);
});

test('any text gives a title that is short, well-formed, one line and never empty', async (t) => {
  await check(
    t,
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const title = titleFrom(text);
      assert.ok(title.length >= 1 && title.length <= 61, `${title.length}`);
      assert.ok(title.isWellFormed() || !text.isWellFormed());
      assert.doesNotMatch(title, /\n/);
    }),
  );
});
