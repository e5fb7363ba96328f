// What the status bar says in every state of the link.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../../extension/chatMessages.ts';
import { statusText } from '../../extension/statusText.ts';
import { session } from './sessions.ts';

const connected: Link = { state: 'connected', since: 0 };

test('the first search is a start, a later one a reconnection that counts its tries', () => {
  const first: Link = { state: 'connecting', since: 0, attempt: 1 };
  assert.equal(statusText(first, [], false).text, 'Starting');
  assert.equal(statusText(first, [], true).text, 'Reconnecting');
  assert.equal(statusText({ ...first, attempt: 2 }, [], true).text, 'Reconnecting, second try');
});

test('only a link that stays away warns', () => {
  assert.equal(statusText({ state: 'offline', since: 0, reason: 'gone' }, [], true).warns, true);
  assert.equal(statusText(connected, [session('a', { pendingPermissions: 1 })], true).warns, false);
});

test('connected, it says what the sessions need or do', () => {
  const asking = session('a', { status: 'waiting', pendingPermissions: 1 });
  const busy = session('b', { status: 'busy' });
  assert.equal(statusText(connected, [], true).text, 'Connected');
  assert.equal(statusText(connected, [busy], true).text, '1 working');
  assert.equal(statusText(connected, [busy, asking], true).text, '1 needs you');
  assert.equal(statusText(connected, [{ ...asking, archived: true }], true).text, 'Connected');
});
