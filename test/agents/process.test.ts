// Agent processes: their messages come in batches, and their end leaves nothing behind.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../gateway/agents/json.ts';
import { AgentProcess, type ProcessOptions } from '../../gateway/agents/process.ts';
import { family, reap, signalAll, startTime, ticksNow } from '../../gateway/agents/processTree.ts';
import { shellProgram } from '../support/agents.ts';
import { untilGone } from '../support/processes.ts';
import { waitFor } from '../support/waitFor.ts';

interface Started extends AsyncDisposable {
  readonly agent: AgentProcess;
  readonly batches: (readonly JsonObject[])[];
  readonly garbage: string[];
}

const start = async (
  script: string,
  limits: Pick<ProcessOptions, 'maxLineBytes' | 'termGraceMs'> = {},
): Promise<Started> => {
  const batches: (readonly JsonObject[])[] = [];
  const garbage: string[] = [];
  const agent = await AgentProcess.start(shellProgram(script), {
    cwd: tmpdir(),
    onMessages: (messages) => batches.push(messages),
    onGarbage: (line) => garbage.push(line),
    ...limits,
  });
  return { agent, batches, garbage, [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose]() };
};

/** A folder for the test, and a function that reads the pid that a script has written there. */
const pidFiles = (): { folder: string; pid: (name: string) => Promise<number> } & Disposable => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-process-'));
  return {
    folder,
    pid: (name) =>
      waitFor(`the file ${name}`, () => {
        const file = join(folder, name);
        const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
        return text === '' ? undefined : Number(text);
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};

test('what one write holds is one batch, in order', async () => {
  await using started = await start(`printf '{"n":1}\\n{"n":2}\\n\\n{"n":3}\\n'`);
  await started.agent.ended;
  assert.deepEqual(started.batches, [[{ n: 1 }, { n: 2 }, { n: 3 }]]);
});

test('a last line without a newline is still a message', async () => {
  await using started = await start(`printf '{"n":1}'`);
  await started.agent.ended;
  assert.deepEqual(started.batches.flat(), [{ n: 1 }]);
});

test('a byte order mark before the first message, and carriage returns, are no part of it', async () => {
  await using started = await start(String.raw`printf '\357\273\277{"n":1}\r\n{"n":2}\r\n'`);
  await started.agent.ended;
  assert.deepEqual([started.batches.flat(), started.garbage], [[{ n: 1 }, { n: 2 }], []]);
});

test('garbage is reported, kept for the error text, and harms no message', async () => {
  const lines = ['hello', '[1]', '"text"', '{"cut":', 'null'];
  await using started = await start(
    `printf '%s\\n' '{"n":1}' ${lines.map((l) => `'${l}'`).join(' ')} '{"n":2}'`,
  );
  const end = await started.agent.ended;
  assert.deepEqual(started.batches.flat(), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(started.garbage, lines);
  assert.deepEqual(started.agent.garbage, lines.slice(0, 3));
  assert.match(end.detail, /not its protocol: "hello"/);
});

test('a line beyond the cap is dropped with a report', async () => {
  await using started = await start(`printf '{"n":1}\\n'; head -c 5000 /dev/zero; printf '\\n{"n":2}\\n'`, {
    maxLineBytes: 1000,
  });
  await started.agent.ended;
  assert.deepEqual(started.batches.flat(), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual(started.garbage, ['a line of more than 1000 bytes, which is too long']);
});

test('the end tells the exit code and the last words of stderr', async () => {
  await using started = await start(
    `head -c 9000 /dev/zero | tr '\\0' x >&2; echo 'out of luck' >&2; exit 3`,
  );
  const end = await started.agent.ended;
  assert.equal(end.code, 3);
  assert.equal(end.signal, null);
  assert.ok(end.detail.endsWith('out of luck'));
  assert.ok(end.detail.length <= 4096);
});

test('a message is written as one line, and the agent reads it', async () => {
  await using started = await start('read -r line; printf "%s\\n" "$line"');
  await started.agent.write({ text: 'two\nlines' });
  await started.agent.ended;
  assert.deepEqual(started.batches.flat(), [{ text: 'two\nlines' }]);
});

test('a write to an agent that does not read is not done before the agent ends', async () => {
  await using started = await start('sleep 60');
  const writing = started.agent.write({ text: 'x'.repeat(4_000_000) }).then(
    () => 'written',
    () => 'the agent ended',
  );
  await started.agent[Symbol.asyncDispose]();
  assert.equal(await writing, 'the agent ended');
});

test('a program that is not there, a folder that is not there and a forbidden argument are told apart', async () => {
  const options = { cwd: tmpdir(), onMessages: () => {} };
  const program = { name: 'X', command: 'no-such-program-anywhere', args: [], env: {} };
  await assert.rejects(AgentProcess.start(program, options), {
    code: 'agent.missing',
    message: /no program "no-such-program-anywhere"\. Install it/,
  });
  await assert.rejects(AgentProcess.start(shellProgram('true'), { ...options, cwd: '/no/such/folder' }), {
    code: 'path.missing',
  });
  await assert.rejects(AgentProcess.start(shellProgram('true\0'), options), { code: 'agent.missing' });
  using files = pidFiles();
  const closed = join(files.folder, 'closed');
  symlinkSync(closed, closed);
  await assert.rejects(AgentProcess.start(shellProgram('true'), { ...options, cwd: join(closed, 'in') }), {
    code: 'path.missing',
  });
  const file = join(files.folder, 'not-executable');
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o600 });
  await assert.rejects(AgentProcess.start({ ...program, command: file }, options), {
    code: 'agent.missing',
    message: /chmod \+x/,
  });
});

test('the end is told soon when a grandchild holds the pipe, and the grandchild is killed', async () => {
  using files = pidFiles();
  await using started = await start(`sleep 60 & echo $! > ${files.folder}/child; printf '{"n":1}\\n'`);
  const before = performance.now();
  const end = await started.agent.ended;
  assert.equal(end.code, 0);
  assert.ok(performance.now() - before < 30_000, 'the grandchild was not waited for');
  assert.deepEqual(started.batches.flat(), [{ n: 1 }]);
  await untilGone(await files.pid('child'));
});

test('disposing ends the whole tree, even a child in a session of its own, and may be done twice', async () => {
  using files = pidFiles();
  await using started = await start(
    `setsid sh -c 'echo $$ > ${files.folder}/own; exec sleep 60' & sleep 60 & echo $! > ${files.folder}/child; wait`,
  );
  const pids = [await files.pid('own'), await files.pid('child'), started.agent.pid];
  await Promise.all([started.agent[Symbol.asyncDispose](), started.agent[Symbol.asyncDispose]()]);
  for (const pid of pids) await untilGone(pid);
  const end = await started.agent.ended;
  assert.equal(end.signal, 'SIGTERM');
});

test('an agent that ignores SIGTERM is killed', async () => {
  using files = pidFiles();
  await using started = await start(
    `trap '' TERM; echo $$ > ${files.folder}/deaf; while :; do sleep 1; done`,
    { termGraceMs: 100 },
  );
  await files.pid('deaf');
  await started.agent[Symbol.asyncDispose]();
  assert.equal((await started.agent.ended).signal, 'SIGKILL');
});

test('reaping ends what an earlier gateway has left, but never another process with that pid', async () => {
  using files = pidFiles();
  await using started = await start(`setsid sh -c 'echo $$ > ${files.folder}/own; exec sleep 60' & wait`);
  const { pid } = started.agent;
  const own = await files.pid('own');
  const started_ = startTime(pid) ?? '';
  assert.equal(await reap(pid, `${started_}0`), false);
  signalAll([{ pid, startTime: `${started_}0` }], 'SIGKILL');
  assert.notEqual(startTime(pid), undefined);
  assert.deepEqual(family(pid, `${started_}0`), []);
  assert.equal(await reap(pid, started_), true);
  await untilGone(own);
  await untilGone(pid);
  assert.equal(await reap(pid, started_), false);
});

test('reaping ends the children of an agent that is gone itself', async () => {
  using files = pidFiles();
  // Left alone as by a gateway that was killed: nobody here ends what it started.
  const script = `sleep 60 & echo $! > ${files.folder}/child; wait`;
  const { pid } = spawn('sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, HOLDFAST_AGENT: 'of an earlier gateway' },
  });
  assert.ok(pid !== undefined);
  const started_ = startTime(pid) ?? '';
  const child = await files.pid('child');
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
  assert.notEqual(startTime(child), undefined, 'it has outlived the agent');
  assert.equal(await reap(pid, started_), true);
  await untilGone(child);
  assert.equal(await reap(pid, started_), false);
});

test('a stranger in the group of an agent that is gone is left alone', async () => {
  using files = pidFiles();
  const script = `sleep 60 & echo $! > ${files.folder}/child; wait`;
  const { pid } = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore', env: process.env });
  assert.ok(pid !== undefined);
  const child = await files.pid('child');
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
  assert.equal(await reap(pid, 'boot/1'), false);
  assert.notEqual(startTime(child), undefined);
  process.kill(child, 'SIGKILL');
});

test('an agent that is killed in its turn takes along what the turn has started, and nothing older', async () => {
  using files = pidFiles();
  const daemon = (name: string): string =>
    `setsid sh -c 'echo $$ > ${files.folder}/${name}; exec sleep 60' &`;
  await using started = await start(`${daemon('old')} read -r line; ${daemon('new')} wait`);
  const old = await files.pid('old');
  // Processes are dated in hundredths of a second.
  const began = Number(startTime(old)?.split('/').at(-1));
  await waitFor('the next tick', () => Math.floor(ticksNow()) > began);
  started.agent.setInTurn(true);
  await started.agent.write({});
  const young = await files.pid('new');
  process.kill(started.agent.pid, 'SIGKILL');
  await started.agent.ended;
  await untilGone(young);
  assert.notEqual(startTime(old), undefined, 'what it had started before is nobody else to end');
  process.kill(old, 'SIGKILL');
});

test('when a process started is told in the same words in every time zone', () => {
  // As where there is no /proc: ps tells.
  const script = `Object.defineProperty(process, 'platform', { value: 'freebsd' });
    const { startTime } = await import(process.argv[1]);
    console.log(startTime(process.ppid));`;
  const file = join(import.meta.dirname, '..', '..', 'gateway', 'agents', 'processTree.ts');
  const [utc, tokyo] = ['UTC', 'Asia/Tokyo'].map((TZ) => {
    const env = { ...process.env, TZ };
    const args = ['--input-type=module', '-e', script, file];
    return Date.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }));
  });
  // ps may round the same moment up or down. Where there is no ps, nothing is told in either.
  assert.ok(Object.is(utc, tokyo) || Math.abs(Number(utc) - Number(tokyo)) < 5_000, `${utc} and ${tokyo}`);
});
