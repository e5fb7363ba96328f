// Colours for code: shiki's grammars, with classes instead of colours, so that the style sheet and the theme decide.
import { createHighlighterCoreSync, type HighlighterCore, type GrammarState } from 'shiki/core';
import { languageOf, loadLanguage, regexEngine } from './languages.ts';

/** One piece of a line and the class of its colour. */
export interface Token {
  readonly content: string;
  readonly kind: string | undefined;
}
export type Line = readonly Token[];

/** Longer lines (minified files, data) stay plain. */
const MAX_LINE = 2000;
/** A long block gets its colours in steps, so that the panel answers meanwhile. */
const STEP_MS = 12;
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

/** The colours of one block that grows: a line that has been read is not read again. */
export class LineColours {
  readonly #language: string | undefined;
  readonly #known: { text: string; tokens: Line; after: GrammarState | undefined }[] = [];
  readonly #more: (from: number) => void;
  #isReady = false;

  /** `more` is called when there are colours for lines from this one on that were not there before. */
  constructor(name: string, more: (from: number) => void) {
    this.#more = more;
    this.#language = languageOf(name);
    if (this.#language === undefined) return;
    loadLanguage(highlighter(), this.#language).then(
      () => {
        this.#isReady = true;
        more(0);
      },
      // Without its grammar a block is still readable.
      () => undefined,
    );
  }

  /** The colours that there are for these lines, from the first one on. */
  of(lines: readonly string[]): readonly Line[] {
    if (!this.#isReady) return [];
    let same = 0;
    while (same < this.#known.length && this.#known[same]?.text === lines[same]) same += 1;
    this.#known.length = same;
    const end = performance.now() + STEP_MS;
    while (this.#known.length < lines.length && performance.now() < end) {
      this.#known.push(this.#read(lines[this.#known.length] ?? '', this.#known.at(-1)?.after));
    }
    const from = this.#known.length;
    if (from < lines.length) setTimeout(() => this.#more(from));
    return this.#known.map(({ tokens }) => tokens);
  }

  #read(
    text: string,
    before: GrammarState | undefined,
  ): { text: string; tokens: Line; after: GrammarState | undefined } {
    const { tokens, grammarState } = highlighter().codeToTokens(text, {
      lang: this.#language ?? 'text',
      theme: 'holdfast',
      tokenizeMaxLineLength: MAX_LINE,
      tokenizeTimeLimit: MAX_LINE_MS,
      ...(before !== undefined && { grammarState: before }),
    });
    const line = (tokens[0] ?? []).map(({ content, color }) => {
      const kind = KINDS.get(color?.toLowerCase() ?? '');
      return { content, kind: kind === '' ? undefined : kind };
    });
    return { text, tokens: line, after: grammarState };
  }
}
