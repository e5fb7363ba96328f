// The languages that code is coloured in. Each grammar is evaluated only when the first block needs it.
import type { HighlighterCore, LanguageInput } from 'shiki/core';

const GRAMMARS: Readonly<Record<string, LanguageInput>> = {
  bash: () => import('@shikijs/langs/bash'),
  c: () => import('@shikijs/langs/c'),
  cpp: () => import('@shikijs/langs/cpp'),
  csharp: () => import('@shikijs/langs/csharp'),
  css: () => import('@shikijs/langs/css'),
  diff: () => import('@shikijs/langs/diff'),
  docker: () => import('@shikijs/langs/docker'),
  go: () => import('@shikijs/langs/go'),
  html: () => import('@shikijs/langs/html'),
  java: () => import('@shikijs/langs/java'),
  // One grammar for both: it reads plain JavaScript as well.
  jsx: () => import('@shikijs/langs/jsx'),
  json: () => import('@shikijs/langs/json'),
  markdown: () => import('@shikijs/langs/markdown'),
  python: () => import('@shikijs/langs/python'),
  rust: () => import('@shikijs/langs/rust'),
  sql: () => import('@shikijs/langs/sql'),
  toml: () => import('@shikijs/langs/toml'),
  tsx: () => import('@shikijs/langs/tsx'),
  typescript: () => import('@shikijs/langs/typescript'),
  yaml: () => import('@shikijs/langs/yaml'),
};

/** Other names that agents write after a fence. */
const ALIASES: Readonly<Record<string, string>> = {
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  h: 'c',
  'c++': 'cpp',
  cc: 'cpp',
  hpp: 'cpp',
  cs: 'csharp',
  'c#': 'csharp',
  patch: 'diff',
  dockerfile: 'docker',
  golang: 'go',
  htm: 'html',
  js: 'jsx',
  mjs: 'jsx',
  cjs: 'jsx',
  javascript: 'jsx',
  jsonc: 'json',
  json5: 'json',
  md: 'markdown',
  py: 'python',
  rs: 'rust',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  yml: 'yaml',
};

/** The grammar for what stands after a fence; undefined: none, the block stays plain. */
export function languageOf(name: string): string | undefined {
  const key = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return key !== undefined && Object.hasOwn(GRAMMARS, key) ? key : undefined;
}

const loading = new Map<string, Promise<void>>();

export function loadLanguage(highlighter: HighlighterCore, language: string): Promise<void> {
  const grammar = GRAMMARS[language];
  const known = loading.get(language);
  if (known !== undefined || grammar === undefined) return known ?? Promise.resolve();
  const loaded = highlighter.loadLanguage(grammar);
  loading.set(language, loaded);
  return loaded;
}
