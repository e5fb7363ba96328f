// Finished turns in one line each: what is folded, what never is, and that nobody loses what he reads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apply, emptyTranscript } from '../../extension/webview/transcript.ts';
import { keysIn, shownOf, wordsOfTurn, type Shown } from '../../extension/webview/turns.ts';
import type { Part } from '../../extension/webview/parts.ts';
import { asking, OTHER, Story } from './story.ts';

const story = (): Story => new Story(Date.parse('2026-11-20T14:01:00Z'));
const partsOf = ({ events }: Story): readonly Part[] => events.reduce(apply, emptyTranscript).parts;
const nobody = { isOpen: () => undefined, isBeingRead: () => false };
const kinds = (shown: readonly Shown[]): string => shown.map(({ kind }) => kind).join(' ');

const done = (told: Story, turn: string, stopReason?: string): Story =>
  told
    .prompt(turn, 'Do it')
    .wait(40_000)
    .thinks(`th-${turn}`, 'Hm')
    .says(`a-${turn}`, 'I look first.')
    .tool(`t1-${turn}`, { status: 'completed' })
    .wait(120_000)
    .tool(`t2-${turn}`, { kind: 'edit', status: 'completed' })
    .says(`b-${turn}`, 'It is done.')
    .ends(turn, stopReason);

describe('a finished turn', () => {
  it('is one line above its answer as soon as another one follows', () => {
    const told = done(story(), 'p1');
    assert.equal(kinds(shownOf(partsOf(told), nobody)), 'prompt thought text tool tool text end');
    const shown = shownOf(partsOf(told.prompt('p2', 'And now?')), nobody);
    assert.equal(kinds(shown), 'prompt turn text end prompt');
    const fold = shown.find((item) => item.kind === 'turn');
    assert.equal(fold && wordsOfTurn(fold), 'Worked for 2m 40s, 2 steps');
  });

  it('says nothing of how long it took when it is from before this session', () => {
    const earlier = { type: 'prompt', promptId: 'p1', message: 'Do it', from: OTHER, earlier: true } as const;
    const told = story()
      .add(earlier)
      .tool('t1', { status: 'completed' })
      .tool('t2')
      .says('a', 'So.')
      .ends('p1');
    const fold = shownOf(partsOf(told.prompt('p2', 'And?')), nobody).find((item) => item.kind === 'turn');
    assert.equal(fold && wordsOfTurn(fold), 'Worked, 2 steps');
  });

  it('opens into all that was done, in its place', () => {
    const parts = partsOf(done(story(), 'p1').prompt('p2', 'And now?'));
    const shown = shownOf(parts, { ...nobody, isOpen: (key) => key.startsWith('turn:') || undefined });
    assert.equal(kinds(shown), 'prompt turn thought text tool tool text end prompt');
  });

  it('stays open for whoever reads it, until he closes it himself', () => {
    const before = keysIn(shownOf(partsOf(done(story(), 'p1')), nobody));
    const parts = partsOf(done(story(), 'p1').prompt('p2', 'And now?'));
    const reading = { ...nobody, isBeingRead: (key: string) => before.has(key) };
    assert.equal(kinds(shownOf(parts, reading)), 'prompt thought text tool tool text end prompt');
    const closed = { ...reading, isOpen: (key: string) => (key.startsWith('turn:') ? false : undefined) };
    assert.equal(kinds(shownOf(parts, closed)), 'prompt turn text end prompt');
  });

  it('that only answered, or did one thing, has nothing to fold', () => {
    const told = story().prompt('p1', 'Hi').says('m1', 'Hello').ends('p1');
    told.prompt('p2', 'Run it').tool('t1', { status: 'completed' }).says('m2', 'Ran.').ends('p2');
    assert.equal(
      kinds(shownOf(partsOf(told.prompt('p3', 'Go')), nobody)),
      'prompt text end prompt tool text end prompt',
    );
  });

  it('keeps in sight why it ended, what may not have finished, and what still asks', () => {
    const stopped = story().prompt('p1', 'Do it').tool('t1').tool('t2');
    stopped.add({ type: 'interrupted', promptId: 'p1' }).prompt('p2', 'Go');
    assert.equal(kinds(shownOf(partsOf(stopped), nobody)), 'prompt turn note prompt');

    const lost = story().prompt('p1', 'Do it').tool('t1').tool('t2');
    lost.add({ type: 'uncertain', promptId: 'p1' }).prompt('p2', 'Go', undefined);
    const open = partsOf(lost).filter(({ kind }) => kind === 'uncertain');
    assert.equal(open.length, 1);
    assert.ok(!kinds(shownOf(partsOf(lost), nobody)).includes('turn'));

    const asked = story().prompt('p1', 'Do it').tool('t0', { status: 'completed' });
    asked
      .tool('t1', { status: 'pending' })
      .add(asking('q1', 't1', 'rm -r build'))
      .prompt('p2', 'Go');
    assert.ok(!kinds(shownOf(partsOf(asked), nobody)).includes('turn'));
    // Asked between turns, it outlives the end of one.
    asked.ends('p2').prompt('p3', 'And?');
    assert.ok(!kinds(shownOf(partsOf(asked), nobody)).includes('turn'));
  });

  it('ends with its answer, and with what came on top of what the session had cost', () => {
    const costs = (told: Story, amount: number): Story =>
      told.add({ type: 'usage', used: 1, size: 2, cost: { amount, currency: 'USD' } });
    const told = story();
    for (const [turn, total] of [
      ['p1', 0.5],
      ['p2', 0.75],
      // The agent was started again, and counts from nothing.
      ['p3', 0.25],
    ] as const)
      costs(told.prompt(turn, 'Do it').says(`m-${turn}`, `I look.`), total)
        .tool(`t-${turn}`, { status: 'completed' })
        .says(`n-${turn}`, `Done: ${turn}.`)
        .ends(turn);
    done(told, 'p4');
    costs(done(told, 'p5').prompt('p6', 'And?'), 3).ends('p6');
    const ends = (isWhole: boolean): unknown[] =>
      shownOf(partsOf(told), { ...nobody, isWhole }).flatMap((item) =>
        item.kind === 'end' ? [[item.answer, item.cost?.amount, item.isLast]] : [],
      );
    const all = [
      ['Done: p1.', 0.5, false],
      ['Done: p2.', 0.25, false],
      ['Done: p3.', 0.25, false],
      ['It is done.', undefined, false],
      ['It is done.', undefined, false],
      ['', undefined, true],
    ];
    assert.deepEqual(ends(true), all, 'what came before p6 was not told');
    // What the turns before have cost stands on an earlier page.
    assert.deepEqual(ends(false), all.with(0, ['Done: p1.', undefined, false]));
  });

  it('loses no part: folded and open show the same answer', () => {
    const told = done(done(done(story(), 'p1'), 'p2'), 'p3', 'max_tokens').prompt('p4', 'Go');
    const parts = partsOf(told);
    const all = shownOf(parts, { ...nobody, isOpen: () => true }).filter(
      ({ kind }) => kind !== 'turn' && kind !== 'end',
    );
    assert.deepEqual(
      all.map(({ key }) => key),
      parts.map(({ key }) => key),
    );
  });
});

