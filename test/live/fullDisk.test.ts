// A full disk: new work is refused in words, reading goes on, what was accepted stays, and nothing needs a restart.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { longText } from '../../gateway/agents/demoScript.ts';
import { Problem } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { waitFor } from '../support/waitFor.ts';

/** Only root may mount a volume of its own size. */
const isRoot = process.getuid?.() === 0;

/** A real file system of twelve megabytes. */
function smallVolume(): Disposable & { readonly path: string } {
  const folder = newFolder('volume');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=700', 'tmpfs', folder]);
  return { path: folder, [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]) };
}

/** Leaves not a byte. */
function fill(folder: string): string {
  const filler = path.join(folder, 'filler');
  for (const size of [1 << 20, 1 << 16, 1 << 12]) {
    while (statfsSync(folder).bavail * statfsSync(folder).bsize >= size) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
  return filler;
}

test('a full disk', { skip: isRoot ? false : 'needs root: it mounts a small volume' }, async (t) => {
  using volume = smallVolume();
  await using gateway = await startGateway({ home: volume.path });
  const client = await gateway.connect();
  const sessionId = await client.newSession();
  await client.ask(sessionId, 'echo before');
  const seen = await client.follow(sessionId);
  // This turn runs while the disk fills up.
  const { promptId } = await client.call('session.send', { sessionId, message: 'slow 60 20' });
  await seen.untilType('partial');
  const filler = fill(volume.path);

  await t.test('lets the turn that runs come to its end', async () => {
    const end = await seen.end(promptId);
    assert.equal(end.type, 'result');
  });

  await t.test('refuses new prompts and sessions, and says what to do', async () => {
    const isFull = (error: unknown): boolean => error instanceof Problem && error.problem === 'storage.full';
    // Until its reserve is used up the gateway may not have met the limit yet.
    await waitFor('the disk to be full', async () => {
      try {
        await client.call('session.send', { sessionId, message: 'long 400' });
        return false;
      } catch (error) {
        return isFull(error);
      }
    });
    await assert.rejects(client.call('session.create', { path: volume.path, agent: 'demo' }), isFull);
  });

  await t.test('goes on reading', async () => {
    const { messages } = await client.call('session.history', { sessionId });
    assert.ok(messages.some((event) => event.type === 'text' && event.content === 'before'));
    assert.equal((await client.call('session.list', {})).sessions.length, 1);
  });

  await t.test('is forgotten when there is room again, without a restart', async () => {
    const { pid } = gateway;
    rmSync(filler);
    await waitFor('new work to be accepted', async () => {
      try {
        return await client.call('session.draft', { sessionId, text: 'there is room' });
      } catch {
        return false;
      }
    });
    const after = await client.ask(sessionId, 'long 5');
    assert.ok(after.text.endsWith(longText(5)), after.text.slice(-200));
    assert.equal(gateway.pid, pid);
  });
});
