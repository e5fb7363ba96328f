// `npx holdfast` in a checkout: npm looks once for what "bin" names, and never again, so that has to be there unbuilt.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { newFolder } from '../support/folders.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const Manifest = z.object({ bin: z.object({ holdfast: z.string() }) });

test('the command of a checkout runs the sources until there is something built', async () => {
  const { bin } = Manifest.parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
  const checkout = realpathSync(newFolder());
  const at = (file: string): string => path.join(checkout, file);
  for (const file of [bin.holdfast, 'gateway/main.ts', 'dist/gateway.cjs'])
    mkdirSync(path.dirname(at(file)), { recursive: true });
  copyFileSync(path.join(ROOT, bin.holdfast), at(bin.holdfast));
  const says = 'console.log(JSON.stringify(process.argv.slice(1)));\n';
  const command = [at(bin.holdfast), 'send', 'a b'];

  writeFileSync(at('gateway/main.ts'), `const all: unknown = 0; void all; ${says}`);
  const unbuilt = await run(process.execPath, command);
  assert.deepEqual(JSON.parse(unbuilt.stdout), [at('gateway/main.ts'), 'send', 'a b']);

  writeFileSync(at('dist/gateway.cjs'), says);
  const built = await run(process.execPath, command);
  assert.deepEqual(JSON.parse(built.stdout), [at('dist/gateway.cjs'), 'send', 'a b']);
});