describe('in a turn', () => {
  const shown = (told: Story): string => kinds(shownOf(partsOf(told), nobody));
  const calls = (told: Story, ...all: ('read' | 'execute')[]): Story =>
    all.reduce(
      (so, kind) => so.tool(`t${so.events.length}`, { kind, status: 'completed' }),
      told.prompt('p1', 'Look'),
    );

  it('only calls of one kind become one line, and none that somebody was asked about', () => {
    assert.equal(shown(calls(story(), 'read', 'read', 'read')), 'prompt group');
    assert.equal(shown(calls(story(), 'read', 'read', 'execute', 'read')), 'prompt tool tool tool tool');
    const told = calls(story(), 'read', 'read').add(asking('q1', 't9', 'ls'));
    told.add(
      { type: 'permission_resolved', permissionId: 'q1', optionId: 'once', by: OTHER },
      { type: 'tool_update', toolCallId: 't9', kind: 'read', status: 'completed' },
    );
    assert.equal(shown(told), 'prompt tool tool tool');
  });

  it('a change counts when its call has done it and the turn is over', () => {
    const content = [{ type: 'diff' as const, path: 'a.ts', oldText: 'a', newText: 'b' }];
    const edit = (status: 'completed' | 'failed'): Story =>
      story().prompt('p1', 'Go').tool('t1', { kind: 'edit', status, content });
    assert.equal(shown(edit('completed')), 'prompt tool');
    assert.equal(shown(edit('completed').ends('p1')), 'prompt tool changes end');
    assert.equal(shown(edit('failed').ends('p1')), 'prompt tool end');
  });
});
