// Plain Claude in its own protocol: recorded conversations, played back by a real process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claudeDriver } from '../../gateway/agents/claude.ts';
import { openAgent, recordedClaude, shellProgram, type Opening } from '../support/agents.ts';
import { within } from '../support/waitFor.ts';

const openClaude = (name: string, opening: Opening = {}) =>
  openAgent(recordedClaude(name), { driver: claudeDriver, ...opening });

test('thoughts and text come piece by piece, and are not told again as a whole', async () => {
  await using opened = await openClaude('think');
  const { agent, ear } = opened;
  assert.deepEqual(ear.of('commands'), [
    { type: 'commands', commands: [{ name: 'review', description: 'Review the changes.' }] },
  ]);
  const { stopReason, usage } = await agent.prompt('THINK');
  assert.equal(stopReason, 'end_turn');
  assert.ok(typeof usage === 'object');
  assert.deepEqual(
    ear.of('thought').map(({ text }) => text),
    ['Let me ', 'think ', 'about it.'],
  );
  assert.deepEqual(ear.of('message'), [
    { type: 'message', text: 'Thought', key: 'msg_fake_67' },
    { type: 'message', text: ' done.', key: 'msg_fake_67' },
  ]);
  assert.deepEqual(ear.of('usage'), [
    { type: 'usage', used: 13444, size: 1_000_000, cost: { amount: 0.053808, currency: 'USD' } },
  ]);
  assert.equal(agent.model, 'claude-opus-5-5');
  assert.equal(agent.agentSessionId, 'a2c54a99-c397-47c9-83df-57071c6c3467');
});

test('"always" names the rule and its place, is sent as a rule, and the next time nobody is asked', async () => {
  await using opened = await openClaude('always');
  const { agent, ear } = opened;
  const turn = agent.prompt('BASH touch ro1.txt');
  const { question, answer } = await ear.question();
  assert.equal(question.title, 'touch ro1.txt');
  assert.deepEqual(
    question.options.map(({ kind, name }) => [kind, name]),
    [
      ['allow_once', 'Allow once'],
      ['allow_always', 'Always allow Bash(touch ro1.txt) in this folder'],
      ['reject_once', 'Reject'],
    ],
  );
  answer('always');
  assert.equal((await turn).stopReason, 'end_turn');
  await agent.prompt('BASH touch ro1.txt');
  assert.equal(ear.questions.length, 1);
  assert.deepEqual(
    ear.of('tool_use').map(({ tool, kind, title }) => [tool, kind, title]),
    Array.from({ length: 2 }, () => ['Bash', 'execute', 'touch ro1.txt']),
  );
  assert.deepEqual(ear.of('tool_update').at(-1), {
    type: 'tool_update',
    toolCallId: 'toolu_fake_152_0',
    status: 'completed',
    content: [{ type: 'text', text: '(Bash completed with no output)' }],
  });
});

test('a question of the agent is a form, and what was filled in reaches it', async () => {
  await using opened = await openClaude('ask');
  const { agent, ear } = opened;
  const turn = agent.prompt('ASK');
  const { question, answer } = await ear.question();
  assert.equal(question.title, 'Which colour?');
  assert.deepEqual(question.form?.fields, [
    {
      type: 'choice',
      name: 'question_0',
      title: 'Colour',
      required: false,
      choices: [
        { value: 'Red', title: 'Red', description: 'r' },
        { value: 'Blue', title: 'Blue', description: 'b' },
      ],
    },
    { type: 'text', name: 'question_0_custom', title: 'Something else', required: false },
  ]);
  answer('submit', { question_0: 'Blue' });
  assert.equal((await turn).stopReason, 'end_turn');
  assert.match(ear.text, /"Which colour\?"="Blue"/);
});

test('an interrupt takes the open question back, and the next turn works', async () => {
  await using opened = await openClaude('cancel-in-permission');
  const { agent, ear } = opened;
  const turn = agent.prompt('BASH touch ip.txt');
  const { signal } = await ear.question();
  agent.cancel();
  assert.equal((await turn).stopReason, 'cancelled');
  assert.equal(signal.aborted, true);
  assert.equal(ear.of('tool_update').at(-1)?.status, 'failed');
  assert.equal((await agent.prompt('HELLO')).stopReason, 'end_turn');
  assert.ok(ear.text.endsWith('Hello from the fake model.'));
});

test('while the model fails it is told what happens, and at last that a login is needed', async () => {
  await using opened = await openClaude('login');
  await assert.rejects(opened.agent.prompt('ERROR 401'), {
    code: 'agent.auth',
    message: /needs you to log in\..+\/login.+Then send the prompt again\.\nFailed to authenticate/s,
  });
  const notices = opened.ear.of('thought').map(({ text }) => text);
  assert.match(notices[0] ?? '', /HTTP status 401\). Next attempt 1 of 2 in 1 s/);
  assert.equal(opened.ear.text, '', 'the failure is not told as an answer');
});

/** Answers initialize, then does what the rest of the script says. */
const scripted = (rest: string) =>
  shellProgram(
    String.raw`read -r line; id=$(printf %s "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/'); ` +
      String.raw`printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id"; ` +
      rest,
  );

