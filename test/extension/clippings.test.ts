// What is pasted for a prompt is kept by its content, and forgotten when nobody has used it for long.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Clippings } from '../../extension/clippings.ts';
import { newFolder } from '../support/folders.ts';

test('a clipping is the same under the same content, and goes after two weeks', async () => {
  const folder = path.join(newFolder('clippings'), 'kept');
  const clippings = new Clippings(folder);
  await clippings.tidy(Date.now());
  const uri = await clippings.keep(Buffer.from('Problems in a.ts'), 'txt');
  assert.equal(await clippings.keep(Buffer.from('Problems in a.ts'), 'txt'), uri);
  assert.deepEqual(await clippings.block(uri, '1 problem in a.ts'), {
    type: 'resource',
    resource: { uri: 'holdfast:1 problem in a.ts', text: 'Problems in a.ts', mimeType: 'text/plain' },
  });
  // Nothing else on the disk goes along, whatever a panel asks for.
  writeFileSync(path.join(folder, '..', 'secret.txt'), 'secret');
  await assert.rejects(clippings.block('clipping:../secret.txt', 'a.txt'), /cannot go along/);
  const day = 24 * 60 * 60 * 1000;
  await clippings.tidy(Date.now() + 13 * day);
  assert.equal(readdirSync(folder).length, 1);
  await clippings.tidy(Date.now() + 15 * day);
  assert.deepEqual(readdirSync(folder), []);
});
