// A disk or a database that fails under a running gateway: told as what it is, nothing accepted on top of it, and what was
// acknowledged is there after a restart.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Problem, PromptId } from '../../gateway/protocol/index.ts';
import { startGateway } from '../support/gateway.ts';
import { delta, newSession, NOW, openStore, promptEvent } from '../support/store.ts';

const PAGE = 4096;

const isDamaged = (error: unknown): boolean =>
  error instanceof Problem && error.problem === 'storage.damaged';

test('pages that a disk has turned to nonsense are told as that, and nothing is written any more', async () => {
  const first = openStore();
  const session = await newSession(first.store);
  for (let turn = 0; turn < 60; turn += 1) {
    first.store.written(() =>
      first.store.log.append(session, NOW, [
        promptEvent(`p${turn}`),
        delta(0, `${turn} `.repeat(1000), `m${turn}`),
      ]),
    );
  }
  first[Symbol.dispose]();
  const opened = openStore(first.folder);
  const { store } = opened;
  let cause: unknown;
  store.onDamage((met) => (cause ??= met));
  // The schema and the row of the session are in memory; the log is not.
  assert.equal(store.sessions.list().length, 1);
  const file = path.join(first.folder, 'holdfast.db');
  const bytes = readFileSync(file);
  for (let at = bytes.length - 60 * PAGE; at < bytes.length; at += PAGE) bytes.fill(0xa5, at, at + 64);
  writeFileSync(file, bytes);

  assert.throws(() => store.log.read(session, 0, 500), isDamaged);
  assert.match(String(cause), /malformed/);
  assert.equal(store.isDamaged, true);
  await assert.rejects(
    store.synced(() => store.sessions.change(session, { held: true })),
    isDamaged,
  );
  assert.throws(() => store.written(() => store.log.append(session, NOW, [promptEvent('p')])), isDamaged);
  assert.equal(store.sessions.list().length, 1);

  opened[Symbol.dispose]();
  using again = openStore(first.folder);
  assert.ok(again.store.setAside !== undefined, 'the next start took it for sound');
});

test('after a sync that fails nothing is acknowledged, the gateway ends, and all that was is there at the next start', async () => {
  const inject = ['-e', 'inject=fsync,fdatasync:error=EIO:when=60+'];
  const syncs = ['-e', 'trace=fsync,fdatasync', '-e', 'signal=none'];
  const acknowledged: string[] = [];
  let home: string;
  {
    await using gateway = await startGateway({
      under: ['strace', '-f', '-qq', ...syncs, ...inject, '-o', '/dev/null'],
    });
    ({ home } = gateway);
    const client = await gateway.connect();
    const sessionId = await client.newSession();
    await client.call('queue.pause', { sessionId });
    // What an agent says meanwhile has nowhere to go, which is no reason to end in another way.
    const working = await client.newSession();
    const seen = await client.follow(working);
    await client.call('session.send', { sessionId: working, message: 'slow 400 20' });
    await seen.untilType('partial');
    const send = async (name: string): Promise<void> => {
      const promptId = PromptId.parse(name);
      await client.call('session.send', { sessionId, promptId, message: `text of ${name}` });
      acknowledged.push(name);
    };
    const failure = await (async () => {
      for (let count = 0; count < 100; count += 1) await send(`probe${count}`);
    })().catch((error: unknown) => error);
    assert.ok(isDamaged(failure), String(failure));
    assert.ok(acknowledged.length > 0);
    await assert.rejects(send('afterwards'));
    assert.equal(await gateway.ended(), 74);
    assert.match(readFileSync(path.join(home, 'gateway.log'), 'utf8'), /The disk or the database failed/);
  }
  await using again = await startGateway({ home });
  const client = await again.connect();
  const session = (await client.call('session.list', {})).sessions.find(
    ({ held, uncertain }) => held && uncertain === 0,
  );
  assert.ok(session !== undefined);
  const { prompts } = await client.call('queue.list', { sessionId: session.sessionId });
  const found = new Set<string>(prompts.map(({ promptId }) => promptId));
  assert.deepEqual(
    acknowledged.filter((name) => !found.has(name)),
    [],
  );
  assert.ok(!found.has('afterwards'));
  assert.deepEqual(
    readdirSync(home).filter((name) => name.includes('corrupt')),
    [],
  );
});

for (const name of ['holdfast.db-wal', 'holdfast.db']) {
  test(`${name} is taken away under a running gateway: it ends, and all that it had accepted is there again`, async () => {
    const accepted: PromptId[] = [];
    let home: string;
    {
      await using gateway = await startGateway();
      ({ home } = gateway);
      const client = await gateway.connect();
      const sessionId = await client.newSession();
      await client.ask(sessionId, 'echo before');
      await client.call('queue.pause', { sessionId });
      const send = async (id: string): Promise<void> => {
        const promptId = PromptId.parse(id);
        await client.call('session.send', { sessionId, promptId, message: 'echo later' });
        accepted.push(promptId);
      };
      await send('before');
      rmSync(path.join(home, name));
      // Until it is noticed, what comes is accepted as ever.
      await send('meanwhile').catch(() => undefined);
      await send('still').catch(() => undefined);
      assert.equal(await gateway.ended(), 74);
      const log = readFileSync(path.join(home, 'gateway.log'), 'utf8');
      assert.ok(log.includes(`${name}: taken away or replaced`), log.slice(-500));
    }
    await using again = await startGateway({ home });
    const client = await again.connect();
    const [session] = (await client.call('session.list', {})).sessions;
    assert.ok(session);
    const { sessionId } = session;
    const queue = (await client.call('queue.list', { sessionId })).prompts;
    const found = new Set(queue.map(({ promptId }) => promptId));
    assert.deepEqual(
      accepted.filter((promptId) => !found.has(promptId)),
      [],
    );
    assert.match((await client.follow(sessionId)).text, /before/);
    assert.equal(readdirSync(home).filter((file) => file.includes('corrupt')).length, 0);
  });
}
