// What a tool card says of its call: the verb and object, counts, the command, the output.
import type { Picture, ToolCall } from '../../gateway/protocol/index.ts';
import { countAll } from './diffCount.ts';
import type { Ask, ToolPart } from './parts.ts';
import { stopwatch } from './times.ts';
import { isOver } from './toolSteps.ts';
import { t } from './l10n.ts';
import { isRecord } from './isRecord.ts';

const VERBS: Readonly<Record<string, () => string>> = {
  read: () => t('Read'),
  edit: () => t('Edit'),
  delete: () => t('Delete'),
  move: () => t('Move'),
  search: () => t('Search'),
  execute: () => t('Run a command'),
  think: () => t('Think'),
  fetch: () => t('Fetch'),
  switch_mode: () => t('Switch mode'),
};

const ASKS: Readonly<Record<string, (agent: string) => string>> = {
  read: (agent) => t('{0} asks to read a file', agent),
  edit: (agent) => t('{0} asks to change a file', agent),
  delete: (agent) => t('{0} asks to delete a file', agent),
  move: (agent) => t('{0} asks to move a file', agent),
  search: (agent) => t('{0} asks to search', agent),
  execute: (agent) => t('{0} asks to run a command', agent),
  think: (agent) => t('{0} asks to think', agent),
  fetch: (agent) => t('{0} asks to open an address', agent),
  switch_mode: (agent) => t('{0} asks to switch its mode', agent),
};

/** "Claude Code asks to run a command" */
export function asksTo(agent: string, { call: { kind, tool }, form, url }: Ask): string {
  if (form !== undefined) return t('{0} asks you', agent);
  if (url !== undefined) return t('{0} asks you to open a page', agent);
  return (
    ASKS[kind]?.(agent) ??
    (tool === '' ? t('{0} asks to use a tool', agent) : t('{0} asks to use {1}', agent, tool))
  );
}

/** The words of a head, and which of them are code. Paths below the session's folder are said from there. */
export function headOf(
  { title, kind, tool, locations }: ToolCall,
  folder: string,
): { text: string; isCode: boolean }[] {
  const said = (title || (VERBS[kind]?.() ?? tool) || t('Use a tool')).replaceAll(`${folder}/`, '');
  const path = locations[0]?.path.replace(`${folder}/`, '');
  const spans = said.includes('`')
    ? said.split('`')
    : path !== undefined && path !== ''
      ? cutOut(said, path)
      : [said];
  return spans.map((text, index) => ({ text, isCode: index % 2 === 1 })).filter(({ text }) => text !== '');
}

function cutOut(text: string, path: string): string[] {
  const at = text.indexOf(path);
  return at < 0 ? [text] : [text.slice(0, at), path, text.slice(at + path.length)];
}

export interface Meta {
  readonly text?: string;
  readonly added?: number;
  readonly removed?: number;
}

/** What stands at the right of a head: lines, counts, time. */
export function metaOf(part: ToolPart, now: number): Meta {
  const { call, since: called, at, ask } = part;
  // Waiting for a person is not the tool's time.
  const since = ask?.verdict?.at ?? called;
  const diffs = call.content.filter((content) => content.type === 'diff');
  if (diffs.length > 0) return countAll(diffs);
  if (call.kind === 'read' && isOver(part)) {
    const lines = linesOf(outputOf(call)).length;
    return lines > 0 ? { text: countOf(lines) } : {};
  }
  if (!isOver(part)) return { text: stopwatch(now - since) };
  return call.kind === 'execute' ? { text: stopwatch(at - since) } : {};
}

/** The command line of a call, where its input has one. */
export function commandOf({ input }: ToolCall): string | undefined {
  if (!isRecord(input)) return undefined;
  const command = input['command'] ?? input['cmd'];
  if (typeof command === 'string') return command;
  // An argument list is shown as it is: joining it would hide where an argument ends.
  return Array.isArray(command) ? JSON.stringify(command) : undefined;
}

/** What else the input says: nothing of what will be done is left out of a question. */
export function inputOf({ input }: ToolCall): string {
  if (typeof input === 'string') return input;
  if (!isRecord(input))
    return input === undefined || input === null ? '' : JSON.stringify(input, undefined, 2);
  const rest = Object.entries(input).filter(([key]) => key !== 'command' && key !== 'cmd');
  return rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest), undefined, 2);
}

export const outputOf = ({ content }: ToolCall): string =>
  content
    .map((piece) => {
      if (piece.type === 'text') return piece.text;
      return piece.type === 'other' && piece.image === undefined ? piece.summary : '';
    })
    .filter(Boolean)
    .join('\n');

/** An image that a tool gave, and what it is in words. */
export type Shot = Picture & { readonly summary: string };

export const shotsOf = ({ content }: ToolCall): Shot[] =>
  content.flatMap((piece) =>
    piece.type === 'other' && piece.image ? [{ ...piece.image, summary: piece.summary }] : [],
  );

export const countOf = (lines: number): string => (lines === 1 ? t('1 line') : t('{0} lines', lines));

export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
