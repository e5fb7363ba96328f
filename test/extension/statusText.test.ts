// What the status bar says in every state of the link.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../../extension/chatMessages.ts';
import { statusText } from '../../extension/statusText.ts';
import { session } from './sessions.ts';

const fresh = { known: false, wanted: true };
const heard = { known: true, wanted: true };
const connected: Link = { state: 'connected', since: 0 };

test('the first search is a start, a later one a reconnection that counts its tries', () => {
  const first: Link = { state: 'connecting', since: 0, attempt: 1 };
  assert.equal(statusText(first, [], fresh).text, 'Starting');
  assert.equal(statusText(first, [], heard).text, 'Reconnecting');
  assert.equal(statusText({ ...first, attempt: 2 }, [], heard).text, 'Reconnecting, second try');
});

test('a window that nobody uses for Holdfast does not cry for a gateway', () => {
  const gone: Link = { state: 'offline', since: 0, reason: 'none runs' };
  assert.deepEqual(statusText(gone, [], { known: false, wanted: false }), {
    icon: 'comment-discussion',
    text: 'Not running',
    warns: false,
  });
  const unused = { known: false, wanted: false };
  assert.equal(statusText(connected, [], unused).text, 'Connected', 'one that runs is no secret');
  assert.equal(
    statusText(gone, [], { known: true, wanted: false }).warns,
    true,
    'one that was there is missed',
  );
});

test('only a link that stays away warns', () => {
  assert.equal(statusText({ state: 'offline', since: 0, reason: 'gone' }, [], heard).warns, true);
  assert.equal(statusText(connected, [session('a', { pendingPermissions: 1 })], heard).warns, false);
});

test('connected, it says what the sessions need or do', () => {
  const asking = session('a', { status: 'waiting', pendingPermissions: 1 });
  const busy = session('b', { status: 'busy' });
  assert.equal(statusText(connected, [], heard).text, 'Connected');
  assert.equal(statusText(connected, [busy], heard).text, '1 working');
  assert.equal(statusText(connected, [busy, asking], heard).text, '1 needs you');
  assert.equal(statusText(connected, [{ ...asking, archived: true }], heard).text, 'Connected');
});
