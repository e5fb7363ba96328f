// The clients in other languages, run as a reader would run them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { z } from 'zod';
import { Event, SessionId } from '../../gateway/protocol/index.ts';
import { slowText } from '../../gateway/agents/demoScript.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { need } from '../support/programs.ts';
import { textOf } from '../support/transcript.ts';
import { Running } from './holdfast.ts';

const examples = path.join(import.meta.dirname, '..', '..', 'examples');

before(() => {
  need('python3');
  need('curl');
});

test('Python: the answer is whole although the client hung up in the middle', async () => {
  await using gateway = await startGateway();
  await using run = new Running('python3', [path.join(examples, 'client.py'), 'slow 40 20'], gateway.home, {
    cwd: newFolder('work'),
  });
  const { code, out, err } = await run.over();
  assert.equal(code, 0, err);
  const said = z
    .object({ session: SessionId, cursor: z.string(), answer: z.string() })
    .parse(JSON.parse(out));
  assert.equal(said.answer, slowText(40));
  const client = await gateway.connect();
  assert.equal((await client.call('session.get', { sessionId: said.session })).agent, 'demo');
});

test('Python: a refusal says what to do', async () => {
  await using gateway = await startGateway();
  const script =
    'import sys; sys.path.insert(0, sys.argv[1]); import client; client.call("session.get", sessionId="nope")';
  await using run = new Running('python3', ['-c', script, examples], gateway.home, {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  const { code, err } = await run.over();
  assert.equal(code, 1);
  assert.match(err, /RuntimeError: .*nope/);
});

test('shell: every event once and in order, over connections of a second each', async () => {
  await using gateway = await startGateway();
  await using run = new Running('sh', [path.join(examples, 'client.sh'), 'slow 60 30'], gateway.home, {
    cwd: newFolder('work'),
  });
  const { code, out, err } = await run.over();
  assert.equal(code, 0, err);
  const events = out
    .trim()
    .split('\n')
    .map((line) => Event.parse(JSON.parse(line)));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  assert.equal(textOf(events), slowText(60));
});

test('shell: quotes and backslashes in a prompt arrive as they are', async () => {
  await using gateway = await startGateway();
  await using run = new Running(
    'sh',
    [path.join(examples, 'client.sh'), 'echo say "hi" \\n $HOME'],
    gateway.home,
    {
      cwd: newFolder('work'),
    },
  );
  const { out } = await run.over();
  const events = out
    .trim()
    .split('\n')
    .map((line) => Event.parse(JSON.parse(line)));
  assert.equal(textOf(events), 'say "hi" \\n $HOME');
});

test('shell: lines and tabs of a prompt arrive as they are, and what is refused is told instead of waited for', async () => {
  await using gateway = await startGateway();
  const say = async (text: string) => {
    const args = [path.join(examples, 'client.sh'), text];
    await using run = new Running('sh', args, gateway.home, { cwd: newFolder('work') });
    return await run.over();
  };
  const { out, err } = await say('echo one\n\ttwo\\n\nthree');
  assert.equal(err, '');
  const events = out
    .trim()
    .split('\n')
    .map((line) => Event.parse(JSON.parse(line)));
  assert.equal(textOf(events), 'one\n\ttwo\\n\nthree');
  const refused = await say('echo \u0001');
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /^\{.*"error":.*Not JSON/);
});

test('shell: on macOS the state folder is where that system has it', async () => {
  const userHome = newFolder();
  await using _gateway = await startGateway({
    home: path.join(userHome, 'Library/Application Support/Holdfast'),
  });
  const bin = newFolder('bin');
  writeFileSync(path.join(bin, 'uname'), '#!/bin/sh\necho Darwin\n', { mode: 0o755 });
  const env = { HOLDFAST_HOME: '', PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const args = [path.join(examples, 'client.sh'), 'echo found'];
  await using run = new Running('sh', args, userHome, { env, cwd: newFolder('work') });
  const { code, out, err } = await run.over();
  assert.equal(code, 0, err);
  assert.match(out, /"content":"found"/);
});

test('shell: no gateway is said so', async () => {
  await using run = new Running('sh', [path.join(examples, 'client.sh')], newFolder());
  const { code, err } = await run.over();
  assert.deepEqual([code, err], [1, 'No gateway runs. Start one: npx holdfast up\n']);
});
