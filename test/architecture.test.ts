// The shape of the project is held here: who imports whom, where time and chance may enter, how long a file may be.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { broughtBy, circles, importsOf, violations, withoutComments } from './architecture/imports.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const list = (pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    // What a failed story leaves behind is nobody's source.
    .filter((file) => !file.startsWith('test/output/'));

const product = list('{gateway,extension}/**/*.ts');

describe('who imports whom', () => {
  it('every import of the product is in the table', () => {
    assert.ok(product.length > 50, 'the sources are found');
    assert.deepEqual(
      product.flatMap((file) => violations(file, read(file))),
      [],
    );
  });

  it('no file imports itself, by any way around', () => {
    assert.deepEqual(circles(Object.fromEntries(product.map((file) => [file, read(file)]))), []);
  });

  it('a way around would be found', () => {
    const sources = {
      'a/one.ts': `import { two } from './two.ts';`,
      'a/two.ts': `import type { Three } from '../b/three.ts';`,
      'b/three.ts': `export * from '../a/one.ts';`,
      'b/four.ts': `import { one } from '../a/one.ts';`,
    };
    assert.deepEqual(circles(sources), ['a/one.ts -> a/two.ts -> b/three.ts -> a/one.ts']);
  });

  it('a forbidden import is told with its file and its rule', () => {
    const [told, ...more] = violations('gateway/core/queue.ts', `import { readFileSync } from 'node:fs';`);
    assert.match(
      told ?? '',
      /^gateway\/core\/queue\.ts imports node:fs, but gateway\/core may only import gateway\/protocol/,
    );
    assert.deepEqual(more, []);
  });

  const forbidden: readonly (readonly [file: string, source: string, why: string])[] = [
    ['gateway/core/log.ts', `export { open } from '../store/database.ts';`, 'core knows no store'],
    [
      'gateway/live/session.ts',
      `import { spawn } from 'node:child_process';`,
      'only process.ts starts programs',
    ],
    [
      'gateway/agents/acp.ts',
      `import { spawn } from 'node:child_process';`,
      'only process.ts starts programs',
    ],
    [
      'gateway/live/feed.ts',
      `import type { Caller } from '../rpc/caller.ts';`,
      'the feed knows no transport',
    ],
    ['gateway/cli/cli.ts', `import { listen } from '../rpc/listen.ts';`, 'the command line is a client'],
    [
      'extension/connection.ts',
      `const { open } = await import('../gateway/store/store.ts');`,
      'a client, too',
    ],
    ['extension/webview/app.ts', `import * as vscode from 'vscode';`, 'the panel is a page'],
    ['extension/webview/app.ts', `import { Session } from '../../gateway/protocol/index.ts';`, 'types only'],
    ['extension/webview/app.ts', `import { chatHtml } from '../chatHtml.ts';`, 'its contract only'],
    ['gateway/store/log.ts', `import 'ws';`, 'no sockets'],
  ];
  for (const [file, source, why] of forbidden) {
    it(`${file} may not say: ${source} (${why})`, () => assert.equal(violations(file, source).length, 1));
  }

  it('imports are found however they are written', () => {
    const source = [
      `import type {`,
      `  One,`,
      `} from './one.ts';`,
      `export * from "./two.ts";`,
      `// import { no } from './comment.ts';`,
      `const three = await import('./three.ts');`,
      `import './four.ts';`,
    ].join('\n');
    assert.deepEqual(
      importsOf(source).toSorted((a, b) => a.from.localeCompare(b.from)),
      [
        { from: './four.ts', isType: false },
        { from: './one.ts', isType: true },
        { from: './three.ts', isType: false },
        { from: './two.ts', isType: false },
      ],
    );
  });
});

describe('an editor starts at once', () => {
  it('the extension is activated without any library: schemas, sockets and the rest come when they are needed', () => {
    assert.deepEqual([...broughtBy('extension/extension.ts', read)], ['vscode']);
  });

  it('a library would be seen, however deep it is', () => {
    const brought = broughtBy('extension/dial.ts', (file) =>
      file === 'extension/dial.ts' ? `import './chatMessages.ts';` : read(file),
    );
    assert.ok(brought.has('zod'));
  });
});

describe('what is true is pure', () => {
  const pure = list('gateway/{core,protocol}/**/*.ts');
  const IMPURE =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.|\bset(?:Timeout|Interval|Immediate)\b|\bcrypto\.|\bprocess\./;

  it('core and protocol have no clock, no chance and no timers', () => {
    assert.ok(pure.length > 5, 'the sources are found');
    assert.deepEqual(
      pure.filter((file) => IMPURE.test(withoutComments(read(file)))),
      [],
    );
  });

  it('a clock would be seen', () => {
    for (const code of ['const now = Date.now();', 'new Date()', 'Math.random()', 'performance.now()']) {
      assert.match(code, IMPURE);
    }
    assert.doesNotMatch('new Date(atMs)', IMPURE);
  });
});

describe('a file is one idea', () => {
  it('has at most 400 lines', () => {
    const LIMIT = 400;
    const long = list('{gateway,extension,scripts,test}/**/*.{ts,mjs,cjs}')
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > LIMIT);
    assert.deepEqual(long, []);
  });

  it('opens with a comment that says what it is about', () => {
    const silent = list('{gateway,extension,scripts,test}/**/*.{ts,mjs,cjs}').filter(
      (file) => !/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(read(file)),
    );
    assert.deepEqual(silent, []);
  });
});
