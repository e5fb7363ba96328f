// Conversations over ACP with the demo agent, a real process: turns, cancelling, permissions, and every bad end.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { longText, slowText } from '../../gateway/agents/demoScript.ts';
import { startTime } from '../../gateway/agents/processTree.ts';
import { demoProgram, openAgent, shellProgram } from '../support/agents.ts';
import { newFolder } from '../support/folders.ts';
import { within } from '../support/waitFor.ts';

test('an answer streams in many updates, and its text is exact', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  const end = await agent.prompt('slow 20 1');
  assert.equal(end.stopReason, 'end_turn');
  assert.equal(ear.text, slowText(20));
  // Not batches: how many reads there are is up to how busy the machine is.
  assert.equal(ear.of('message').length, 20);
  const keys = new Set(ear.of('message').map(({ key }) => key));
  assert.deepEqual([...keys], ['m1']);
});

test('what comes in one read is told at once, and all of it before the turn ends', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  await agent.prompt('long 300');
  assert.equal(ear.text, longText(300));
  await agent.prompt('stream 5000');
  const stamped = ear.of('message').filter(({ text }) => text.startsWith('t='));
  assert.equal(stamped.length, 5000);
  assert.ok(ear.batches.length < 1000, `${ear.batches.length} batches`);
});

test('the process is told before the conversation is ready, and the session has a name', async () => {
  const pids: number[] = [];
  await using opened = await openAgent(demoProgram, { onSpawn: (pid) => pids.push(pid) });
  const { agent } = opened;
  assert.deepEqual(pids, [agent.pid]);
  assert.equal(agent.agentSessionId, `demo-${agent.pid}-1`);
  assert.equal(agent.opened, 'new');
});

test('an agent without a memory on disk goes on in a new session, and says so', async () => {
  await using opened = await openAgent(demoProgram, { resume: 'demo-1-1' });
  assert.equal(opened.agent.opened, 'fallback');
  assert.notEqual(opened.agent.agentSessionId, 'demo-1-1');
});

test('a cancelled turn ends as cancelled in the middle of its text, and the next one works', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  const turn = agent.prompt('slow 1000 5');
  await ear.until(() => ear.of('message').length >= 5);
  agent.cancel();
  assert.equal((await turn).stopReason, 'cancelled');
  const said = ear.of('message').length;
  assert.ok(said < 1000);
  assert.equal(ear.text, slowText(said));
  await agent.prompt('echo still here');
  assert.ok(ear.text.endsWith('still here'));
});

test('a turn that says nothing can be cancelled', async () => {
  await using opened = await openAgent(demoProgram);
  const turn = opened.agent.prompt('silent');
  opened.agent.cancel();
  assert.equal((await turn).stopReason, 'cancelled');
});

for (const [optionId, said, status] of [
  ['allow', 'You allowed question 1.\n', 'completed'],
  ['reject', 'You rejected question 1.\n', 'failed'],
] as const) {
  test(`a permission that is answered with ${optionId}`, async () => {
    await using opened = await openAgent(demoProgram);
    const { agent, ear } = opened;
    const turn = agent.prompt('ask');
    const asked = await ear.question();
    assert.equal(asked.question.title, 'Edit greeting.ts (question 1)');
    assert.deepEqual(
      asked.question.options.map(({ kind }) => kind),
      ['allow_once', 'allow_always', 'reject_once'],
    );
    // The request itself named only the call: the rest is what the driver has seen of it.
    assert.equal(asked.question.toolCall.tool, 'edit');
    assert.deepEqual(asked.question.toolCall.content[0]?.type, 'diff');
    asked.answer(optionId);
    assert.equal((await turn).stopReason, 'end_turn');
    assert.equal(ear.text, `I need your permission.\n${said}`);
    assert.deepEqual(ear.of('tool_update').at(-1), { type: 'tool_update', toolCallId: 'call-1', status });
  });
}

