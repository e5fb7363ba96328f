// Every text of the panel can be read in German and in Chinese, with the same places filled in.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { readTexts, t } from '../../extension/webview/l10n.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sources = path.join(root, 'extension/webview');
const TEXT = /\bt\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^'"\s]))/g;

const found = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'l10n.ts')
  .flatMap((file) =>
    [...readFileSync(path.join(sources, file), 'utf8').matchAll(TEXT)].map(([call, single, double]) => ({
      where: `${file}: ${call}`,
      text: single ?? double,
    })),
  );
const places = (text: string): string[] => [...(text.match(/\{\d\}/g) ?? [])].sort();

describe('the texts of the panel', () => {
  it('are asked for by literals, so that all of them can be found', () => {
    assert.ok(found.length > 100, `only ${found.length} texts`);
    assert.deepEqual(
      found.filter(({ text }) => text === undefined).map(({ where }) => where),
      [],
    );
  });

  for (const language of ['de', 'zh-cn']) {
    it(`are all there, with the same places (${language})`, () => {
      const file = path.join(root, `l10n/bundle.l10n.${language}.json`);
      const bundle = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
      const wrong = found.filter(
        ({ text = '' }) => places(bundle[text] ?? '{9}').join() !== places(text).join(),
      );
      assert.deepEqual(
        wrong.map(({ where }) => where),
        [],
      );
    });
  }

  it('are filled in, stay English where the bundle says nothing, and keep braces that stand for nothing', () => {
    readTexts('{"Read {0} files": "{0} Dateien gelesen"}', 'de');
    assert.equal(t('Read {0} files', 6), '6 Dateien gelesen');
    assert.equal(t('Copied'), 'Copied');
    assert.equal(t('Remove {0}', '{0} {1}'), 'Remove {0} {1}');
    readTexts(undefined, 'en');
  });
});
