// What a machine does to a gateway: few files, little memory, a closed terminal, a folder that is tidied up.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { readDiscovery } from '../gateway/rpc/discovery.ts';
import { holdfast } from './cli/holdfast.ts';
import { newFolder } from './support/folders.ts';
import { MAIN, startGateway, testEnv } from './support/gateway.ts';
import { waitFor, within } from './support/waitFor.ts';

const isRefused = (socket: Socket): Promise<boolean> =>
  once(socket, 'connect').then(
    () => false,
    () => true,
  );

test('with few files left, connections wait or are refused, and what was accepted is on disk all the same', async () => {
  await using gateway = await startGateway({ under: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'] });
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  const sockets = Array.from({ length: 120 }, () => connect(gateway.socket));
  for (const socket of sockets) socket.on('error', () => {});
  const outcomes = await Promise.all(sockets.map(isRefused));
  assert.ok(outcomes.includes(false));
  // Whoever was there before goes on, the database included.
  await client.call('session.draft', { sessionId, text: 'written meanwhile' });
  const { promptId } = await client.call('session.send', { sessionId, message: 'echo later' });
  for (const socket of sockets) socket.destroy();
  // Until the gateway has noticed that they are gone, it may have to turn others away.
  const late = await waitFor('room for another', () => gateway.connect().catch(() => undefined));
  assert.deepEqual(await late.call('session.draft', { sessionId }), { text: 'written meanwhile' });
  // It may have come too early for its agent to be started.
  await (await late.follow(sessionId)).end(promptId);
  const seen = await late.ask(sessionId, 'echo with files again');
  assert.match(seen.text, /with files again$/);
});

test('with a heap of 128 MB six agents that talk at once are no trouble', async () => {
  await using gateway = await startGateway({ env: { NODE_OPTIONS: '--max-old-space-size=128' } });
  const client = await gateway.connect();
  const texts = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const sessionId = await client.newSession();
      return (await client.ask(sessionId, 'long 1500')).text.length;
    }),
  );
  assert.equal(new Set(texts).size, 1, texts.join());
  assert.ok((texts[0] ?? 0) > 80_000);
});

test('a bug that nobody has caught ends it with code 70 and a line in the log, and the next start goes on', async () => {
  const bug = "process.on('SIGUSR2',()=>{throw new Error('an unheard-of bug')})";
  const home = newFolder();
  {
    await using gateway = await startGateway({
      home,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` },
    });
    const client = await gateway.connect();
    await client.newSession({ title: 'Still here' });
    process.kill(gateway.pid, 'SIGUSR2');
    assert.equal(await gateway.ended(), 70);
    assert.match(readFileSync(path.join(home, 'gateway.log'), 'utf8'), /an unheard-of bug/);
  }
  await using again = await startGateway({ home });
  const client = await again.connect();
  const [session] = (await client.call('session.list', {})).sessions;
  assert.equal(session?.title, 'Still here');
});

test('a closed terminal is no reason to end', async () => {
  const home = newFolder();
  const child = spawn(process.execPath, [MAIN, 'up', '--foreground'], {
    env: testEnv(home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  child.stderr.destroy();
  try {
    await waitFor('the gateway', () => readDiscovery(home) !== undefined);
    assert.equal(child.exitCode, null);
  } finally {
    child.kill('SIGTERM');
    await within('the end', once(child, 'exit'));
  }
  assert.equal(child.exitCode, 0);
});

test('a socket or gateway.json that somebody has tidied away is there again, and who was connected noticed nothing', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const { socket } = gateway;
  rmSync(socket);
  const found = path.join(gateway.home, 'gateway.json');
  const before = readFileSync(found, 'utf8');
  rmSync(found);
  await waitFor('both', () => existsSync(socket) && existsSync(found));
  assert.equal(readFileSync(found, 'utf8'), before);
  assert.deepEqual(await client.call('session.list', {}), { sessions: [] });
  const other = await gateway.connect();
  assert.deepEqual(await other.call('session.list', {}), { sessions: [] });
});

test(
  'a state folder that cannot be written to is named at once, by its own exit code and in words',
  { skip: process.getuid?.() === 0 ? false : 'needs root: it mounts a volume' },
  async () => {
    const volume = newFolder('volume');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700,ro', 'tmpfs', volume]);
    try {
      for (const [home, code] of [
        [volume, 'EROFS'],
        [path.join(volume, 'below'), 'ENOENT'],
      ] as const) {
        const words = `${home} cannot be written to (${code}). Mend that, or set HOLDFAST_HOME.\n`;
        const child = spawn(process.execPath, [MAIN, 'up', '--foreground'], { env: testEnv(home) });
        let said = '';
        child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
        await within('the gateway to end', once(child, 'close'));
        assert.deepEqual([child.exitCode, said], [73, words]);
        const up = await holdfast(home, ['up']);
        assert.deepEqual([up.code, up.err], [1, words]);
      }
    } finally {
      execFileSync('umount', ['-l', volume]);
    }
  },
);
