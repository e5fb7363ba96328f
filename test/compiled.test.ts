// Compiled code is kept for the next start, and never believed over the script that it is of.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runCompiled } from '../gateway/compiled.ts';
import { newFolder } from './support/folders.ts';

const COMPILED = pathToFileURL(path.join(import.meta.dirname, '../gateway/compiled.ts')).href;

/** A script, run in a process of its own each time; answers what it says. */
function script(text: string) {
  const folder = newFolder('compiled');
  const file = path.join(folder, 'main.cjs');
  const kept = path.join(folder, 'kept', 'code');
  const write = (other: string): void => writeFileSync(file, other);
  write(text);
  const run = (): string =>
    execFileSync(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { runCompiled } = await import(${JSON.stringify(COMPILED)});
       runCompiled(${JSON.stringify(file)}, ${JSON.stringify(kept)});`,
    ]).toString();
  return { file, kept, write, run };
}

test('what a script has compiled is kept when it ends, and used by the next run', () => {
  const { file, kept, run } = script(
    `const late = () => [__filename, typeof require('node:fs').readFileSync, module.exports === exports];
     console.log(JSON.stringify(late()));`,
  );
  const said = JSON.stringify([file, 'function', true]);
  assert.equal(run().trim(), said);
  const { ino } = statSync(kept);
  assert.equal(run().trim(), said);
  assert.equal(statSync(kept).ino, ino, 'it was good enough to stay');
});

test('a new script of the same length runs as what it is', () => {
  const { write, run } = script(`const say = () => 'one'; console.log(say());`);
  assert.equal(run().trim(), 'one');
  write(`const say = () => 'two'; console.log(say());`);
  assert.equal(run().trim(), 'two');
  assert.equal(run().trim(), 'two');
});

test('kept code that was bent or cut is made anew', () => {
  const { kept, run } = script(`console.log('as ever');`);
  run();
  const whole = readFileSync(kept);
  const bent = Buffer.from(whole);
  bent[bent.length >> 1] = (bent[bent.length >> 1] ?? 0) ^ 0xff;
  for (const broken of [bent, whole.subarray(0, whole.length >> 1), Buffer.alloc(3), Buffer.alloc(0)]) {
    writeFileSync(kept, broken);
    assert.equal(run().trim(), 'as ever');
    assert.ok(!readFileSync(kept).equals(broken));
  }
});

test('an error in a script is told with its own line', () => {
  const { run } = script(`const fine = 1;\n\nthrow new Error('here ' + fine);`);
  assert.throws(run, ({ stderr }: { stderr: Buffer }) => /main\.cjs:3\b/.test(stderr.toString()));
});

test('what versions before have left is removed when the start is long over, and what is in use stays', (t) => {
  const { file, kept, run } = script('');
  run();
  const folder = path.dirname(kept);
  mkdirSync(path.join(folder, 'v24'));
  const old = ['gateway-12.4', 'gateway-13.6.77', 'v24/gone.cache'];
  for (const name of [...old, 'gateway-13.6', 'v24/used.cache']) writeFileSync(path.join(folder, name), '');
  const monthsAgo = new Date(Date.now() - 90 * 86_400_000);
  for (const name of [...old, 'code', 'v24']) utimesSync(path.join(folder, name), monthsAgo, monthsAgo);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  runCompiled(file, kept);
  t.mock.timers.tick(29_999);
  assert.equal(readdirSync(folder, { recursive: true }).length, 7);
  t.mock.timers.tick(1);
  const left = ['code', 'gateway-13.6', 'v24', 'v24/used.cache'];
  assert.deepEqual(readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted(), left);
  assert.ok(statSync(kept).mtimeMs > monthsAgo.getTime(), 'it is in use');
});
