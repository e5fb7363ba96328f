// Agents that fail: each failure is told in words, costs at most its own turn, and leaves no process behind.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AgentId, Problem } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { ask } from '../support/rawHttp.ts';
import { sharedGateway } from '../support/sharedGateway.ts';
import { isAlive, untilGone } from '../support/processes.ts';
import { waitFor } from '../support/waitFor.ts';

const folder = newFolder('agents');
const notExecutable = path.join(folder, 'not-executable');
const leaving = path.join(folder, 'leaving');
const pidFile = path.join(folder, 'pids');
const counting = path.join(import.meta.dirname, '..', 'support', 'countingAgent.ts');
const stubborn = path.join(import.meta.dirname, '..', 'support', 'stubbornAgent.ts');

writeFileSync(notExecutable, '#!/bin/sh\n', { mode: 0o600 });
writeFileSync(leaving, '#!/bin/sh\n', { mode: 0o700 });
const gateway = await sharedGateway({
  config: {
    agents: {
      missing: { name: 'Missing', command: 'no-such-program-anywhere' },
      forbidden: { name: 'Forbidden', command: notExecutable },
      leaving: { name: 'Leaving', command: leaving },
      dying: { name: 'Dying', command: 'sh', args: ['-c', 'echo "no license" >&2; exit 3'] },
      babbling: { name: 'Babbling', command: 'sh', args: ['-c', 'echo "Welcome!"; exit 0'] },
      deaf: { name: 'Deaf', command: process.execPath, args: [counting, path.join(folder, 'receipts')] },
      stubborn: { name: 'Stubborn', command: process.execPath, args: [stubborn, pidFile] },
    },
  },
});
const client = await gateway.connect('window one');

const agent = (name: string) => ({ agent: AgentId.parse(name) });

test('an agent that is not installed, or may not be run, is refused when the session is made, and where its turn begins', async () => {
  const table = [
    ['missing', 'agent.missing', /no-such-program-anywhere.*Install it/s],
    ['forbidden', 'agent.missing', /chmod \+x/],
    ['unheard-of', 'agent.unknown', /Choose one of: .*demo/],
  ] as const;
  for (const [name, problem, words] of table) {
    await assert.rejects(client.newSession(agent(name)), (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.problem, problem);
      assert.match(error.message, words);
      return true;
    });
  }
  const made = await client.newSession(agent('leaving'));
  rmSync(leaving);
  const [error] = (await client.ask(made, 'echo hello')).of('error');
  assert.deepEqual(
    [error?.code, error?.message.startsWith('Leaving cannot be started. ')],
    ['agent.missing', true],
  );
});

test('a folder that does not exist, or is a file, is refused', async () => {
  for (const given of ['/no/such/folder', notExecutable, 'a\0b']) {
    await assert.rejects(
      client.newSession({ path: given }),
      (error: unknown) => error instanceof Problem && error.problem === 'path.missing',
    );
  }
});

test('no agent is started where a link has taken the place of the folder', async () => {
  const given = newFolder('work');
  const sessionId = await client.newSession({ path: given });
  rmdirSync(given);
  symlinkSync(folder, given);
  const [error] = (await client.ask(sessionId, 'echo hello')).of('error');
  assert.equal(error?.code, 'path.missing');
  assert.match(error.message, /leads to .* by now/);
});

test('a session that is being destroyed starts no agent any more', async () => {
  const params = { sessionId: await client.newSession() };
  const calls = ['session.destroy', 'session.resume'].map((method, id) => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  }));
  const { body } = await ask(gateway.socket, { body: JSON.stringify(calls) });
  assert.match(body, /"id":0,"result".*"id":1,"error"/);
});

test('a path is absolute, from ~ on, or the name of a folder in ~/Projects', async () => {
  const projects = path.join(gateway.home, 'Projects');
  mkdirSync(path.join(projects, 'my app'), { recursive: true });
  const pathOf = async (given: string): Promise<string> => {
    const sessionId = await client.newSession({ path: given });
    return (await client.call('session.get', { sessionId })).path;
  };
  assert.equal(await pathOf('~'), gateway.home);
  assert.equal(await pathOf('~/Projects/'), projects);
  assert.equal(await pathOf('my app'), path.join(projects, 'my app'));
  for (const given of ['./my app', '..', '.', 'Projects/my app', '~other', 'nothing']) {
    await assert.rejects(pathOf(given), (error: unknown) => {
      assert.ok(error instanceof Problem && error.problem === 'path.missing', given);
      assert.match(
        error.message,
        given === 'nothing' ? /Projects\/nothing is not an existing/ : /is relative/,
      );
      return true;
    });
  }
});

test('two names for the agent must mean the same', async () => {
  const folder = newFolder('work');
  const made = await client.call('session.create', { path: folder, agent: 'demo', cli_type: 'demo' });
  assert.ok(made.sessionId);
  await assert.rejects(
    client.call('session.create', { path: folder, agent: 'demo', cli_type: 'claude' }),
    /the same thing: give one/,
  );
});

test('an agent that cannot be started any more fails its turn and not the session', async () => {
  const sessionId = await client.newSession(agent('stubborn'));
  rmSync(folder, { recursive: true });
  try {
    const seen = await client.ask(sessionId, 'echo hello');
    // It cannot write its pids there, and dies of it.
    const [error] = seen.of('error');
    assert.equal(error?.code, 'agent.failed');
    assert.equal((await client.call('session.get', { sessionId })).status, 'error');
  } finally {
    mkdirSync(folder, { mode: 0o700 });
  }
  const seen = await client.ask(sessionId, 'echo hello again');
  assert.equal(seen.text, 'hello again');
});

