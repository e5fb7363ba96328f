// Consent is to all of what will be done: a question is shown whole, or it can only be refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_QUESTION_BYTES } from '../../gateway/agents/consent.ts';
import { object } from '../../gateway/agents/json.ts';
import { askingProgram, openAgent } from '../support/agents.ts';
import { startGateway } from '../support/gateway.ts';

const LONG = 300_000;

test('the card of a long call is cut where it is told, and whole where it is asked about', async () => {
  await using opened = await openAgent(askingProgram);
  const { agent, ear } = opened;
  const turn = agent.prompt(String(LONG));
  const { question, answer } = await ear.question();
  const command = String(object(question.toolCall.input)['command']);
  assert.deepEqual([command.length, command.endsWith('&& rm')], [LONG, true]);
  assert.match(JSON.stringify(ear.of('tool_use')[0]?.input), /cut here: \d+ more characters/);
  assert.equal(question.options.length, 2);
  answer('yes');
  assert.deepEqual((await turn).usage, { outcome: 'selected', optionId: 'yes' });
});

test('what is too long to be shown says so, and can only be rejected', async () => {
  await using opened = await openAgent(askingProgram);
  const { agent, ear } = opened;
  const turn = agent.prompt(String(MAX_QUESTION_BYTES + 1));
  const { question, answer } = await ear.question();
  assert.deepEqual(
    question.options.map(({ kind }) => kind),
    ['reject_once'],
  );
  const [said] = question.toolCall.content;
  assert.match(said?.type === 'text' ? said.text : '', /is 512 kB long.+can only be rejected/);
  assert.ok(JSON.stringify(question).length < MAX_QUESTION_BYTES);
  answer('no');
  assert.deepEqual((await turn).usage, { outcome: 'selected', optionId: 'no' });
});

test('a long question reaches whoever follows, whole, and is there for who comes later', async () => {
  const { name, command, args } = askingProgram;
  await using gateway = await startGateway({ config: { agents: { asking: { name, command, args } } } });
  const client = await gateway.connect();
  const sessionId = await client.newSession({ agent: 'asking' });
  const seen = await client.follow(sessionId);
  await client.call('session.send', { sessionId, message: String(LONG) });
  const { toolCall } = await seen.untilType('permission');
  assert.equal(String(object(toolCall.input)['command']).length, LONG);
  const late = await (await gateway.connect()).follow(sessionId);
  assert.deepEqual(late.snapshot?.permissions[0]?.toolCall, toolCall);
});
