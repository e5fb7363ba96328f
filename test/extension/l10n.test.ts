// Every text of the extension host and of the manifest can be read in German and in Chinese. For the panel's texts see
// test/webview/l10n.test.ts.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { speak, t } from '../../extension/l10n.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const texts = (file: string): Record<string, string> => JSON.parse(read(file)) as Record<string, string>;

const CALL = /\bt\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^'"\s]))/g;
const sources = readdirSync(path.join(root, 'extension'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'l10n.ts' && !file.startsWith('webview'))
  .map((file) => ({ file, source: read(`extension/${file}`) }));
const calls = sources.flatMap(({ file, source }) =>
  [...source.matchAll(CALL)].map(([call, single, double]) => ({
    where: `${file}: ${call}`,
    text: (single ?? double)?.replaceAll("\\'", "'"),
  })),
);

const manifest = read('package.json');
const english = texts('package.nls.json');
const places = (text: string): string => [...(text.match(/\{\d\}/g) ?? [])].sort().join();
/** Commands and icons that a text leads to. */
const links = (text: string): string =>
  [...(text.match(/\(command:[\w.]+\)|\$\([\w-]+\)/g) ?? [])].sort().join();

describe('the texts of the extension host', () => {
  it('are asked for by literals, so that all of them can be found', () => {
    assert.ok(calls.length > 100, `only ${calls.length} texts`);
    assert.deepEqual(
      calls.filter(({ text }) => text === undefined).map(({ where }) => where),
      [],
    );
  });

  it('include what is said when something goes wrong', () => {
    const untold = sources.flatMap(({ file, source }) =>
      [...source.matchAll(/(?:new Error|vscode\.l10n\.t)\(\s*['"`].*/g)].map(
        ([found]) => `${file}: ${found}`,
      ),
    );
    assert.deepEqual(untold, []);
  });

  it('are English where nobody has said otherwise, with their values in place', () => {
    assert.equal(t('Filter: {0}. {1} of {2} sessions.', 'login', 1, 3), 'Filter: login. 1 of 3 sessions.');
    assert.equal(t('{0} ({1})', '{1}'), '{1} ({1})');
    speak((words, ...values) => [words.toUpperCase(), ...values].join(), 'de');
    assert.equal(t('Open {0}', 7), 'OPEN {0},7');
    speak((words) => words, 'en');
  });

  for (const language of ['de', 'zh-cn']) {
    it(`are all there, with the same places (${language})`, () => {
      const bundle = texts(`l10n/bundle.l10n.${language}.json`);
      const wrong = calls.filter(({ text = '' }) => places(bundle[text] ?? '{9}') !== places(text));
      assert.deepEqual(
        wrong.map(({ where }) => where),
        [],
      );
    });

    it(`of the manifest are all there, with the same links (${language})`, () => {
      const own = texts(`package.nls.${language}.json`);
      assert.deepEqual(Object.keys(own).sort(), Object.keys(english).sort());
      for (const [key, text] of Object.entries(english))
        assert.equal(links(own[key] ?? ''), links(text), key);
    });
  }

  it('are looked for by VS Code where they are', () => {
    assert.match(manifest, /"l10n": "\.\/l10n"/);
  });

  it('of the manifest are used, and what it asks for is there', () => {
    const asked = new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key));
    assert.deepEqual([...asked].sort(), Object.keys(english).sort());
  });

  it('of the manifest are never written into it', () => {
    const written = [
      ...manifest.matchAll(/"(?:title|contents|markdownDescription|altText)": "([^%][^"]*)"/g),
    ];
    // Names are the same in every language: ours, and those of agents.
    const isName = (text = ''): boolean =>
      text === 'Holdfast' || /^\$\([\w-]+\) \[[\w ]+\]\(command:holdfast\.newSession\?/.test(text);
    assert.deepEqual(
      written.map(([, text]) => text).filter((text) => !isName(text)),
      [],
    );
  });
});
