// One gateway per state folder: however many start at once, and however the last one ended.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { takeLock } from '../../gateway/store/lock.ts';
import { LockedError } from '../../gateway/store/store.ts';
import { newFolder } from '../support/folders.ts';
import { openStore } from '../support/store.ts';
import { within } from '../support/waitFor.ts';

const HOLDER = `
  const { takeLock } = await import(${JSON.stringify(path.resolve(import.meta.dirname, '../../gateway/store/lock.ts'))});
  const lock = takeLock(process.argv[1]);
  console.log(lock === undefined ? 'refused' : 'held');
  if (lock !== undefined) setInterval(() => {}, 1000);
`;

interface Starter {
  readonly child: ChildProcess;
  readonly said: Promise<string>;
}

/** A process that tries to take the lock, and keeps it until it is killed. */
function startHolder(file: string): Starter {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLDER, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  return { child, said: within('a starter to try', said) };
}

async function kill({ child }: Starter): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('of twenty processes that start at once exactly one gets the lock, and kill -9 frees it', async () => {
  const file = path.join(newFolder('lock'), 'lock.db');
  const starters = Array.from({ length: 20 }, () => startHolder(file));
  try {
    const said = await Promise.all(starters.map((starter) => starter.said));
    assert.equal(said.filter((word) => word === 'held').length, 1);
    assert.equal(said.filter((word) => word === 'refused').length, 19);
    assert.equal(takeLock(file), undefined);
    const holder = starters[said.indexOf('held')];
    assert.ok(holder !== undefined);
    await kill(holder);
    const lock = takeLock(file);
    assert.ok(lock !== undefined, 'a dead process holds the lock');
    lock[Symbol.dispose]();
  } finally {
    await Promise.all(starters.map(kill));
  }
});

test('a store that is open cannot be opened again, and can be once it is closed', () => {
  const first = openStore();
  assert.throws(
    () => openStore(first.folder),
    (error: unknown) => error instanceof LockedError && error.message.includes(first.folder),
  );
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  openStore(first.folder)[Symbol.dispose]();
});
