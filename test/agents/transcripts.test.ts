// Recorded conversations of real agents, played back by a real process: what each of them does is understood.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginAdvice } from '../../gateway/agents/acpErrors.ts';
import type { AgentUpdate } from '../../gateway/agents/agent.ts';
import type { Mode } from '../../gateway/protocol/index.ts';
import type { AgentEar } from '../support/agentEar.ts';
import { openAgent, recorded } from '../support/agents.ts';

/** The story of one tool call: its card, then the news of it, each as short as it can be told. */
const story = (ear: AgentEar): string[] =>
  ear.all.flatMap((update: AgentUpdate) => {
    if (update.type === 'tool_use')
      return [`${update.tool} "${update.title}" ${update.kind} ${update.status}`];
    if (update.type === 'tool_update') return [update.status ?? Object.keys(update).slice(2).join(' ')];
    return [];
  });

/** Prompts, answers the one question with an option of this kind, and returns the turn's end. */
const promptAndAnswer = async (name: string, kind: string, mode: Mode = 'ask') => {
  const opened = await openAgent(recorded(name), { mode });
  const turn = opened.agent.prompt('whatever was recorded');
  const { question, answer } = await opened.ear.question();
  answer(question.options.find((option) => option.kind === kind)?.optionId ?? '');
  return { ...opened, question, end: await turn };
};

test('OpenCode: a permission with a diff, for a tool whose card came first', async () => {
  const { agent, ear, question, end } = await promptAndAnswer('opencode-permit', 'allow_once');
  await using _ = agent;
  assert.equal(agent.model, 'fake/fake-model');
  assert.equal(question.title, '/home/dev/opencode/p1.txt');
  assert.equal(question.toolCall.content[0]?.type, 'diff');
  assert.deepEqual(
    question.options.map(({ optionId }) => optionId),
    ['once', 'always', 'reject'],
  );
  assert.deepEqual(story(ear), ['edit "write" edit pending', 'in_progress', 'completed']);
  assert.equal(ear.text, 'I will write. DONE Wrote file successfully.');
  assert.equal(new Set(ear.of('message').map(({ key }) => key)).size, 2);
  assert.deepEqual(ear.of('usage'), [
    { type: 'usage', used: 7764, size: 200000, cost: { amount: 0, currency: 'USD' } },
  ]);
  assert.equal(end.stopReason, 'end_turn');
});

test('Claude Code: the card fills up in steps, and updates without content are no news', async () => {
  const { agent, ear, question } = await promptAndAnswer('claude-bash', 'allow_once');
  await using _ = agent;
  assert.equal(question.title, 'touch bash1.txt && echo out-bash1');
  assert.deepEqual(question.toolCall.input, {
    command: 'touch bash1.txt && echo out-bash1',
    description: 'fake: touch bash1.txt && echo out-bash1',
  });
  assert.deepEqual(story(ear), [
    'Bash "Terminal" execute pending',
    'title input',
    'input content',
    'completed',
  ]);
  assert.deepEqual(ear.of('tool_update').at(-1)?.content, [
    { type: 'text', text: '```console\nout-bash1\n```' },
  ]);
  assert.equal(agent.model, 'default');
});

test('Claude Code: cancelling takes its question back, and the next turn works', async () => {
  await using opened = await openAgent(recorded('claude-cancel-in-permission'));
  const { agent, ear } = opened;
  const turn = agent.prompt('BASH touch cip.txt');
  const asked = await ear.question();
  agent.cancel();
  assert.equal((await turn).stopReason, 'cancelled');
  assert.equal(asked.signal.aborted, true);
  assert.equal(ear.of('tool_update').at(-1)?.status, 'failed');
  assert.equal((await agent.prompt('HELLO')).stopReason, 'end_turn');
  assert.ok(ear.text.endsWith('Hello from the fake model.'));
  assert.deepEqual(ear.of('title'), [{ type: 'title', title: 'BASH touch cip.txt' }]);
});

test('Claude Code: an agent that needs a login says so, with what to do', async () => {
  await using opened = await openAgent(recorded('claude-login'));
  await assert.rejects(opened.agent.prompt('ERROR 401'), {
    code: 'agent.auth',
    message: /needs you to log in\. .+ Then send/,
  });
});

test('how to log in is told as the command to type, where it is known', () => {
  const program = { name: 'The agent', command: 'the-agent', args: ['--acp'], env: {} };
  const methods = [
    { id: 'a', name: 'Account', type: 'terminal', args: ['auth', "the user's"], env: { A: '1' } },
    { id: 'b', name: 'Key', _meta: { 'terminal-auth': { command: '/opt/agent', args: ['login'] } } },
    { id: 'c', name: 'Page', description: 'Opens a page' },
  ];
  assert.equal(
    loginAdvice(program, methods),
    "Account: run `env A=1 the-agent --acp auth 'the user'\\''s'` in a terminal, or: " +
      'Key: run `/opt/agent login` in a terminal, or: Opens a page. Then send the prompt again.',
  );
  assert.match(
    loginAdvice({ ...program, login: 'the-agent login' }, methods.slice(2)),
    /^Run `the-agent login` in/,
  );
});

