// The languages that code is coloured in, and what else agents call them.

const LANGUAGES = [
  'bash',
  'c',
  'cpp',
  'csharp',
  'css',
  'diff',
  'docker',
  'go',
  'html',
  'java',
  'jsx',
  'json',
  'markdown',
  'python',
  'rust',
  'sql',
  'toml',
  'tsx',
  'typescript',
  'yaml',
] as const;
export type Language = (typeof LANGUAGES)[number];

/** Other names that agents write after a fence. */
const ALIASES: Readonly<Record<string, Language>> = {
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

/** What stands after a fence; undefined: nothing that we know, the block stays plain. */
export function languageOf(name: string): Language | undefined {
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : LANGUAGES.find((known) => known === name);
}
