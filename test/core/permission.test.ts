// An answer counts once, for an option that was offered, and for exactly what was shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type PermissionState } from '../../gateway/core/permission.ts';
import { ClientId } from '../../gateway/protocol/index.ts';

const permission = {
  options: [
    { optionId: 'allow', name: 'Allow', kind: 'allow_once' as const },
    { optionId: 'reject', name: 'Reject', kind: 'reject_once' as const },
  ],
  digest: 'd1',
};
const open: PermissionState = { state: 'open' };
const answered: PermissionState = {
  state: 'answered',
  optionId: 'allow',
  by: { clientId: ClientId.parse('c1'), name: 'window one' },
};

test('an offered option of an open question is accepted, with the right digest or with none', () => {
  assert.deepEqual(judge(permission, open, { optionId: 'reject' }), { verdict: 'accept' });
  assert.deepEqual(judge(permission, open, { optionId: 'allow', digest: 'd1' }), { verdict: 'accept' });
});

test('an option that was not offered is refused', () => {
  assert.deepEqual(judge(permission, open, { optionId: 'allow-always' }), { verdict: 'noSuchOption' });
});

test('an answer to something else than what is asked is refused', () => {
  assert.deepEqual(judge(permission, open, { optionId: 'allow', digest: 'd0' }), { verdict: 'changed' });
});

test('whoever comes later learns of the first answer, even with the same one', () => {
  for (const optionId of ['allow', 'reject']) {
    assert.deepEqual(judge(permission, answered, { optionId }), { verdict: 'resolved', state: answered });
  }
});

test('a question that was taken back cannot be answered', () => {
  const state: PermissionState = { state: 'withdrawn' };
  assert.deepEqual(judge(permission, state, { optionId: 'allow' }), { verdict: 'resolved', state });
});
