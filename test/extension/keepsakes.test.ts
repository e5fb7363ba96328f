// What a panel keeps is on disk when it is told, the newest of each session, and damage is nothing to trip over.
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Keepsakes } from '../../extension/keepsakes.ts';
import { SessionId } from '../../gateway/protocol/index.ts';
import { newFolder } from '../support/folders.ts';

test('the newest of each session is what the next window finds', async () => {
  const folder = path.join(newFolder('keepsakes'), 'kept');
  const [one, two] = [SessionId.parse('s-one'), SessionId.parse('s-two')];
  const before = new Keepsakes(folder);
  assert.equal(await before.kept(one), undefined);
  // What cannot be written keeps nothing that comes later from it.
  writeFileSync(folder, 'in the way');
  await assert.rejects(before.keep(one, '{"at":0}'));
  rmSync(folder);
  await Promise.all([1, 2, 3].map((at) => before.keep(one, `{"at":${at}}`)));
  const writing = before.keep(two, '{"at":9}');
  assert.deepEqual(await before.kept(two), { at: 9 }, 'also while it is on its way to the disk');
  await writing;
  const next = new Keepsakes(folder);
  assert.deepEqual([await next.kept(one), await next.kept(two)], [{ at: 3 }, { at: 9 }]);
  writeFileSync(path.join(folder, 's-two.json'), '{"at":');
  assert.equal(await next.kept(two), undefined);
  await next.tidy(Date.now() + 61 * 24 * 60 * 60 * 1000);
  assert.deepEqual(readdirSync(folder), []);
});
