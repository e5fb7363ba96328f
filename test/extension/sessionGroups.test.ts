// The order of the session tree: what needs me first, then this folder, then the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerName, type Session } from '../../gateway/protocol/index.ts';
import { arrange, isHere, needsYou, type GroupRow } from '../../extension/sessionGroups.ts';
import { minutesAgo, NOW, session } from './sessions.ts';

const view = {
  folders: ['/code/harbor-api'],
  now: NOW,
  since: ({ lastActivityAt }: { lastActivityAt: string }) => Date.parse(lastActivityAt),
};

/** The tree as one reads it, a line a row. */
const drawn = (groups: readonly GroupRow[]): string[] =>
  groups.flatMap((group) => [
    `${group.label} ${group.description}${group.folded ? ' (folded)' : ''}`,
    ...group.children.flatMap((row) => [
      `  ${row.label} | ${row.description}`,
      ...(row.kind === 'folder'
        ? row.children.map((inner) => `    ${inner.label} | ${inner.description}`)
        : []),
    ]),
  ]);

test('groups come in a fixed order, newest first, and an empty group is absent', () => {
  const groups = arrange(
    [
      session('old', { lastActivityAt: minutesAgo(18) }),
      session('stopped', { status: 'stopped', agentSessionId: 'a', lastActivityAt: minutesAgo(8 * 24 * 60) }),
      session('broke', { status: 'error', agentSessionId: 'a', lastActivityAt: minutesAgo(20) }),
      session('begins', { status: 'starting' }),
      session('young', { lastActivityAt: minutesAgo(0) }),
      session('asks', { status: 'waiting', pendingPermissions: 1, lastActivityAt: minutesAgo(1) }),
    ],
    view,
  );
  assert.deepEqual(drawn(groups), [
    'Needs you 1',
    '  asks | Permission · 1m',
    'Working 1',
    '  begins | Starting · 5m',
    'Idle 3',
    '  young | now',
    '  old | 18m',
    '  broke | Failed · 20m',
    'Stopped 1 (folded)',
    '  stopped | 12 Nov',
  ]);
});

test('whose agent wants an answer, and no leave, has a question', () => {
  const asking = (id: string, pendingPermissions: number, pendingQuestions?: number): Session =>
    session(id, { status: 'waiting', pendingPermissions, ...(pendingQuestions && { pendingQuestions }) });
  const groups = arrange([asking('a', 1, 1), asking('b', 2, 2), asking('c', 2, 1), asking('d', 1)], view);
  assert.deepEqual(drawn(groups), [
    'Needs you 4',
    '  a | Question · 5m',
    '  b | 2 questions · 5m',
    '  c | 2 permissions · 5m',
    '  d | Permission · 5m',
  ]);
});

test('a session that works by a plan says at which step it is', () => {
  const step = { at: 2, of: 4, content: 'Run the tests' };
  const groups = arrange(
    [
      session('plans', { status: 'busy', step, lastActivityAt: minutesAgo(4) }),
      session('asks', { status: 'waiting', pendingPermissions: 1, step }),
    ],
    view,
  );
  assert.deepEqual(drawn(groups), [
    'Needs you 1',
    '  asks | Permission · 5m',
    'Working 1',
    '  plans | Step 2 of 4 · 4m',
  ]);
});

test('sessions of other folders are folded into one row each, except when they need you', () => {
  const groups = arrange(
    [
      session('a', { path: '/code/billing', lastActivityAt: minutesAgo(180) }),
      session('b', { path: '/code/billing', lastActivityAt: minutesAgo(120) }),
      session('c', { path: '/code/harbor-api/packages/core' }),
      session('d', { path: '/code/docs-site', status: 'waiting', pendingPermissions: 2 }),
      session('e', { path: '/code/harbor-api-old' }),
    ],
    view,
  );
  assert.deepEqual(drawn(groups), [
    'Needs you 1',
    '  d | 2 permissions · docs-site · 5m',
    'Idle 4',
    '  c | 5m',
    '  billing | 2',
    '    b | 2h',
    '    a | 3h',
    '  harbor-api-old | 1',
    '    e | 5m',
  ]);
});

test('two folders of one name are told apart by the folder above', () => {
  const paths = ['/code/one/api', '/code/two/api'];
  const groups = arrange(
    paths.map((path, index) => session(`s${index}`, { path })),
    view,
  );
  assert.deepEqual(
    groups[0]?.children.map(({ label }) => label),
    ['one/api', 'two/api'],
  );
});

test('a session below a folder of the window is here, also on Windows; one beside it is not', () => {
  const here = (path: string, folder: string): boolean => isHere({ path }, [folder]);
  assert.equal(here('/code/harbor-api/docs', '/code/harbor-api'), true);
  assert.equal(here('/code/harbor-api-docs', '/code/harbor-api'), false);
  assert.equal(here('/code', '/'), true);
  assert.equal(isHere({ path: '/code', peer: PeerName.parse('workstation') }, ['/code']), false);
  assert.equal(here('C:\\code\\harbor-api\\docs', 'C:\\code\\harbor-api'), true);
  assert.equal(here('C:\\code', 'C:\\'), true);
  assert.equal(here('C:\\code\\harbor-api-docs', 'C:\\code\\harbor-api'), false);
});

test('a window without a folder shows all sessions flat, with their folders', () => {
  const groups = arrange([session('a', { path: '/code/billing' })], { ...view, folders: [] });
  assert.deepEqual(drawn(groups), ['Idle 1', '  a | billing · 5m']);
});

test('an uncertain prompt needs you, even when its session has stopped', () => {
  const one = session('a', { status: 'stopped', uncertain: 1 });
  assert.equal(needsYou(one), true);
  assert.equal(
    needsYou(session('b', { status: 'stopped', pendingPermissions: 1 })),
    true,
    'so does a question',
  );
  assert.deepEqual(drawn(arrange([one], view)), ['Needs you 1', '  a | Uncertain · 5m']);
});

test('an archived session is out of sight and needs nobody', () => {
  const one = session('a', { pendingPermissions: 1, archived: true });
  assert.equal(needsYou(one), false);
  assert.deepEqual(arrange([one], view), []);
});

test('working sessions stand in the order in which they began, whatever they did last', () => {
  const began = new Map([
    ['a', NOW - 60_000],
    ['b', NOW - 240_000],
  ]);
  const groups = arrange(
    [
      session('b', { status: 'busy', lastActivityAt: minutesAgo(0) }),
      session('a', { status: 'busy', lastActivityAt: minutesAgo(3) }),
    ],
    { ...view, since: ({ sessionId }) => began.get(sessionId) ?? 0 },
  );
  assert.deepEqual(drawn(groups), ['Working 2', '  a | 1m', '  b | 4m']);
});

test('a title cannot draw over the row: control and direction marks are taken out', () => {
  const groups = arrange(
    [session('a', { title: 'one\ntwo\u202Ethree' }), session('b', { title: '\u0007' })],
    view,
  );
  assert.deepEqual(
    groups[0]?.children.map(({ label }) => label),
    ['one two three', 'Untitled'],
  );
});

test('a new session, whose agent has never run, is not hidden among the stopped ones', () => {
  assert.deepEqual(drawn(arrange([session('new', { status: 'stopped' })], view)), ['Idle 1', '  new | 5m']);
});

test('while the gateway is not heard from, no working time counts on', () => {
  const heardAt = new Date(2026, 10, 20, 14, 2).getTime();
  const groups = arrange([session('a', { status: 'busy' })], { ...view, heardAt });
  assert.deepEqual(drawn(groups), ['Working 1', '  a | as of 14:02']);
});
