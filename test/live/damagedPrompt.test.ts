// A prompt that a disk has bent while it waited: it fails, saying so, and no agent is given what is left of it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';

test('a waiting prompt that a disk has bent never reaches the agent: it fails, and the queue waits for a person', async () => {
  await using gateway = await startGateway();
  let client = await gateway.connect();
  const sessionId = await client.newSession();
  await client.call('queue.pause', { sessionId });
  const send = async (message: string) =>
    (await client.call('session.send', { sessionId, message })).promptId;
  const bent = await send('echo bent');
  const edited = await send('echo bent as well');
  const sound = await send('echo sound');
  await gateway.stop();

  const database = new DatabaseSync(path.join(gateway.home, 'holdfast.db'));
  const { changes } = database
    .prepare(`UPDATE event SET json = replace(json, 'echo bent', 'echo bemt') WHERE json LIKE '%echo bent%'`)
    .run();
  database.close();
  assert.equal(changes, 2);

  await gateway.start();
  client = await gateway.connect();
  const seen = await client.follow(sessionId);
  await client.call('queue.edit', { sessionId, promptId: edited, message: 'echo mended' });
  await client.call('queue.resume', { sessionId });
  const failure = await seen.end(bent);
  assert.ok(failure.type === 'error', failure.type);
  assert.equal(failure.code, 'prompt.damaged');
  assert.match(failure.message, /disk has damaged this prompt.*Send it again/);
  const { prompts, held } = await client.call('queue.list', { sessionId });
  assert.deepEqual(
    prompts.map(({ promptId, message, state }) => [promptId, message, state]),
    [
      [edited, 'echo mended', 'queued'],
      [sound, 'echo sound', 'queued'],
    ],
  );
  assert.equal(held, true);
  // No agent was even started.
  assert.deepEqual(seen.of('system'), []);

  // Running it again is no way to get it back.
  await client.call('queue.retry', { sessionId, promptId: bent });
  await seen.until(({ seq, type }) => type === 'error' && seq > failure.seq);
  await client.call('queue.resume', { sessionId });
  await seen.end(sound);
  assert.equal(seen.text, 'mendedsound');
});
