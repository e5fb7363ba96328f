// The pure pieces of the panel's rendering: cutting markdown, showing hidden characters, counting changes, telling time.
import * as fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countChanges } from '../../extension/webview/diffCount.ts';
import { linkedFile, writtenFile } from '../../extension/webview/fileNames.ts';
import { languageOf } from '../../extension/webview/languages.ts';
import { reveal, revealAll, withoutStyles } from '../../extension/webview/reveal.ts';
import { Segmenter, type Segment } from '../../extension/webview/segments.ts';
import { readKept } from '../../extension/webview/state.ts';
import { ago, clockTime, lasted, stopwatch } from '../../extension/webview/times.ts';

const cut = (source: string): readonly Segment[] => new Segmenter().update(source).segments;

/** Lines that an agent writes, and lines that are hard to cut. */
const lines = fc.array(
  fc.constantFrom(
    '',
    'Some text.',
    'More **text** with `code`',
    '# Heading',
    '- item',
    '  - nested',
    '1. first',
    '  more of the item',
    '```ts',
    '```',
    '~~~',
    '````',
    '    indented',
    '> quoted',
    '| a | b |',
    '|---|---|',
    '***',
    '===',
    '<b>',
  ),
  { maxLength: 20 },
);

describe('segments of growing markdown', () => {
  it('are the same whatever pieces the text came in', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.nat({ max: 12 })), (all, sizes) => {
        const source = all.join('\n');
        const growing = new Segmenter();
        let at = 0;
        for (const size of sizes) growing.update(source.slice(0, (at += size)));
        assert.deepEqual(growing.update(source).segments, cut(source));
      }),
    );
  });

  it('do not change once they are settled', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const source = all.join('\n');
        const growing = new Segmenter();
        let before: readonly Segment[] = [];
        for (let at = 0; at <= source.length; at++) {
          const { segments, settled } = growing.update(source.slice(0, at));
          assert.deepEqual(segments.slice(0, before.length), before);
          before = segments.slice(0, settled);
        }
      }),
    );
  });

  it('mean together what the whole text means', () => {
    const markdown = new MarkdownIt({ html: false });
    const fence = (segment: Segment): string =>
      segment.kind === 'prose'
        ? markdown.render(segment.source)
        : markdown.render(`\`\`\`\`\`\`\`${segment.info}\n${segment.source}\n\`\`\`\`\`\`\``);
    const shape = (rendered: string): string =>
      rendered.replaceAll(/\s+/g, ' ').replaceAll('</code>', '').replaceAll('> ', '>').trim();
    fc.assert(
      fc.property(lines, (all) => {
        const source = `${all.join('\n')}\n`;
        assert.equal(shape(cut(source).map(fence).join('\n')), shape(markdown.render(source)));
      }),
    );
  });

  it('keep code as it was written, while its fence is open and when it is closed', () => {
    const code = 'a\n\n- b\n  c';
    assert.deepEqual(cut(`Look:\n\n\`\`\`js\n${code}`).at(-1), { kind: 'code', info: 'js', source: code });
    assert.deepEqual(cut(`\`\`\`js\n${code}\n\`\`\``), [{ kind: 'code', info: 'js', source: code }]);
  });
});

describe('hidden characters', () => {
  it('that reorder text are shown in prose; emoji stay whole', () => {
    assert.equal(reveal('a\u202eb\u001b[0m\r\n👩‍💻'), 'a⟨U+202E⟩b⟨U+001B⟩[0m\n👩‍💻');
  });

  it('that only colour the output of a command are left out of it', () => {
    assert.equal(withoutStyles('\u001b[1;32mok\u001b[0m\u001b[K \u001b[2J'), 'ok \u001b[2J');
  });

  it('of every kind are marked in what somebody consents to, and nothing is lost', () => {
    assert.deepEqual(revealAll('rm\u200b -r'), [
      { text: 'rm', isHidden: false },
      { text: '⟨U+200B⟩', isHidden: true },
      { text: ' -r', isHidden: false },
    ]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const shown = revealAll(text).filter(({ isHidden }) => !isHidden);
        assert.ok(shown.every((piece) => text.replaceAll('\r\n', '\n').includes(piece.text)));
      }),
    );
  });
});

describe('names of files', () => {
  const place = (name: ReturnType<typeof linkedFile>): string =>
    name ? `${name.path} ${name.line}` : 'none';

  it('are what a link leads to that is no address', () => {
    assert.equal(place(linkedFile('src/a%20b.ts:12:3')), 'src/a b.ts 12');
    assert.equal(place(linkedFile('/abs/a.ts#L4-L9')), '/abs/a.ts 4');
    assert.equal(place(linkedFile('C:%5Ca.ts')), 'C:\\a.ts ');
    for (const url of [
      'command:quit',
      'javascript:alert(1)',
      '//host/a.ts',
      'file:///a.ts',
      '\\host\\a',
      '#top',
      'x:%',
    ])
      assert.equal(place(linkedFile(url)), 'none', url);
  });

  it('are code that can be nothing else', () => {
    assert.equal(place(writtenFile('app/[id]/page.tsx')), 'app/[id]/page.tsx ');
    assert.equal(place(writtenFile('login.ts:12')), 'login.ts 12');
    for (const code of ['Math.max', 'and/or', '1.0/2.0', 'npm run test', 'https://a.b/c.ts', 'src/**/*.ts'])
      assert.equal(place(writtenFile(code)), 'none', code);
  });
});

describe('small words', () => {
  it('count what a change adds and removes', () => {
    assert.deepEqual(countChanges('a\nb\nc\n', 'a\nx\nc\ny\n'), { added: 2, removed: 1 });
    assert.deepEqual(countChanges('', 'a\n'), { added: 1, removed: 0 });
    assert.deepEqual(countChanges('same', 'same'), { added: 0, removed: 0 });
  });

  it('tell times', () => {
    const now = new Date(2026, 10, 20, 14, 6, 30).getTime();
    assert.equal(lasted(72_000), '1m 12s');
    assert.equal(lasted(7_500_000), '2h 5m');
    assert.equal(stopwatch(12_000), '0:12');
    assert.equal(clockTime(now, now), '14:06');
    assert.equal(clockTime(now - 8 * 86_400_000, now), '12 Nov, 14:06');
    assert.equal(ago(now - 2000, now), '2\u00a0s\u00a0ago');
    assert.equal(ago(now - 90_000, now), '14:05');
  });

  it('know a language by its other names, and no others', () => {
    assert.equal(languageOf('ts'), 'typescript');
    assert.equal(languageOf('sh'), 'bash');
    assert.equal(languageOf('constructor'), undefined);
  });

  it('read what was kept, whoever wrote it', () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.equal(typeof readKept(value).draft, 'string')));
    const kept = {
      at: 1,
      sessionId: 's',
      draft: 'd',
      shared: 'e',
      editing: { promptId: 'q', text: 'f' },
      anchor: { key: 'k', offset: 3 },
      attachments: [{ uri: 'file:///a.ts', name: 'a.ts' }],
      folds: { plan: false },
      forms: {},
      unheard: [{ sessionId: 's', promptId: 'p', text: 't', attachments: [], steer: true }],
    };
    assert.deepEqual(readKept(JSON.parse(JSON.stringify(kept))), kept);
  });
});
