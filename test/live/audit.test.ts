// What is written in the log of peers: however many are refused, a bounded number of lines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Audit } from '../../gateway/live/audit.ts';
import { TestClock } from '../support/mailDesk.ts';

test('sixty refusals in a minute have a line each, the others one together, and the next minute begins anew', () => {
  const lines: object[] = [];
  const logger = { info: () => {}, warn: (line: object) => lines.push(line), error: () => {} };
  const clock = new TestClock();
  using audit = new Audit(logger, clock);
  for (let count = 0; count < 75; count += 1) audit.refused('127.0.0.1', 'no key');
  assert.equal(lines.length, 60);
  clock.pass(60_000);
  assert.deepEqual(lines.splice(0).at(-1), { audit: 'peer.refused', count: 15 });
  audit.refused('127.0.0.1', 'no key');
  assert.equal(lines.length, 1);
});
