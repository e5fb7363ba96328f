// The gateway as a process: how it ends, and what it says and leaves behind when it cannot start.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MIGRATIONS } from '../gateway/store/schema.ts';
import { newFolder } from './support/folders.ts';
import { MAIN, startGateway, testEnv } from './support/gateway.ts';
import { within } from './support/waitFor.ts';

/** Runs `up --foreground` to its end. */
async function runToEnd(
  home: string,
  ...more: readonly string[]
): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN, 'up', '--foreground', ...more], {
    env: testEnv(home),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await within('the gateway to end', once(child, 'close'));
  return { code: child.exitCode, said };
}

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test('a second gateway in the same folder ends at once with code 0 and says why', async () => {
  await using gateway = await startGateway();
  const { code, said } = await runToEnd(gateway.home);
  assert.equal(code, 0);
  assert.match(said, /Another gateway runs in/);
  const client = await gateway.connect();
  assert.equal((await client.call('health.check', {})).ok, true);
});

test('a database of a newer version ends it with code 78, and stays as it is', async () => {
  const home = newFolder();
  const file = path.join(home, 'holdfast.db');
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}; CREATE TABLE future (x)`);
  database.close();
  const before = hashOf(file);
  const { code, said } = await runToEnd(home);
  assert.equal(code, 78);
  assert.match(said, /newer Holdfast.*Update Holdfast/s);
  assert.equal(hashOf(file), before);
});

test('a database that cannot be read is set aside, the gateway runs, and its log says so', async () => {
  const home = newFolder();
  writeFileSync(path.join(home, 'holdfast.db'), 'garbage '.repeat(1000), { mode: 0o600 });
  await using gateway = await startGateway({ home });
  const client = await gateway.connect();
  assert.deepEqual(await client.call('session.list', {}), { sessions: [] });
  assert.ok(readdirSync(home).some((name) => name.startsWith('holdfast.db.corrupt-')));
  assert.match(readFileSync(path.join(home, 'gateway.log'), 'utf8'), /set aside whole/);
});

test('what is wrong with the folder or the configuration is said in one line, without a stack', async () => {
  const open = newFolder();
  chmodSync(open, 0o777);
  const broken = newFolder();
  writeFileSync(path.join(broken, 'config.json'), '{ "agents": ');
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, '');
  const unreadable = newFolder();
  mkdirSync(path.join(unreadable, 'config.json'));
  for (const [home, words, expected] of [
    [open, /chmod 700/, 73],
    [file, /file is not a folder\. Move it away/, 73],
    [path.join(file, 'below'), /cannot be written to/, 73],
    [unreadable, /config\.json cannot be read: EISDIR/, 78],
    [broken, /config\.json, line 1/, 78],
  ] as const) {
    const { code, said } = await runToEnd(home);
    assert.equal(code, expected);
    assert.match(said, words);
    assert.doesNotMatch(said, /\n\s+at /);
  }
});

test('it says what it has methods for', async () => {
  await using gateway = await startGateway();
  const { features } = await (await gateway.connect()).call('gateway.info', {});
  for (const feature of ['session', 'queue', 'permission', 'mail', 'peers'])
    assert.ok(features.includes(feature), feature);
  assert.equal(new Set(features).size, features.length);
});

test('it ends with code 0 when it is told to, whoever tells it', async () => {
  await using told = await startGateway();
  assert.equal(await told.stop(), 0);
  await using asked = await startGateway();
  const client = await asked.connect();
  await client.call('gateway.stop', {});
  assert.match((await client.link.closed).reason, /gateway ends/);
  assert.equal(await asked.stop(), 0);
});

test('a hangup, which is what a closing terminal sends, ends it cleanly too', async () => {
  await using gateway = await startGateway();
  process.kill(gateway.pid, 'SIGHUP');
  assert.equal(await gateway.ended(), 0);
});

test('what it is told wrongly is wrong usage, and nothing is started', async () => {
  const home = newFolder();
  for (const [words, complaint] of [
    [['--port', '99999'], /--port is a number up to 65535, not "99999"/],
    [['--port=x'], /not "x"/],
    [['--port'], /--port|argument missing/],
    [['--prot', '5'], /Unknown option '--prot'/],
    [['now'], /Too many arguments/],
  ] as const) {
    const { code, said } = await runToEnd(home, ...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(said, complaint);
  }
  assert.deepEqual(readdirSync(home), []);
});
