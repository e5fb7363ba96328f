// Short names: an id, a unique beginning of one, or a title.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meant } from '../../gateway/cli/client.ts';
import { optionOf } from '../../gateway/cli/answer.ts';
import type { PermissionOption } from '../../gateway/protocol/index.ts';

const sessions = [
  { id: 'aa11', title: 'Fix login' },
  { id: 'aa22', title: 'aa11' },
  { id: 'bb33', title: 'fix login' },
  { id: 'cc44', title: 'Docs' },
];
const find = (text: string): string =>
  meant(
    'session',
    text,
    sessions,
    ({ id }) => id,
    ({ title }) => title,
  ).id;

test('an id is found whole or by a beginning that only it has', () => {
  assert.equal(find('bb33'), 'bb33');
  assert.equal(find('b'), 'bb33');
  assert.throws(() => find('aa'), /"aa" could be 2 sessions: aa11, aa22\. Give more of the id\./);
});

test('nobody takes an id away by calling a session so', () => {
  assert.equal(find('aa11'), 'aa11');
});

test('a title is found, exactly before without regard to case', () => {
  assert.equal(find('fix login'), 'bb33');
  assert.equal(find('docs'), 'cc44');
  assert.throws(() => find('FIX LOGIN'), /could be 2 sessions/);
  assert.throws(() => find('nothing'), /There is no session "nothing"\. List them: holdfast sessions/);
  assert.throws(() => find(''), /There is no session ""/);
});

test('what was typed is harmless in the complaint about it', () => {
  assert.throws(() => find('\u001b[31mred'), { message: /"␛\[31mred"/ });
});

test('an option of a permission goes by id, then by its words, then by number', () => {
  const option = (optionId: string, name: string): PermissionOption => ({
    optionId,
    name,
    kind: 'allow_once',
  });
  const asked = { options: [option('2', 'Allow'), option('b', 'Reject'), option('c', 'Other')] };
  assert.equal(optionOf(asked, '2').name, 'Allow');
  assert.equal(optionOf(asked, 'reject').optionId, 'b');
  assert.equal(optionOf(asked, '3').optionId, 'c');
  for (const text of ['', '0', '4', '-1', '1.0', '01']) {
    assert.throws(() => optionOf(asked, text), /Offered: 1 Allow \(2\), 2 Reject \(b\), 3 Other \(c\)/);
  }
});
