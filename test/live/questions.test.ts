// Questions of an agent that cannot be written down, or are taken back: nobody waits for them, and the turn goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../../gateway/agents/agent.ts';
import { systemClock } from '../../gateway/live/clock.ts';
import { Questions } from '../../gateway/live/questions.ts';
import { Problem } from '../../gateway/protocol/index.ts';
import { newSession, openStore } from '../support/store.ts';
import { waitFor, within } from '../support/waitFor.ts';

const question: Question = {
  title: 'May I?',
  toolCall: {
    toolCallId: 't1',
    tool: 'edit',
    title: 'May I?',
    kind: 'edit',
    input: null,
    status: 'pending',
    locations: [],
    content: [],
  },
  options: [{ optionId: 'allow', name: 'Allow', kind: 'allow_once' }],
};

test('a question that a full disk does not take is forgotten, and those after it are asked and counted as ever', async () => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const faults: object[] = [];
  const logger = { info: () => {}, warn: () => {}, error: (fault: object) => faults.push(fault) };
  const counts: number[] = [];
  let isFull = true;
  const questions = new Questions(log, { store, clock: systemClock, logger }, (open) => {
    if (isFull) throw new Problem('storage.full', 'The disk is full.');
    counts.push(open);
  });
  const { signal } = new AbortController();

  await assert.rejects(questions.ask(question, signal), /disk is full/);
  assert.deepEqual(store.permissions.listOpen(), []);
  assert.equal(faults.length, 1, 'what could not be written is in the log');

  isFull = false;
  // The end of the turn.
  questions.withdrawAll();
  const answer = questions.ask(question, signal);
  questions.withdrawAll();
  assert.equal(await answer, undefined);
  assert.deepEqual(counts, [1, 0]);
  assert.equal(faults.length, 1);
});

test('a question that could not be taken back on a full disk is taken back when there is room', async (t) => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const questions = new Questions(log, { store, clock: systemClock, logger }, () => {});
  const answer = questions.ask(question, new AbortController().signal);
  await waitFor('the question', () => store.permissions.listOpen(log).length === 1);
  const full = t.mock.method(store, 'written', () => {
    throw new Problem('storage.full', 'The disk is full.');
  });
  questions.withdrawAll();
  assert.equal(await answer, undefined);
  full.mock.restore();
  assert.equal(store.permissions.listOpen(log).length, 1);
  const next = questions.ask(question, new AbortController().signal);
  await waitFor('the next question', () => store.permissions.listOpen(log).length === 2);
  questions.tidy();
  assert.equal(store.permissions.listOpen(log).length, 1, 'somebody waits for the other one');
  questions.withdrawAll();
  assert.equal(await next, undefined);
  assert.deepEqual(store.permissions.listOpen(log), []);
});

test('a question that its agent takes back while it is written down waits for nobody', async () => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const questions = new Questions(log, { store, clock: systemClock, logger }, () => {});
  const takeBack = new AbortController();
  const answer = questions.ask(question, takeBack.signal);
  takeBack.abort();
  assert.equal(await within('its end', answer), undefined);
  assert.deepEqual(store.permissions.listOpen(log), []);
});
