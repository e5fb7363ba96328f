// Colours for code: shiki's grammars, with classes instead of colours, so that the style sheet and the theme decide. All of
// it is a file of its own, which the panel fetches with its first block of code.
import { createHighlighterCoreSync, type GrammarState, type HighlighterCore } from 'shiki/core';
import { loadLanguage, regexEngine } from './grammars.ts';
import type { Language } from './languages.ts';

/** One piece of a line and the class of its colour. */
export interface Token {
  readonly content: string;
  readonly kind: string | undefined;
}
export type Line = readonly Token[];

/** Where the grammar stands after a line. */
export type After = GrammarState | undefined;
export type ReadLine = (text: string, before: After) => { readonly tokens: Line; readonly after: After };

/** Longer lines (minified files, data) stay plain. */
const MAX_LINE = 2000;
/** A grammar gives up on a line after this. */
const MAX_LINE_MS = 1000;

/** Each class under a colour of its own, which stands for it until the token is drawn. */
const SCOPES: readonly (readonly [kind: string, colour: string, scopes: readonly string[]])[] = [
  ['tc', '#000001', ['comment', 'punctuation.definition.comment']],
  [
    'ts',
    '#000002',
    [
      'string',
      'constant.other.symbol',
      'markup.inline.raw',
      'string.regexp',
      'punctuation.definition.string',
    ],
  ],
  [
    'tn',
    '#000003',
    ['constant.numeric', 'constant.language', 'constant.character.escape', 'keyword.other.unit'],
  ],
  [
    'tk',
    '#000004',
    [
      'keyword',
      'storage',
      'variable.language',
      'entity.name.tag',
      'markup.heading',
      'markup.bold',
      'keyword.operator.new',
    ],
  ],
  ['tf', '#000005', ['entity.name.function', 'support.function', 'meta.function-call.generic']],
  [
    'ty',
    '#000006',
    [
      'entity.name.type',
      'entity.name.class',
      'entity.other.inherited-class',
      'support.type',
      'support.class',
    ],
  ],
  [
    'tv',
    '#000007',
    [
      'variable',
      'entity.other.attribute-name',
      'meta.object-literal.key',
      'support.variable',
      'support.type.property-name',
      'punctuation.support.type.property-name',
    ],
  ],
  ['ti', '#000008', ['markup.inserted', 'punctuation.definition.inserted']],
  ['td', '#000009', ['markup.deleted', 'punctuation.definition.deleted']],
  [
    '',
    '#000000',
    ['keyword.operator', 'punctuation', 'storage.type.function.arrow', 'meta.template.expression'],
  ],
];
const KINDS: ReadonlyMap<string, string> = new Map(SCOPES.map(([kind, colour]) => [colour, kind]));

let shared: HighlighterCore | undefined;

function highlighter(): HighlighterCore {
  shared ??= createHighlighterCoreSync({
    engine: regexEngine,
    langs: [],
    themes: [
      {
        name: 'holdfast',
        type: 'dark',
        fg: '#000000',
        bg: '#ffffff',
        settings: [
          { settings: { foreground: '#000000', background: '#ffffff' } },
          ...SCOPES.map(([, foreground, scope]) => ({ scope: [...scope], settings: { foreground } })),
        ],
      },
    ],
  });
  return shared;
}

/** What reads the lines of a language. */
export async function readerOf(lang: Language): Promise<ReadLine> {
  await loadLanguage(highlighter(), lang);
  return (text, before) => {
    const { tokens, grammarState } = highlighter().codeToTokens(text, {
      lang,
      theme: 'holdfast',
      tokenizeMaxLineLength: MAX_LINE,
      tokenizeTimeLimit: MAX_LINE_MS,
      ...(before !== undefined && { grammarState: before }),
    });
    const line = (tokens[0] ?? []).map(({ content, color }) => {
      const kind = KINDS.get(color?.toLowerCase() ?? '');
      return { content, kind: kind === '' ? undefined : kind };
    });
    return { tokens: line, after: grammarState };
  };
}
