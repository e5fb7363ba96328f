// The life of a prompt: a table of every step, and what no sequence of steps can break.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { admit, advance, afterCrash, next, type PromptStep } from '../../gateway/core/queue.ts';
import { PromptState } from '../../gateway/protocol/index.ts';
import { check } from '../support/property.ts';

const steps: readonly PromptStep[] = ['start', 'finish', 'fail', 'cancel', 'lose', 'retry', 'leave'];

test('each step applies in exactly these states, and leads to these', () => {
  const lines = PromptState.options.flatMap((state) =>
    steps.flatMap((step) => {
      const after = advance(state, step);
      return after === undefined ? [] : [`${state} --${step}--> ${after}`];
    }),
  );
  assert.deepEqual(lines, [
    'queued --start--> running',
    'queued --cancel--> cancelled',
    'running --finish--> done',
    'running --fail--> failed',
    'running --cancel--> cancelled',
    'running --lose--> uncertain',
    'uncertain --retry--> queued',
    'uncertain --leave--> cancelled',
    'failed --retry--> queued',
  ]);
});

test('the first prompt that waits is the next, and an uncertain one before it is passed by', () => {
  const prompts = [{ state: 'uncertain' }, { state: 'queued' }, { state: 'queued' }] as const;
  assert.equal(next(prompts, false), prompts[1]);
});

test('nothing is next while one runs, while the queue is held, or when nothing waits', () => {
  assert.equal(next([{ state: 'running' }, { state: 'queued' }], false), undefined);
  assert.equal(next([{ state: 'queued' }], true), undefined);
  assert.equal(next([{ state: 'uncertain' }, { state: 'failed' }], false), undefined);
});

test('after a crash a prompt that the agent may have had is uncertain, any other simply waits again', () => {
  assert.equal(afterCrash(true), 'uncertain');
  assert.equal(afterCrash(false), 'queued');
});

test('a known promptId means the same prompt only in the same session and with the same content', () => {
  const stored = { sessionId: 's1', digest: 'd1' };
  assert.equal(admit(undefined, stored), 'new');
  assert.equal(admit(stored, { ...stored }), 'same');
  assert.equal(admit(stored, { sessionId: 's1', digest: 'd2' }), 'conflict');
  assert.equal(admit(stored, { sessionId: 's2', digest: 'd1' }), 'conflict');
});

/** What people, agents and crashes may do to a queue, in any order. */
type Move =
  | { readonly do: 'add' | 'startNext' | 'crash' | 'hold' | 'release' }
  | { readonly do: 'step'; readonly step: PromptStep; readonly which: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.constantFrom<Move>(
    { do: 'add' },
    { do: 'startNext' },
    { do: 'crash' },
    { do: 'hold' },
    { do: 'release' },
  ),
  // Only the loop starts prompts, so `start` is not among what else may come.
  fc.record({
    do: fc.constant('step' as const),
    step: fc.constantFrom(...steps.filter((step) => step !== 'start')),
    which: fc.nat(9),
  }),
);

interface Entry {
  state: PromptState;
  handed: boolean;
  /** How often the agent was given it, less how often a person asked for that again. */
  runs: number;
}

test('whatever happens in whatever order, never two prompts run and none runs twice unasked', async (t) => {
  await check(
    t,
    fc.property(fc.array(anyMove, { maxLength: 80 }), (moves) => {
      const prompts: Entry[] = [];
      let held = false;
      for (const move of moves) {
        switch (move.do) {
          case 'add':
            prompts.push({ state: 'queued', handed: false, runs: 0 });
            break;
          case 'hold':
          case 'release':
            held = move.do === 'hold';
            break;
          case 'startNext': {
            const prompt = next(prompts, held);
            if (prompt === undefined) break;
            const after = advance(prompt.state, 'start');
            assert.equal(after, 'running');
            Object.assign(prompt, { state: after, handed: true, runs: prompt.runs + 1 });
            break;
          }
          case 'crash':
            for (const prompt of prompts.filter(({ state }) => state === 'running')) {
              prompt.state = afterCrash(prompt.handed);
            }
            break;
          case 'step': {
            const prompt = prompts[move.which];
            const after = prompt && advance(prompt.state, move.step);
            if (prompt === undefined || after === undefined) break;
            prompt.state = PromptState.parse(after);
            if (move.step === 'retry') Object.assign(prompt, { handed: false, runs: prompt.runs - 1 });
            break;
          }
        }
        const running = prompts.filter(({ state }) => state === 'running');
        assert.ok(running.length <= 1, 'two prompts run');
        assert.ok(
          prompts.every(({ runs }) => runs <= 1),
          'a prompt ran twice and nobody had asked for it',
        );
      }
    }),
    1000,
  );
});
