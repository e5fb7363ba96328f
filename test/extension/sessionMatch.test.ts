// The tree's filter: what it lets through, what it marks, and how the groups look meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange } from '../../extension/sessionGroups.ts';
import { matchOf, type Filter } from '../../extension/sessionMatch.ts';
import { minutesAgo, NOW, session } from './sessions.ts';

const filter = (words: string, hits: Filter['hits'] = new Map()): Filter => ({ words, hits });
const marks = (title: string, words: string) => matchOf(session('s'), title, filter(words))?.highlights;

test('all words must stand in the title, in any order and case, and each place is marked', () => {
  assert.deepEqual(marks('Login page: login copy', 'LOGIN page'), [
    [0, 5],
    [6, 10],
    [12, 17],
  ]);
  assert.equal(marks('Login page', 'login keys'), undefined);
  assert.deepEqual(marks('aaaa', 'aa'), [
    [0, 2],
    [2, 4],
  ]);
});

test('places that overlap are marked as one', () => {
  assert.deepEqual(marks('Login page', 'login log'), [[0, 5]]);
  assert.deepEqual(marks('Login page', 'gin logi'), [[0, 5]]);
});

test('a letter that grows in lower case does not shift the marks', () => {
  assert.deepEqual(marks('İstanbul login', 'login'), [[9, 14]]);
});

test('a session is let through for what was said in it; its row says how often', () => {
  const said = session('said', { title: 'Rotate keys', status: 'stopped', agentSessionId: 'a' });
  const named = session('named', { title: 'Login page', path: '/code/docs', lastActivityAt: minutesAgo(2) });
  const other = session('other', { title: 'Invoices' });
  const place = { messageId: 'm7' };
  const groups = arrange([said, named, other], {
    folders: ['/code/harbor-api'],
    now: NOW,
    since: () => NOW,
    filter: filter('login', new Map([[said.sessionId, { count: 2, place }]])),
  });
  assert.deepEqual(
    groups.map(({ id, description, folded }) => [id, description, folded]),
    [
      ['filter:idle', '1 of 2', false],
      ['filter:stopped', '1 of 1', false],
    ],
  );
  const [inDocs, inTranscript] = groups.flatMap(({ children }) => children);
  assert.equal(inDocs?.description, 'docs · 2m');
  assert.equal(inTranscript?.description, '2 in transcript · 5m');
  assert.deepEqual(inTranscript?.kind === 'session' && inTranscript.match?.inTranscript?.place, place);
});
