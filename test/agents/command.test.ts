// Any plain command as an agent: what goes in, what comes out, and how it ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandDriver } from '../../gateway/agents/command.ts';
import { startTime } from '../../gateway/agents/processTree.ts';
import { openAgent, shellProgram, type Opening } from '../support/agents.ts';

const openCommand = (script: string, opening: Opening = {}) =>
  openAgent(shellProgram(script), { driver: commandDriver, ...opening });

test('the prompt is its input, its output is the answer, and its end is the end of the turn', async () => {
  await using opened = await openCommand("tr 'a-z' 'A-Z'");
  const { agent, ear } = opened;
  assert.deepEqual(await agent.prompt([{ type: 'text', text: 'grüße' }, link]), { stopReason: 'end_turn' });
  assert.equal(ear.text, 'GRüßE\nFILE:///A.TXT');
  assert.equal((await agent.ended).code, 0);
});
const link = { type: 'resource_link' as const, uri: 'file:///a.txt', name: 'a.txt' };

test('the answer is told while it is written, and a character that was cut in two is whole', async () => {
  await using opened = await openCommand(String.raw`printf 'one \303'; read -r go; printf '\274 two'; cat`);
  const { agent, ear } = opened;
  const turn = agent.prompt('go\n');
  await turn;
  assert.equal(ear.text, 'one ü two');
});

test('a command that fails says so, with its exit code and its last words', async () => {
  await using opened = await openCommand('echo half; echo "no such model" >&2; exit 3');
  await assert.rejects(opened.agent.prompt('hi'), {
    code: 'agent.failed',
    message: /ended with exit code 3 before its answer was complete\.[^]*no such model/,
  });
  assert.equal(opened.ear.text, 'half\n');
});

test('cancelling ends the command with all that it has started', async () => {
  await using opened = await openCommand('echo started; sleep 600 & sleep 600');
  const { agent, ear } = opened;
  const turn = agent.prompt('hi');
  await ear.until(() => ear.text === 'started\n');
  agent.cancel();
  assert.deepEqual(await turn, { stopReason: 'cancelled' });
  assert.equal(startTime(agent.pid), undefined);
});

test('a command that does not read its input is no failure', async () => {
  await using opened = await openCommand('exec <&-; echo done');
  await opened.agent.prompt('x'.repeat(1_000_000));
  assert.equal(opened.ear.text, 'done\n');
});

test('it has no modes but those in which it is asked nothing, no models, and takes no images', async () => {
  await assert.rejects(openCommand('cat', { mode: 'plan' }), { code: 'mode.unsupported' });
  await assert.rejects(openCommand('cat', { model: 'big' }), { code: 'model.unsupported' });
  await using opened = await openCommand('cat', { mode: 'auto' });
  const image = { type: 'image' as const, data: 'AAAA', mimeType: 'image/png' };
  await assert.rejects(opened.agent.prompt([image]), { code: 'agent.failed', message: /takes only text/ });
});

test('it remembers no conversation: one that it is to go on with begins anew', async () => {
  await using opened = await openCommand('cat', { resume: 'yesterday' });
  assert.equal(opened.agent.opened, 'fallback');
});

test('a command that is not installed', async () => {
  const program = { name: 'Mine', command: 'no-such-command', args: [], env: {} };
  await assert.rejects(openAgent(program, { driver: commandDriver }), {
    code: 'agent.missing',
    message: /there is no program "no-such-command"/,
  });
});
