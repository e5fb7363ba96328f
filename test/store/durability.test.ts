// Power loss: strace shows that a prompt's bytes are synced to disk before its acknowledgement leaves.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PromptId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';

const SENDS = 50;
const TOGETHER = 5;

test(`each of ${SENDS} acknowledgements leaves after the sync of what it acknowledges`, async () => {
  const trace = path.join(newFolder('trace'), 'trace');
  const calls = 'trace=fsync,fdatasync,pwrite64,write,writev,sendmsg,sendto';
  await using gateway = await startGateway({
    under: ['strace', '-f', '-y', '-s', '5000', '-e', calls, '-e', 'signal=none', '-o', trace],
  });
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  // Nothing runs: the trace holds the accepts and nothing else.
  await client.call('queue.pause', { sessionId });
  const ids = Array.from({ length: SENDS }, (_, index) => PromptId.parse(`probe.${index}.end`));
  for (let at = 0; at < SENDS; at += TOGETHER) {
    await Promise.all(
      ids
        .slice(at, at + TOGETHER)
        .map((promptId) =>
          client.call('session.send', { sessionId, message: `text of ${promptId}`, promptId }),
        ),
    );
  }
  await gateway.stop();
  const lines = readFileSync(trace, 'utf8').split('\n');
  for (const promptId of ids) {
    const written = lines.findIndex(
      (line) => /pwrite64\(\d+<[^>]*-wal>/.test(line) && line.includes(promptId),
    );
    const told = lines.findIndex(
      (line) => /(?:write|writev|sendmsg|sendto)\(\d+<(?:UNIX|socket)/.test(line) && line.includes(promptId),
    );
    assert.ok(written >= 0, `${promptId} was not written to the write-ahead log`);
    assert.ok(told >= 0, `${promptId} was not acknowledged`);
    const synced = lines.findIndex(
      (line, index) => index > written && /f(?:data)?sync\(\d+<[^>]*-wal>/.test(line),
    );
    assert.ok(
      synced > written && synced < told,
      `${promptId}: written ${written}, synced ${synced}, told ${told}`,
    );
  }
  const syncs = lines.filter((line) => /f(?:data)?sync\(\d+<[^>]*-wal>/.test(line)).length;
  assert.ok(syncs < SENDS, `${syncs} syncs: those that came together did not share one`);
});

test('what is written without a sync is synced in the background, and nobody waits for it', () => {
  const folder = newFolder('background');
  const database = path.join(import.meta.dirname, '../../gateway/store/database.ts');
  const script = `
    import { Database } from ${JSON.stringify(database)};
    const db = Database.open(${JSON.stringify(path.join(folder, 'db'))});
    const sql = "INSERT INTO meta VALUES ('probe', '') ON CONFLICT (key) DO UPDATE SET value = ''";
    for (let count = 0; count < 100; count += 1) db.written(() => db.run(sql));
  `;
  const trace = path.join(folder, 'trace');
  const strace = ['-f', '-y', '-e', 'trace=fsync,fdatasync', '-e', 'signal=none', '-o', trace];
  const { status, stderr } = spawnSync(
    'strace',
    [...strace, process.execPath, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  const lines = readFileSync(trace, 'utf8').split('\n');
  /** The thread that made such a call for the write-ahead log. */
  const threadOf = (call: RegExp): string | undefined =>
    lines.find((line) => call.test(line) && line.includes('-wal>'))?.split(' ')[0];
  assert.ok(threadOf(/ fsync\(/) !== undefined, 'the database did not sync when it was made');
  assert.ok(threadOf(/ fdatasync\(/) !== undefined, 'nothing was synced in the background');
  assert.notEqual(threadOf(/ fdatasync\(/), threadOf(/ fsync\(/));
});