test('what it asks for that is not offered is refused, so that it does not wait', async () => {
  const program = scripted(
    String.raw`echo '{"type":"control_request","request_id":"h1","request":{"subtype":"hook_callback"}}'; ` +
      String.raw`read -r prompt; read -r answer; printf '%s\n' "$answer" >&2; exit 4`,
  );
  await using opened = await openAgent(program, { driver: claudeDriver });
  // The refusal may be written before or after the prompt: the agent shows the second of the two lines.
  await assert.rejects(opened.agent.prompt('hi'), (error: Error) => {
    assert.match(error.message, /ended with exit code 4 in the middle of its answer/);
    assert.match(error.message, /does not offer this|"type":"user"/);
    return true;
  });
});

test('the result of a turn that it began by itself does not end the turn that waits behind it', async () => {
  const result = (text: string): string =>
    JSON.stringify({ type: 'result', subtype: 'success', is_error: false, stop_reason: text });
  const lifecycle = (state: string): string =>
    `printf '{"type":"command_lifecycle","command_uuid":"%s","state":"${state}"}\\n' "$uuid"; `;
  const program = scripted(
    String.raw`read -r line; uuid=$(printf %s "$line" | sed 's/.*"uuid":"\([^"]*\)".*/\1/'); ` +
      lifecycle('queued') +
      `echo '${result('refusal')}'; ` +
      lifecycle('started') +
      `echo '${result('max_tokens')}'; read -r end`,
  );
  await using opened = await openAgent(program, { driver: claudeDriver });
  assert.equal((await opened.agent.prompt('hi')).stopReason, 'max_tokens');
});

test('an answer of which something could not be kept is none, even if Claude comes to its end', async () => {
  const text = { type: 'assistant', message: { id: 'm', content: [{ type: 'text', text: 'lost' }] } };
  const result = { type: 'result', subtype: 'success', is_error: false, stop_reason: 'end_turn' };
  const program = scripted(
    `read -r line; printf '%s\\n' '${JSON.stringify(text)}' '${JSON.stringify(result)}'; read -r end`,
  );
  await using opened = await openAgent(program, { driver: claudeDriver });
  const full = new Error('the disk is full');
  opened.ear.updates = () => {
    throw full;
  };
  await assert.rejects(opened.agent.prompt('hi'), full);
});

test('a turn that is cancelled before it has begun is interrupted when it begins', async () => {
  const aborted = { type: 'result', subtype: 'error_during_execution', terminal_reason: 'aborted_streaming' };
  const program = scripted(
    String.raw`read -r line; uuid=$(printf %s "$line" | sed 's/.*"uuid":"\([^"]*\)".*/\1/'); read -r early; ` +
      `printf '{"type":"command_lifecycle","command_uuid":"%s","state":"started"}\\n' "$uuid"; ` +
      `read -r again; echo '${JSON.stringify(aborted)}'; read -r end`,
  );
  await using opened = await openAgent(program, { driver: claudeDriver });
  const turn = opened.agent.prompt('hi');
  opened.agent.cancel();
  assert.equal((await within('its end', turn)).stopReason, 'cancelled');
});

test('a session that it does not know is replaced by a new one', async () => {
  const program = shellProgram(
    `case "$*" in *--resume*) echo '{"type":"result","is_error":true,"errors":["No conversation found"]}'; exit 1;; esac; ` +
      String.raw`read -r line; id=$(printf %s "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/'); ` +
      String.raw`printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id"; cat >&2`,
  );
  // `sh -c script` takes the driver's own arguments as $0, $1 and so on.
  await using opened = await openAgent(program, { driver: claudeDriver, resume: 'lost' });
  assert.equal(opened.agent.opened, 'fallback');
  assert.notEqual(opened.agent.agentSessionId, 'lost');
});

test('one that cannot start says why', async () => {
  const dies = openAgent(shellProgram('echo "Error: no space" >&2; exit 1'), { driver: claudeDriver });
  await assert.rejects(dies, {
    code: 'agent.failed',
    message: /ended with exit code 1 at start.*no space/s,
  });
  // It has two names for this mode: the second one must not be asked of a process that has ended over the first.
  const dying = openAgent(scripted('read -r line; exit 5'), { driver: claudeDriver, mode: 'auto' });
  await assert.rejects(within('the end', dying), { code: 'agent.failed', message: /exit code 5 at start/ });
  const silent = openAgent(shellProgram('sleep 60'), { driver: claudeDriver, startLimitMs: 300 });
  await assert.rejects(silent, { code: 'agent.failed', message: /did not answer within 0\.3 seconds/ });
});

test('a mode or a model that it refuses is told in its own words', async () => {
  const refusal = String.raw`printf '{"type":"control_response","response":{"subtype":"error","request_id":"%s","error":"managed by your company"}}\n' "$id"; `;
  const program = scripted(
    String.raw`while read -r line; do id=$(printf %s "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/'); ` +
      `${refusal}done`,
  );
  await using opened = await openAgent(program, { driver: claudeDriver });
  const message = /refused: managed by your company\./;
  await assert.rejects(opened.agent.setMode('auto'), { code: 'mode.unsupported', message });
  await assert.rejects(opened.agent.setModel('huge'), { code: 'model.unsupported', message });
});
