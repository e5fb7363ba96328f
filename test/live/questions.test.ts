// Questions of an agent that cannot be written down, or are taken back: nobody waits for them, and the turn goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../../gateway/agents/agent.ts';
import { systemClock } from '../../gateway/live/clock.ts';
import { Questions } from '../../gateway/live/questions.ts';
import { LIMITS, PermissionId, Problem, PromptId, type FormContent } from '../../gateway/protocol/index.ts';
import { endTurn, recoverSession, retryPrompt, takePrompt } from '../../gateway/store/conversation.ts';
import { digestOf } from '../../gateway/store/permission.ts';
import { answerPermission, askPermission, withdrawPermission } from '../../gateway/store/questions.ts';
import { actor, admit, newSession, NOW, openStore, SESSION } from '../support/store.ts';
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

/** What asks for the agent of a session, in a store of its own. */
async function asking() {
  const { store, [Symbol.dispose]: close } = openStore();
  const log = await newSession(store);
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const questions = new Questions(log, { store, clock: systemClock, logger }, () => {});
  return { store, log, questions, [Symbol.dispose]: close };
}

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

test('an agent that asks more than a person can answer hears so', async () => {
  using asked = await asking();
  const { store, log, questions } = asked;
  const ask = () => questions.ask(question, new AbortController().signal);
  const open = Array.from({ length: LIMITS.openPermissions }, ask);
  await assert.rejects(ask(), /100 questions wait for an answer already/);
  await waitFor('the questions', () => store.permissions.listOpen(log).length === open.length);
  questions.withdrawAll();
  await Promise.all(open);
  const again = ask();
  questions.withdrawAll();
  assert.equal(await again, undefined);
});

test('a question that could not be taken back on a full disk is taken back when there is room', async (t) => {
  using asked = await asking();
  const { store, log, questions } = asked;
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
  using asked = await asking();
  const { store, log, questions } = asked;
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
  using asked = await asking();
  const { store, log, questions } = asked;
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
  const always = {
    ...question,
    options: [{ optionId: 'allow', name: 'Always', kind: 'allow_always' } as const],
  };
  assert.equal(ask(always, mine).known, undefined, 'another choice');
  const again = { ...question, toolCall: { ...question.toolCall, toolCallId: 't2' } };
  assert.deepEqual(ask(again, mine).known, { optionId: 'allow' });
  assert.equal(ask(again, mine).known, undefined, 'a second time');

  const field = { type: 'text', name: 'password', title: 'Password', required: true, secret: true } as const;
  const secret: Question = { ...question, form: { fields: [field] } };
  answer(ask(secret, mine).permissionId, { password: 'x' });
  assert.equal(ask(secret, mine).known, undefined, 'what is kept nowhere');

  // Its prompt has run once more without asking: what comes after that is another matter.
  await admit(store, 'p3');
  const third = PromptId.parse('p3');
  await store.synced(() => store.queue.markHanded(third));
  const before = ask(question, third).permissionId;
  store.written(() => recoverSession(store, SESSION, NOW));
  answer(before);
  store.written(() => retryPrompt(store, SESSION, third, NOW));
  store.written(() => takePrompt(store, SESSION, NOW));
  const failed = { how: 'failed', code: 'agent.failed', message: 'no' } as const;
  store.written(() => endTurn(store, log, { promptId: third, firstSeq: 1 }, failed, NOW));
  assert.equal(ask(question, third).known, undefined, 'after another turn');
});

test('what was answered cannot be taken back', async () => {
  using opened = openStore();
  const { store } = opened;
  const log = await newSession(store);
  const permissionId = PermissionId.parse('q1');
  const permission = {
    ...{ ...question, options: [...question.options] },
    ...{ permissionId, sessionId: SESSION, createdAt: NOW, digest: 'd' },
  };
  store.written(() => askPermission(store, log, { permission, promptId: undefined }, NOW));
  store.written(() => answerPermission(store, { permissionId, optionId: 'allow' }, actor, NOW));
  store.written(() => withdrawPermission(store, log, permissionId, NOW));
  assert.equal(store.permissions.get(permissionId).state.state, 'answered');
});

test('consent is bound to all that was shown', () => {
  const asked = { ...question, options: [...question.options] };
  const url = 'https://example.com';
  const digests = [
    asked,
    { ...asked, title: 'Other' },
    { ...asked, toolCall: { ...asked.toolCall, input: { path: '/etc' } } },
    { ...asked, options: [{ optionId: 'allow', name: 'Allow', kind: 'allow_always' } as const] },
    { ...asked, form: { fields: [] } },
    { ...asked, url },
  ].map((one) => digestOf(one));
  assert.equal(new Set(digests).size, digests.length);
});
