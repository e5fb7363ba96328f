// doctor and logs: what is wrong, how to mend it, and what the gateway has written down.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { nodeFindings, verdictOn } from '../../gateway/cli/features.ts';
import { readable } from '../../gateway/cli/logs.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { holdfast, startHoldfast } from './holdfast.ts';

const Report = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({ name: z.string(), state: z.string(), detail: z.string(), mend: z.string().optional() }),
  ),
});

async function examine(home: string) {
  const { code, out } = await holdfast(home, ['doctor', '--json']);
  const { ok, findings } = Report.parse(JSON.parse(out));
  assert.equal(code, ok ? 0 : 1);
  return { ok, of: (name: string) => findings.find((finding) => finding.name === name) };
}

describe('doctor', () => {
  it('finds this Node fit by trying it', () => {
    assert.deepEqual(
      nodeFindings().filter(({ state }) => state === 'problem'),
      [],
    );
  });

  it('an SQLite before 3.51.3 is worth a look, no more', () => {
    assert.equal(verdictOn('3.51.2').state, 'warning');
    assert.equal(verdictOn('3.9.0').state, 'warning');
    assert.equal(verdictOn('3.51.3').state, 'ok');
    assert.equal(verdictOn('3.100.0').state, 'ok');
  });

  it('a configuration that cannot be read is a problem, and says where', async () => {
    const home = newFolder();
    const file = path.join(home, 'config.json');
    writeFileSync(file, '{ "logLevel": "loud" }');
    const finding = (await examine(home)).of('Configuration');
    assert.deepEqual([finding?.state, finding?.detail.includes('logLevel')], ['problem', true]);
    const shown = await holdfast(home, ['config']);
    assert.deepEqual([shown.code, shown.err.includes('logLevel')], [1, true]);
    writeFileSync(file, '{ "logLevel": "debug" } // for a day');
    const { out } = await holdfast(home, ['config', '--json']);
    const read = z.object({ file: z.string(), config: z.looseObject({ logLevel: z.string() }) });
    assert.deepEqual(read.parse(JSON.parse(out)).config.logLevel, 'debug');
  });

  it('the schema of the configuration is for editors: every member with its words', async () => {
    const { code, out } = await holdfast(newFolder(), ['config', '--schema']);
    const { properties } = z
      .object({ properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })) })
      .parse(JSON.parse(out));
    assert.equal(code, 0);
    assert.match(properties['idleAgentMinutes']?.description ?? '', /0: never/);
    assert.ok('agents' in properties && 'peers' in properties);
  });

  it('a gateway that answers is well, with its agents', async () => {
    await using gateway = await startGateway();
    const { ok, of } = await examine(gateway.home);
    assert.equal(ok, true);
    assert.match(of('Gateway')?.detail ?? '', new RegExp(`answers \\(process ${gateway.pid}, version`));
    assert.equal(of('Database')?.detail, 'reads (0 sessions)');
    assert.equal(of('Agent Demo agent')?.state, 'ok');
    assert.match((await holdfast(gateway.home, ['doctor'])).out, /^ok +Gateway +answers/m);
  });

  it('a gateway that was killed leaves files that are told apart', async () => {
    await using gateway = await startGateway();
    const { home, pid } = gateway;
    await gateway.kill9();
    writeFileSync(path.join(home, 'holdfast.db.corrupt-2026-01-01T000000.000Z'), '');
    const { ok, of } = await examine(home);
    assert.equal(ok, true);
    assert.deepEqual([of('Gateway')?.state, of('Gateway')?.mend], ['warning', 'holdfast up']);
    assert.match(
      of('Old files')?.detail ?? '',
      new RegExp(`gateway\\.json is of process ${pid}, which is gone`),
    );
    assert.match((await holdfast(home, ['doctor'])).out, /corrupt-2026[^]*-> Keep it for a rescue/);
  });

  it('a state folder that is open to others is to be mended', async () => {
    const home = newFolder();
    chmodSync(home, 0o777);
    const { ok, of } = await examine(home);
    assert.equal(ok, false);
    assert.equal(of('State folder')?.mend, `Run: chmod 700 '${home}'`);
  });

  it('a file where the state folder should be is named, and does not keep it from the rest', async () => {
    const file = path.join(newFolder(), 'file');
    writeFileSync(file, '');
    const { ok, of } = await examine(file);
    assert.deepEqual([ok, of('State folder')?.detail], [false, `${file} is not a folder`]);
    assert.equal(of('Gateway')?.detail, 'does not run');
  });

  it('where there is no room to try SQLite, it is the place that is to be mended', async () => {
    const { out } = await holdfast(newFolder(), ['doctor', '--json'], { env: { TMPDIR: '/no/such/folder' } });
    const finding = Report.parse(JSON.parse(out)).findings.find(({ name }) => name === 'SQLite');
    assert.deepEqual(
      [finding?.state, finding?.mend],
      ['problem', 'Make room in /no/such/folder, or set TMPDIR.'],
    );
  });

  it('why the last start failed is told', async () => {
    const home = newFolder();
    writeFileSync(path.join(home, 'config.json'), '{ "logLevel": "loud" }');
    const up = await holdfast(home, ['up']);
    assert.equal(up.code, 1);
    const { of } = await examine(home);
    assert.match(of('Last start')?.detail ?? '', /logLevel/);
  });

  it('a state folder where nothing was yet is fine', async () => {
    const { ok, of } = await examine(path.join(newFolder(), 'not', 'yet'));
    assert.deepEqual([ok, of('Old files')], [true, undefined]);
  });
});

describe('logs', () => {
  it('shows lines for people, the raw ones with --json, and follows over a rotation', async () => {
    const home = newFolder();
    const file = path.join(home, 'gateway.log');
    const line = (msg: string): string =>
      `${JSON.stringify({ level: 30, time: '2026-01-01T10:00:00.000Z', pid: 7, msg })}\n`;
    writeFileSync(file, line('one') + line('two'));
    assert.match(
      (await holdfast(home, ['logs', '-n', '1'])).out,
      /^2026-01-01 \d\d:\d\d:\d\d  info   two  pid=7\n$/,
    );
    assert.equal((await holdfast(home, ['logs', '--json'])).out, line('one') + line('two'));

    await using following = startHoldfast(home, ['logs', '-f', '-n', '1']);
    await following.until('two  pid=7\n');
    appendFileSync(file, line('thr').slice(0, 20));
    appendFileSync(file, line('thr').slice(20));
    await following.until('thr  pid=7\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, line('fresh'));
    await following.until('fresh  pid=7\n');
    following.signal('SIGINT');
    const { code, out } = await following.over();
    assert.deepEqual([code, out.includes('one')], [0, false]);
  });

  it('no log is said so', async () => {
    const { code, err } = await holdfast(newFolder(), ['logs']);
    assert.equal(code, 1);
    assert.match(err, /There is no log yet: .*gateway\.log\. Start the gateway: holdfast up/);
  });

  it('a bug comes with its stack, and nothing in a line is obeyed', () => {
    const err = { type: 'Error', message: 'boom', stack: 'Error: boom\n    at here' };
    const text = readable(JSON.stringify({ level: 50, time: 0, msg: 'bug \u001b[2J', err, sessionId: 's' }));
    assert.match(text, / error  bug ␛\[2J  sessionId=s\n {4}Error: boom\n {8}at here$/);
    assert.equal(readable('not json \u0007'), 'not json ␇');
  });
});
