// What the command line prints for people: columns that stand below each other on any terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from '../../gateway/cli/output.ts';

test('columns stand below each other, also after wide characters, and after accents and signs that take none', () => {
  assert.deepEqual(
    table([
      ['TITLE', 'STATE'],
      ['日本語', 'idle'],
      ['한국 ｶﾅ', 'idle'],
      ['👩‍💻 e\u0301 ok', 'idle'],
      ['Größe', ''],
    ]),
    ['TITLE    STATE', '日本語   idle', '한국 ｶﾅ  idle', '👩‍💻 e\u0301 ok  idle', 'Größe'],
  );
});