test('an agent that dies at start says its last words, and one that is none says what it printed', async () => {
  for (const [name, words] of [
    ['dying', /no license/],
    ['babbling', /Welcome!/],
  ] as const) {
    const sessionId = await client.newSession(agent(name));
    const seen = await client.ask(sessionId, 'hello');
    const [error] = seen.of('error');
    assert.match(error?.message ?? '', words);
    assert.equal((await client.call('session.get', { sessionId })).status, 'error');
  }
});

test('an agent that dies in the middle of its answer: what it said stays, and the next prompt works', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'die 7' });
  const error = await seen.end(promptId);
  assert.ok(error.type === 'error');
  assert.match(error.message, /exit code 7[^]*you asked me to die/);
  assert.equal(seen.text, 'Farewell.\n');
  const again = await client.ask(sessionId, 'echo still here');
  assert.ok(again.text.endsWith('still here'));
  assert.ok(again.of('system').length > 0, 'nobody said that the agent had begun anew');
});

test('an agent that is killed from outside is told at once, and those who wait are held', async () => {
  const sessionId = await client.newSession();
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'silent' });
  await client.call('session.send', { sessionId, message: 'echo waiting' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  const { sessions } = await client.call('monitor.sessions', {});
  const pid = sessions.find((session) => session.sessionId === sessionId)?.process?.pid;
  assert.ok(pid !== undefined);
  const killed = performance.now();
  process.kill(pid, 'SIGKILL');
  const error = await seen.end(promptId);
  assert.ok(performance.now() - killed < 15_000);
  assert.ok(error.type === 'error');
  assert.match(error.message, /SIGKILL/);
  const { held, prompts } = await client.call('queue.list', { sessionId });
  assert.deepEqual([held, prompts.map(({ state }) => state)], [true, ['queued']]);
});

test('an agent that prints something else in between goes on', async () => {
  const sessionId = await client.newSession();
  const seen = await client.ask(sessionId, 'garbage');
  assert.equal(seen.text, 'That was garbage, but I am still here.\n');
});

test('an agent that fails one session does not disturb another', async () => {
  const [one, two] = [await client.newSession(), await client.newSession()];
  const seen = await client.follow(two);
  const { promptId } = await client.call('session.send', { sessionId: two, message: 'slow 60 5' });
  await client.ask(one, 'die');
  await seen.end(promptId);
  assert.equal(seen.of('result').length, 1);
});

test('an agent that takes no notice of being stopped is ended, and the next prompt gets a fresh one', async () => {
  const sessionId = await client.newSession(agent('deaf'));
  const seen = await client.follow(sessionId);
  const { promptId } = await client.call('session.send', { sessionId, message: 'deaf' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  assert.equal((await client.call('session.interrupt', { sessionId })).interrupted, true);
  assert.equal((await seen.end(promptId)).type, 'interrupted');
  const next = await client.ask(sessionId, 'listen');
  assert.match(next.text, /listen 19/);
});

test('destroying a session ends its agent and all that this has started, before it answers', async () => {
  rmSync(pidFile, { force: true });
  const sessionId = await client.newSession(agent('stubborn'));
  const seen = await client.follow(sessionId);
  await client.call('session.send', { sessionId, message: 'silent' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number);
  assert.deepEqual(pids.map(isAlive), [true, true]);
  await client.call('session.destroy', { sessionId });
  assert.deepEqual(pids.map(isAlive), [false, false]);
  await assert.rejects(
    client.call('session.get', { sessionId }),
    (error: unknown) => error instanceof Problem && error.problem === 'session.destroyed',
  );
});

test('an agent that has lost its gateway, and did not notice, is ended at the next start with its children', async () => {
  await using own = await startGateway({
    config: { agents: { stubborn: { command: process.execPath, args: [stubborn, pidFile] } } },
  });
  rmSync(pidFile, { force: true });
  const first = await own.connect();
  const sessionId = await first.newSession(agent('stubborn'));
  const seen = await first.follow(sessionId);
  await first.call('session.send', { sessionId, message: 'silent' });
  await seen.until((event) => event.type === 'status' && event.status === 'busy');
  const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number);
  await own.kill9();
  assert.deepEqual(pids.map(isAlive), [true, true], 'what is to be reaped');
  await own.start();
  await Promise.all(pids.map(untilGone));
});

test('the end of the gateway is the end of its agents', async () => {
  await using own = await startGateway({
    config: { agents: { stubborn: { command: process.execPath, args: [stubborn, pidFile] } } },
  });
  rmSync(pidFile, { force: true });
  const first = await own.connect();
  const sessionId = await first.newSession(agent('stubborn'));
  await first.call('session.send', { sessionId, message: 'silent' });
  await waitFor('the agent to run', () => readPids().length === 2);
  const pids = readPids();
  assert.equal(await own.stop(), 0);
  assert.deepEqual(pids.map(isAlive), [false, false]);
});

function readPids(): number[] {
  try {
    return readFileSync(pidFile, 'utf8').split(' ').map(Number);
  } catch {
    return [];
  }
}
