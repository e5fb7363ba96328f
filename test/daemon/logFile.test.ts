// The log on disk: private, bounded, and never in the way.
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LogFile } from '../../gateway/logFile.ts';

describe('the log file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('begins anew when it is full, and keeps the last two', () => {
    using log = new LogFile(path.join(folder, 'gateway.log'), 100);
    for (let n = 0; n < 40; n += 1) log.write(`{"n":${n},"text":"0123456789"}\n`);
    assert.deepEqual(readdirSync(folder).toSorted(), ['gateway.log', 'gateway.log.1', 'gateway.log.2']);
    const newest = readFileSync(path.join(folder, 'gateway.log'), 'utf8');
    assert.match(newest, /"n":39/);
    assert.ok(newest.length <= 200, `${newest.length} characters in the newest file`);
  });

  it('goes on in a file that is there, and takes others out of it', () => {
    const file = path.join(folder, 'gateway.log');
    writeFileSync(file, 'before\n');
    chmodSync(file, 0o644);
    using log = new LogFile(file);
    log.write('after\n');
    assert.equal(readFileSync(file, 'utf8'), 'before\nafter\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("that cannot begin anew writes into nobody else's file, and goes on when it can", () => {
    const home = path.join(folder, 'home');
    mkdirSync(home);
    using log = new LogFile(path.join(home, 'gateway.log'), 10);
    log.write('this is too long\n');
    rmSync(home, { recursive: true });
    log.write('lost\n');
    // Whoever opens a file now would get the descriptor of a log that was closed.
    const other = path.join(folder, 'database');
    const descriptor = openSync(other, 'w');
    log.write('lost\n');
    writeSync(descriptor, 'what is in it');
    closeSync(descriptor);
    assert.equal(readFileSync(other, 'utf8'), 'what is in it');
    mkdirSync(home);
    log.write('here again\n');
    assert.equal(readFileSync(path.join(home, 'gateway.log'), 'utf8'), 'here again\n');
  });

  it('loses a line rather than fail', () => {
    const log = new LogFile(path.join(folder, 'gateway.log'));
    log[Symbol.dispose]();
    assert.doesNotThrow(() => log.write('nobody reads this\n'));
  });
});