test('cancelling with a permission open withdraws the question and ends the turn', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  const turn = agent.prompt('ask');
  const asked = await ear.question();
  assert.equal(asked.signal.aborted, false);
  agent.cancel();
  assert.equal((await turn).stopReason, 'cancelled');
  assert.equal(asked.signal.aborted, true);
  // The card does not stay open for ever.
  assert.deepEqual(ear.of('tool_update').at(-1), {
    type: 'tool_update',
    toolCallId: 'call-1',
    status: 'failed',
  });
  asked.answer('allow'); // Too late: it goes nowhere.
  await agent.prompt('echo after');
  assert.equal(ear.text, 'I need your permission.\nafter');
});

test('what an agent asks between turns waits for its answer, over the end of a turn', async () => {
  const gate = path.join(newFolder('between'), 'gate');
  const reply = (id: number, result: string): string =>
    `echo '{"jsonrpc":"2.0","id":${id},"result":${result}}'`;
  const sends = (message: string): string => `echo '{"jsonrpc":"2.0",${message}}'`;
  const asks =
    '"id":7,"method":"session/request_permission","params":{"sessionId":"s","toolCall":{"toolCallId":"c","title":"Run"},' +
    '"options":[{"optionId":"yes","name":"Yes","kind":"allow_once"}]}';
  const says =
    '"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk",' +
    '"content":{"type":"text","text":"heard"}}}';
  const program = shellProgram(
    [
      `read l; ${reply(0, '{"protocolVersion":1}')}; read l; ${reply(1, '{"sessionId":"s"}')}`,
      `until [ -e '${gate}' ]; do sleep 0.02; done; ${sends(asks)}`,
      `read l; ${reply(2, '{"stopReason":"end_turn"}')}`,
      `read l; case "$l" in *'"optionId":"yes"'*) ${sends(says)};; esac; read l`,
    ].join('\n'),
  );
  await using opened = await openAgent(program);
  const { agent, ear } = opened;
  writeFileSync(gate, '');
  const asked = await ear.question();
  await agent.prompt('hi');
  assert.equal(asked.signal.aborted, false);
  assert.deepEqual(ear.of('tool_update'), [], 'its card is not over, either');
  asked.answer('yes');
  await ear.until(() => ear.text === 'heard');
});

test('a tool, a plan, reasoning and the size of the context are told as what they are', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  for (const prompt of ['tool', 'plan', 'think']) await agent.prompt(prompt);
  const [card] = ear.of('tool_use');
  assert.equal(card?.kind, 'edit');
  assert.deepEqual(
    ear.of('tool_update').map(({ status }) => status),
    ['in_progress', 'completed'],
  );
  const plans = ear.of('plan').map(({ entries }) => entries.map(({ status }) => status));
  assert.deepEqual(plans.at(0), ['in_progress', 'pending', 'pending']);
  assert.deepEqual(plans.at(-1), ['completed', 'completed', 'completed']);
  assert.ok(ear.of('thought').length > 1);
  assert.equal(ear.of('usage').length, 3);
  assert.ok(ear.of('commands')[0]?.commands.some(({ name }) => name === 'slow'));
});

test('an error of the agent fails its turn only', async () => {
  await using opened = await openAgent(demoProgram);
  await assert.rejects(opened.agent.prompt('fail'), {
    code: 'agent.failed',
    message: 'Demo agent answered with an error: Internal error: you asked me to fail',
  });
  assert.equal((await opened.agent.prompt('echo on')).stopReason, 'end_turn');
});

test('garbage between messages harms nothing', async () => {
  await using opened = await openAgent(demoProgram);
  await opened.agent.prompt('garbage');
  assert.equal(opened.ear.text, 'That was garbage, but I am still here.\n');
});

