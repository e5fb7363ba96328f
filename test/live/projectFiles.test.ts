// Instructions and skills that a user keeps in one place: each new session's folder gets them, and loses nothing.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { newFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';

const write = (folder: string, name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8');

test('a new session gets what its folder does not have, and nothing is written over or through a link', async () => {
  const files = newFolder();
  write(files, 'CLAUDE.md', 'Be kind.');
  write(files, 'AGENTS.md', 'Be brief.');
  write(files, '.claude/skills/review/SKILL.md', 'Read twice.');
  write(files, '.claude/skills/write/SKILL.md', 'Write once.');
  write(files, 'linked/inside.md', 'Not for others.');
  const folder = newFolder('work');
  const elsewhere = newFolder();
  write(folder, 'AGENTS.md', 'Ours.');
  write(folder, '.claude/skills/review/SKILL.md', 'Ours, too.');
  symlinkSync(elsewhere, path.join(folder, 'linked'));

  await using gateway = await startGateway({ config: { projectFiles: files } });
  const client = await gateway.connect();
  for (let times = 0; times < 2; times += 1) await client.newSession({ path: folder });
  assert.equal(read(folder, 'CLAUDE.md'), 'Be kind.');
  assert.equal(read(folder, 'AGENTS.md'), 'Ours.');
  assert.equal(read(folder, '.claude/skills/review/SKILL.md'), 'Ours, too.');
  assert.equal(read(folder, '.claude/skills/write/SKILL.md'), 'Write once.');
  assert.equal(existsSync(path.join(elsewhere, 'inside.md')), false);
});

test('whoever works on these files themselves gets no copy of them', async () => {
  const files = newFolder();
  write(files, 'CLAUDE.md', 'Be kind.');
  write(files, 'skills/review/SKILL.md', 'Read twice.');
  await using gateway = await startGateway({ config: { projectFiles: files } });
  const client = await gateway.connect();
  for (const folder of [files, path.join(files, 'skills')]) await client.newSession({ path: folder });
  assert.deepEqual(readdirSync(path.join(files, 'skills')), ['review']);
  assert.deepEqual(readdirSync(files).toSorted(), ['CLAUDE.md', 'skills']);
});

test('files that are not there are no reason to refuse a session; the log says so', async () => {
  const missing = path.join(newFolder(), 'nothing');
  await using gateway = await startGateway({ config: { projectFiles: missing } });
  const client = await gateway.connect();
  assert.ok(await client.newSession());
  assert.match(read(gateway.home, 'gateway.log'), /project files could not be copied/);
});

test('without a configuration nothing is written into anybody’s folder', async () => {
  await using gateway = await startGateway();
  const client = await gateway.connect();
  const folder = newFolder('work');
  write(gateway.home, '.claude/skills/a/SKILL.md', 'x');
  await client.newSession({ path: folder });
  assert.equal(existsSync(path.join(folder, '.claude')), false);
});
