// The grammars that code is read with. Each is fetched only when the first block needs it.
import type { HighlighterCore } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import type { Language } from './languages.ts';

/** It remembers every expression that it has translated. */
export const regexEngine = createJavaScriptRegexEngine({ forgiving: true });

type LanguageInput = () => Promise<typeof import('shiki/langs/typescript.mjs')>;

const GRAMMARS: Readonly<Record<Language, LanguageInput>> = {
  bash: () => import('shiki/langs/bash.mjs'),
  c: () => import('shiki/langs/c.mjs'),
  cpp: () => import('shiki/langs/cpp.mjs'),
  csharp: () => import('shiki/langs/csharp.mjs'),
  css: () => import('shiki/langs/css.mjs'),
  diff: () => import('shiki/langs/diff.mjs'),
  docker: () => import('shiki/langs/docker.mjs'),
  go: () => import('shiki/langs/go.mjs'),
  html: () => import('shiki/langs/html.mjs'),
  java: () => import('shiki/langs/java.mjs'),
  // One grammar for both: it reads plain JavaScript as well.
  jsx: () => import('shiki/langs/jsx.mjs'),
  json: () => import('shiki/langs/json.mjs'),
  markdown: () => import('shiki/langs/markdown.mjs'),
  python: () => import('shiki/langs/python.mjs'),
  rust: () => import('shiki/langs/rust.mjs'),
  sql: () => import('shiki/langs/sql.mjs'),
  toml: () => import('shiki/langs/toml.mjs'),
  tsx: () => import('shiki/langs/tsx.mjs'),
  typescript: () => import('shiki/langs/typescript.mjs'),
  yaml: () => import('shiki/langs/yaml.mjs'),
};

const loading = new Map<Language, Promise<void>>();

export function loadLanguage(highlighter: HighlighterCore, language: Language): Promise<void> {
  const loaded = loading.get(language) ?? load(highlighter, GRAMMARS[language]);
  loading.set(language, loaded);
  return loaded;
}

async function load(highlighter: HighlighterCore, grammar: LanguageInput): Promise<void> {
  await highlighter.loadLanguage(grammar);
  await warmUp(await grammar());
}

/** A piece of work that nobody notices in a frame. */
const SLICE_MS = 10;

/**
 * Translates the grammar's expressions bit by bit. The first line would pay for all of them at once otherwise, which
 * holds the panel up for a tenth of a second.
 */
async function warmUp(grammar: unknown): Promise<void> {
  let end = performance.now() + SLICE_MS;
  for (const expression of expressionsIn(grammar)) {
    regexEngine.createScanner([expression]);
    if (performance.now() < end) continue;
    await new Promise((resolve) => setTimeout(resolve));
    end = performance.now() + SLICE_MS;
  }
}

const EXPRESSIONS: ReadonlySet<string> = new Set(['match', 'begin', 'end', 'while']);

function expressionsIn(grammar: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof grammar !== 'object' || grammar === null) return found;
  for (const [key, value] of Object.entries(grammar)) {
    if (typeof value !== 'string') expressionsIn(value, found);
    else if (EXPRESSIONS.has(key)) found.add(value);
  }
  return found;
}
