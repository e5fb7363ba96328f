// What the text at the caret asks for: a command of the agent after a slash, or context after an @. Pure.
import type { FoundContext, FoundFile } from '../chatMessages.ts';
import { t } from './l10n.ts';
import type { Commands } from './parts.ts';

export interface Wish {
  readonly kind: 'command' | 'file';
  /** What has been typed after the sign. */
  readonly query: string;
  /** Where the sign stands. */
  readonly from: number;
}

/** One row of the list, and the text that takes the place of what was typed. */
export interface Suggestion {
  readonly icon: string;
  readonly name: string;
  readonly detail: string;
  readonly text: string;
  readonly file?: FoundFile;
  /** Goes along as a whole; nothing of it stands in the text. */
  readonly adds?: FoundContext['kind'] | 'image';
}

/** A command opens the prompt; an @ stands at the start of a word, so that an address is not taken for one. */
export function wishAt(text: string, caret: number): Wish | undefined {
  const before = text.slice(0, caret);
  const command = /^\/(\S*)$/.exec(before);
  if (command !== null) return { kind: 'command', query: command[1] ?? '', from: 0 };
  const file = /(?:^|[\s(])@([^\s@]{0,200})$/.exec(before);
  return file === null
    ? undefined
    : { kind: 'file', query: file[1] ?? '', from: caret - (file[1] ?? '').length - 1 };
}

/** Some agents have hundreds of commands; whoever types more sees the others. */
const MOST_COMMANDS = 100;

/** Names that begin with the words come before names that only hold them. */
export function commandsFor(query: string, commands: Commands): readonly Suggestion[] {
  const words = query.toLowerCase();
  const rank = (name: string): number => name.toLowerCase().indexOf(words);
  return commands
    .filter(({ name }) => rank(name) >= 0)
    .toSorted((a, b) => Math.sign(rank(a.name)) - Math.sign(rank(b.name)))
    .slice(0, MOST_COMMANDS)
    .map(({ name, description }) => ({
      icon: 'terminal',
      name: `/${name}`,
      detail: description,
      text: `/${name} `,
    }));
}

/** Every part of what was typed occurs in the path: files found for a shorter word may not fit any more. */
export const filesFor = (query: string, files: readonly FoundFile[]): readonly Suggestion[] =>
  files
    .filter(({ path, name, kind }) => holds(kind === 'symbol' ? name : path, query))
    .map((file) => (file.kind === 'symbol' ? symbol(file) : plainFile(file)));

const holds = (text: string, query: string): boolean =>
  query.split('/').every((part) => text.toLowerCase().includes(part.toLowerCase()));

const plainFile = (file: FoundFile): Suggestion => ({
  icon: 'file-code',
  name: file.name,
  detail: file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '',
  text: `@${file.path} `,
  file,
});

const symbol = (file: FoundFile): Suggestion => ({
  icon: file.icon ?? 'symbol-misc',
  name: file.name,
  detail: file.path.slice(file.path.lastIndexOf('/') + 1),
  text: `@${file.name} `,
  file,
});

/** What can go along without a name in the text: offered at first, and to whoever types its name. */
export function contextFor(query: string, context: readonly FoundContext[]): readonly Suggestion[] {
  const all: Suggestion[] = context.map((found) =>
    found.kind === 'selection'
      ? { icon: 'list-selection', name: t('Selection'), detail: found.name, text: '', adds: found.kind }
      : { icon: 'warning', name: t('Problems'), detail: problems(found.count), text: '', adds: found.kind },
  );
  all.push({ icon: 'file-media', name: t('Image'), detail: t('or paste one'), text: '', adds: 'image' });
  return all.filter(({ name, adds = '' }) =>
    [name, adds].some((word) => word.toLowerCase().startsWith(query.toLowerCase())),
  );
}

const problems = (count: number): string =>
  count === 1 ? t('1 in this file') : t('{0} in this file', count);

/** What is written for the suggestion, and in the place of what. */
export function taken(
  text: string,
  caret: number,
  { from }: Wish,
  suggestion: Suggestion,
): { text: string; from: number; to: number } {
  // A space that is already there is not doubled.
  return { text: suggestion.text, from, to: text[caret] === ' ' ? caret + 1 : caret };
}
