// Questions of an agent that cannot be written down, or are taken back: nobody waits for them, and the turn goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../../gateway/agents/agent.ts';
import { systemClock } from '../../gateway/live/clock.ts';
import { Questions } from '../../gateway/live/questions.ts';
import { PermissionId, Problem, PromptId, type FormContent } from '../../gateway/protocol/index.ts';
import { answerPermission, askPermission } from '../../gateway/store/questions.ts';
import { actor, newSession, NOW, openStore, SESSION } from '../support/store.ts';
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

test('the end of a turn voids what was asked in it, and nothing else', async () => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const questions = new Questions(log, { store, clock: systemClock, logger }, () => {});
  const { signal } = new AbortController();
  const between = questions.ask(question, signal);
  const inTurn = questions.ask(question, signal, PromptId.parse('p1'));
  await waitFor('both', () => store.permissions.listOpen(log).length === 2);
  questions.endTurn();
  assert.equal(await within('its end', inTurn), undefined);
  const [{ permissionId } = assert.fail()] = store.permissions.listOpen(log);
  store.written(() => answerPermission(store, { permissionId, optionId: 'allow' }, actor, NOW));
  questions.answer(permissionId, { optionId: 'allow' });
  assert.deepEqual(await between, { optionId: 'allow' });
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

test('an answer that nobody heard is for the same question about the same prompt, once, and never a secret', async () => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const [mine, other] = [PromptId.parse('p1'), PromptId.parse('p2')];
  let made = 0;
  const ask = (asked: Question, promptId: PromptId) =>
    store.written(() => {
      const permissionId = PermissionId.parse(`q${(made += 1)}`);
      const whole = {
        ...asked,
        options: [...asked.options],
        permissionId,
        sessionId: SESSION,
        createdAt: NOW,
      };
      return {
        permissionId,
        known: askPermission(store, log, { permission: { ...whole, digest: 'd' }, promptId }, NOW),
      };
    });
  const answer = (permissionId: PermissionId, content?: FormContent) =>
    store.written(() => answerPermission(store, { permissionId, optionId: 'allow', content }, actor, NOW));

  // Nothing runs: the gateway has ended since the question was asked.
  answer(ask(question, mine).permissionId);
  assert.equal(ask(question, other).known, undefined, 'another prompt');
  const more = { ...question, toolCall: { ...question.toolCall, input: { path: '/etc' } } };
  assert.equal(ask(more, mine).known, undefined, 'another input');
  const again = { ...question, toolCall: { ...question.toolCall, toolCallId: 't2' } };
  assert.deepEqual(ask(again, mine).known, { optionId: 'allow' });
  assert.equal(ask(again, mine).known, undefined, 'a second time');

  const field = { type: 'text', name: 'password', title: 'Password', required: true, secret: true } as const;
  const secret: Question = { ...question, form: { fields: [field] } };
  answer(ask(secret, mine).permissionId, { password: 'x' });
  assert.equal(ask(secret, mine).known, undefined, 'what is kept nowhere');
});
