// The list of what is promised names tests that are there, and leaves no number out.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const [, promises = '', attacks = '', faults = ''] = readFileSync(
  path.join(import.meta.dirname, 'promises.md'),
  'utf8',
).split(/^## /m);

test('every file that is named is a test', () => {
  const named = [...`${promises}${attacks}${faults}`.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file);
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter((file) => !file.endsWith('.test.ts') || !existsSync(path.join(import.meta.dirname, file))),
    [],
  );
});

test('every promise, attack and fault is listed once', () => {
  for (const [text, last] of [
    [promises, 12],
    [attacks, 70],
    [faults, 39],
  ] as const) {
    const numbers = [...text.matchAll(/^\| (\d+)(?:-(\d+))? \|/gm)].flatMap(([, from, to = from]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
    );
    assert.deepEqual(
      numbers,
      Array.from({ length: last }, (_, index) => index + 1),
    );
  }
});