test('an agent that dies in its turn fails it at once, with its exit code and last words', async () => {
  await using opened = await openAgent(demoProgram);
  await assert.rejects(opened.agent.prompt('die 7'), {
    code: 'agent.failed',
    message: /ended with exit code 7 in the middle of its answer\.[^]*you asked me to die with code 7/,
  });
  const end = await opened.agent.ended;
  assert.deepEqual([end.code, end.signal], [7, null]);
});

test('an agent that is killed with a question open fails its turn and voids the question', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  const turn = agent.prompt('ask');
  const asked = await ear.question();
  process.kill(agent.pid, 'SIGKILL');
  await assert.rejects(turn, { code: 'agent.failed', message: /was ended by SIGKILL/ });
  assert.equal(asked.signal.aborted, true);
});

test('an agent that has closed its output is ended: it could not answer any more', async () => {
  const reply = (id: number, result: object): string =>
    `read -r line; echo '${JSON.stringify({ jsonrpc: '2.0', id, result })}'; `;
  const opens = reply(0, { protocolVersion: 1 }) + reply(1, { sessionId: 's' });
  await using opened = await openAgent(shellProgram(`${opens} read -r line; exec >&-; sleep 600`));
  await assert.rejects(within('its end', opened.agent.prompt('hi')), {
    code: 'agent.failed',
    message: /in the middle of its answer\.\n.*closed its output/s,
  });
});

test('disposing in the middle of a silent turn ends the turn and the process', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent } = opened;
  const turn = assert.rejects(agent.prompt('silent'), { code: 'agent.failed' });
  await agent[Symbol.asyncDispose]();
  await turn;
  assert.equal(startTime(agent.pid), undefined);
  await agent[Symbol.asyncDispose]();
});

test('in the modes that do not ask, the demo agent does not ask', async () => {
  for (const mode of ['code', 'auto'] as const) {
    await using opened = await openAgent(demoProgram, { mode });
    await opened.agent.prompt('ask');
    assert.equal(opened.ear.questions.length, 0);
    assert.ok(opened.ear.text.endsWith(`In the mode "${mode}" I do not ask.\n`));
  }
});

test('the mode of a running agent is changed, and a model that nobody offers is refused', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  await agent.setMode('auto');
  await agent.prompt('ask');
  assert.equal(ear.questions.length, 0);
  await agent.setMode('ask');
  const turn = agent.prompt('ask');
  (await ear.question()).answer('allow');
  await turn;
  await assert.rejects(agent.setModel('large'), {
    code: 'model.unsupported',
    message: /it offers demo-small, demo-large/,
  });
});

test('a message in blocks arrives whole', async () => {
  await using opened = await openAgent(demoProgram);
  await opened.agent.prompt([
    { type: 'text', text: 'echo a' },
    { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    { type: 'text', text: 'b' },
  ]);
  assert.equal(opened.ear.text, 'a\n[image]\nb');
});

test('an answer of which something could not be kept is none, even if the agent comes to its end', async () => {
  const result = (id: number, value: object): string => JSON.stringify({ jsonrpc: '2.0', id, result: value });
  const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'lost' } };
  const said = JSON.stringify({ method: 'session/update', params: { sessionId: 's', update } });
  const program = shellProgram(
    `read -r line; echo '${result(0, { protocolVersion: 1 })}'; read -r line; echo '${result(1, { sessionId: 's' })}'; ` +
      `read -r line; printf '%s\\n' '${said}' '${result(2, { stopReason: 'end_turn' })}'; read -r line`,
  );
  await using opened = await openAgent(program);
  const full = new Error('the disk is full');
  opened.ear.updates = () => {
    throw full;
  };
  await assert.rejects(opened.agent.prompt('hi'), full);
});

test('when what the agent says cannot be kept, its turn fails with the reason and the agent is ended', async () => {
  await using opened = await openAgent(demoProgram);
  const { agent, ear } = opened;
  const full = new Error('the disk is full');
  ear.updates = () => {
    throw full;
  };
  await assert.rejects(agent.prompt('slow 1000 1'), full);
  await agent.ended;
});
