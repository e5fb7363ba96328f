// What the panel offers while one types: commands after a slash, files after an @.
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandsFor, filesFor, taken, wishAt } from '../../extension/webview/suggest.ts';

const COMMANDS = [
  { name: 'compact', description: 'Shorten the conversation' },
  { name: 'reconnect', description: 'Connect again' },
  { name: 'commit', description: 'Commit what was changed' },
];
const FILES = ['src/auth/login.ts', 'src/logger.ts'].map((path) => ({
  path,
  name: path.split('/').at(-1) ?? '',
  uri: `file:///home/ann/${path}`,
}));

describe('suggestions', () => {
  it('are of commands only at the start of the prompt', () => {
    assert.deepEqual(wishAt('/com', 4), { kind: 'command', query: 'com', from: 0 });
    assert.equal(wishAt('see /com', 8), undefined);
    assert.equal(wishAt('/compact now', 12), undefined);
  });

  it('are of files where an @ begins a word, and not in an address', () => {
    assert.deepEqual(wishAt('Look at @lo', 11), { kind: 'file', query: 'lo', from: 8 });
    assert.deepEqual(wishAt('(@', 2), { kind: 'file', query: '', from: 1 });
    assert.equal(wishAt('ann@example.org', 15), undefined);
    assert.equal(wishAt('@login.ts and', 13), undefined);
  });

  it('put names that begin with the words first', () => {
    assert.deepEqual(
      commandsFor('co', COMMANDS).map(({ name }) => name),
      ['/compact', '/commit', '/reconnect'],
    );
    assert.deepEqual(commandsFor('x', COMMANDS), []);
  });

  it('leave out files that were found for a shorter word and do not fit any more', () => {
    assert.equal(filesFor('log', FILES).length, 2);
    assert.deepEqual(
      filesFor('AUTH/log', FILES).map(({ name, detail, text }) => [name, detail, text]),
      [['login.ts', 'src/auth', '@src/auth/login.ts ']],
    );
  });

  it('take the place of what was typed, and nothing else changes', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.constantFrom('a', 'b', '/') }),
        fc.string(),
        (a, query, b) => {
          const before = `${a} @${query}`;
          const wish = wishAt(before + b, before.length);
          assert.ok(wish);
          const [suggestion] = filesFor('', FILES);
          assert.ok(suggestion);
          const { text, from, to } = taken(before + b, before.length, wish, suggestion);
          const after = (before + b).slice(0, from) + text + (before + b).slice(to);
          assert.equal(after, `${a} @src/auth/login.ts ${b.replace(/^ /, '')}`);
        },
      ),
    );
  });
});
