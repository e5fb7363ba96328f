// Agents that do not come up: each failure says what happened and what to do, and leaves no process behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTime } from '../../gateway/agents/processTree.ts';
import { demoProgram, openAgent, recorded, shellProgram, type Opening } from '../support/agents.ts';
import type { Program } from '../../gateway/agents/process.ts';

/** Opens in vain. Returns what was told, after the process is gone. */
const failToOpen = async (program: Program, opening: Opening = {}): Promise<Error & { code?: unknown }> => {
  let pid = 0;
  const onSpawn = (spawned: number): void => {
    pid = spawned;
  };
  const error = await openAgent(program, { ...opening, onSpawn }).then(
    () => assert.fail('it opened'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error);
  if (pid > 0) assert.equal(startTime(pid), undefined);
  return error;
};

test('a program that is not installed', async () => {
  const program = { name: 'OpenCode', command: 'no-such-agent', args: ['acp'], env: {} };
  const error = await failToOpen(program);
  assert.equal(error.code, 'agent.missing');
  assert.match(error.message, /OpenCode could not be started: there is no program "no-such-agent"/);
});

test('a folder that does not exist', async () => {
  const error = await failToOpen(demoProgram, { cwd: '/no/such/folder' });
  assert.equal(error.code, 'path.missing');
});

test('an agent that dies at start tells its exit code and its last words', async () => {
  const error = await failToOpen(shellProgram('echo "needs a newer kernel" >&2; exit 78'));
  assert.equal(error.code, 'agent.failed');
  assert.match(error.message, /ended with exit code 78 at start\.[^]*needs a newer kernel/);
});

test('an agent that is killed at start tells the signal', async () => {
  assert.match((await failToOpen(shellProgram('kill -9 $$'))).message, /was ended by SIGKILL at start/);
});

test('a program that prints something else and ends says so, with the first line and the command', async () => {
  const error = await failToOpen(shellProgram('echo "Welcome to my shell!"; read line'));
  assert.match(error.message, /something that is not its protocol: "Welcome to my shell!"/);
  assert.match(error.message, /Check that this command starts an agent that speaks ACP: sh -c/);
});

test('a program that prints something else without end is stopped', async () => {
  assert.match((await failToOpen(shellProgram('exec yes'))).message, /not its protocol: "y"/);
});

test('a program that never answers is given up', async () => {
  const error = await failToOpen(shellProgram('echo hm >&2; exec sleep 60'), { startLimitMs: 300 });
  assert.equal(error.code, 'agent.failed');
  assert.match(error.message, /did not answer within 0\.3 seconds\.\nhm\n/);
});

test('an agent that dies of its old session is started again without it', async () => {
  const resumable = '{"protocolVersion":1,"agentCapabilities":{"loadSession":true}}';
  const program = shellProgram(
    `read l; echo '{"jsonrpc":"2.0","id":0,"result":${resumable}}'; read l; ` +
      `case "$l" in *session/load*) exit 7;; esac; ` +
      `echo '{"jsonrpc":"2.0","id":1,"result":{"sessionId":"fresh"}}'; read l`,
  );
  await using opened = await openAgent(program, { resume: 'old' });
  assert.deepEqual([opened.agent.opened, opened.agent.agentSessionId], ['fallback', 'fresh']);
});

test('an agent of another version of the protocol says which of the two is to be updated', async () => {
  const speaks = (version: number): Promise<Error> =>
    failToOpen(
      shellProgram(`read l; echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":${version}}}'; read l`),
    );
  assert.match((await speaks(2)).message, /speaks version 2 of ACP, and Holdfast version 1: update Holdfast/);
  assert.match((await speaks(0)).message, /update The agent\./);
});

test('whoever opens can give up, and gets the own reason back', async () => {
  const stop = new AbortController();
  const opening = failToOpen(shellProgram('exec sleep 60'), { signal: stop.signal });
  stop.abort(new Error('the window was closed'));
  assert.equal((await opening).message, 'the window was closed');
});

test('a mode that the agent has nothing for is refused, and says which to choose', async () => {
  const error = await failToOpen(recorded('opencode-permit'), { mode: 'auto' });
  assert.equal(error.code, 'mode.unsupported');
  assert.match(error.message, /Choose "ask"/);
});

test('a model that the agent does not offer is refused with those that it does', async () => {
  const error = await failToOpen(recorded('opencode-permit'), { model: 'no/such-model' });
  assert.match(error.message, /has no model "no\/such-model": it offers .*opencode\/big-pickle/);
});
