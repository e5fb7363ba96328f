// What the text at the caret asks for: a command of the agent after a slash, or a file after an @. Pure.
import type { FoundFile } from '../chatMessages.ts';
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
    .filter(({ path }) => query.split('/').every((part) => path.toLowerCase().includes(part.toLowerCase())))
    .map((file) => ({
      icon: 'file',
      name: file.name,
      detail: file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '',
      text: `@${file.path} `,
      file,
    }));

/** The text with the suggestion in the place of what was typed, and where the caret goes. */
export function taken(
  text: string,
  caret: number,
  { from }: Wish,
  suggestion: Suggestion,
): { text: string; caret: number } {
  // A space that is already there is not doubled.
  const rest = text.slice(caret).replace(/^ /, '');
  return { text: text.slice(0, from) + suggestion.text + rest, caret: from + suggestion.text.length };
}
