// Times as short as a row needs them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, stopped } from '../../extension/age.ts';
import { minutesAgo, NOW } from './sessions.ts';

const ago = (minutes: number): number => Date.parse(minutesAgo(minutes));
const HOUR = 60;
const DAY = 24 * HOUR;

test('an age is told in its greatest unit; after a week by its date', () => {
  const told = [0, 1.5, 59, HOUR, 23 * HOUR, 3 * DAY, 8 * DAY].map((minutes) => age(ago(minutes), NOW));
  assert.deepEqual(told, ['now', '1m', '59m', '1h', '23h', '3d', '12 Nov']);
});

test('a gateway that was there is told to have stopped, however long ago', () => {
  const told = [0.5, 2, 2 * HOUR, 9 * DAY].map((minutes) => stopped(ago(minutes), NOW));
  assert.deepEqual(told, [
    'It stopped just now.',
    'It stopped 2m ago.',
    'It stopped 2h ago.',
    'It stopped 9d ago.',
  ]);
});