test('Gemini: the question comes without a card, so the card is made from it, and closed when nothing more comes', async () => {
  const { agent, ear, question, end } = await promptAndAnswer('gemini-reject', 'reject_once');
  await using _ = agent;
  assert.equal(question.toolCall.status, 'pending');
  assert.deepEqual(story(ear), ['edit "Writing to p2.txt" edit pending', 'failed']);
  assert.equal(end.stopReason, 'end_turn');
  assert.ok(typeof end.usage === 'object', 'the usage is in _meta.quota');
});

test('Gemini: it says its new mode as text, which is no answer of its model', async () => {
  await using opened = await openAgent(recorded('gemini-mode'), { mode: 'code' });
  assert.deepEqual(opened.ear.of('mode'), [{ type: 'mode', modeId: 'autoEdit' }]);
  assert.equal(opened.ear.text, '');
});

test('Copilot: updates that come before the session has a name are not lost', async () => {
  const { agent, ear, end } = await promptAndAnswer('copilot-permit', 'allow_once');
  await using _ = agent;
  assert.equal(ear.batches[0]?.[0]?.type, 'commands');
  assert.deepEqual(story(ear), ['edit "Creating /home/dev/copilot/p1.txt" edit pending', 'completed']);
  assert.equal(end.stopReason, 'end_turn');
});

test('Codex: a refusal ends the turn as cancelled, and warnings come without a message id', async () => {
  const { agent, ear, question, end } = await promptAndAnswer('codex-reject', 'reject_once', 'code');
  await using _ = agent;
  assert.equal(question.options.at(-1)?.optionId, 'cancel');
  assert.equal(end.stopReason, 'cancelled');
  assert.deepEqual(
    ear.of('message').map(({ key }) => key),
    [undefined, 'msg_fake_16'],
  );
  assert.deepEqual(ear.of('tool_use')[0]?.content, [{ type: 'other', summary: 'terminal call_fake_16_0' }]);
});

test('Qwen: the tool has a name of its own, and empty chunks say nothing', async () => {
  const { agent, ear, question } = await promptAndAnswer('qwen-bash', 'allow_once');
  await using _ = agent;
  assert.equal(question.toolCall.tool, 'run_shell_command');
  assert.equal(question.options.filter(({ kind }) => kind === 'allow_always').length, 2);
  assert.ok(ear.of('message').every(({ text }) => text !== ''));
});

test('a replay, even one that comes after the reply, is not told again', async () => {
  await using opened = await openAgent(recorded('late-replay'), { resume: 'old' });
  const { agent, ear } = opened;
  assert.equal(agent.opened, 'resumed');
  assert.equal(agent.agentSessionId, 'old');
  await agent.prompt('go on');
  assert.deepEqual(ear.all, [
    { type: 'commands', commands: [{ name: 'memory', description: 'Manage memory.' }] },
    { type: 'offers', offers: { modes: ['ask'], models: [], options: [], fork: false } },
    { type: 'message', text: 'a new answer' },
  ]);
});

test('to whoever does not know it, the same replay is told: once, with the words of the person', async () => {
  await using opened = await openAgent(recorded('late-replay'), { resume: 'old', tellEarlier: true });
  const { agent, ear } = opened;
  const [prompt, answer, call, ...rest] = agent.takeEarlier?.() ?? [];
  assert.deepEqual(
    [prompt, answer],
    [
      { type: 'prompt', text: 'before' },
      { type: 'message', text: 'an old answer' },
    ],
  );
  assert.equal(call?.type === 'tool_use' && call.title, 'an old tool');
  assert.deepEqual(
    [rest, agent.takeEarlier?.()],
    [[{ type: 'tool_update', toolCallId: 'old-call', status: 'failed' }], []],
    'it will not be finished any more',
  );
  await agent.prompt('go on');
  assert.deepEqual(ear.of('message'), [{ type: 'message', text: 'a new answer' }]);
});

test('a replay that breaks off leaves nothing behind in the conversation that is begun instead', async () => {
  await using opened = await openAgent(recorded('broken-replay'), { resume: 'old', tellEarlier: true });
  const { agent, ear } = opened;
  assert.deepEqual([agent.opened, agent.agentSessionId], ['fallback', 'fresh']);
  await agent.prompt('go on');
  assert.deepEqual(
    ear.all.map(({ type }) => type),
    ['offers', 'message'],
  );
});
