// Finished calls of a kind in a row become one line: "Read 6 files". Pure.
import type { Part, ToolPart } from './parts.ts';
import { t } from './l10n.ts';

export interface Group {
  readonly kind: 'group';
  readonly key: string;
  readonly parts: readonly ToolPart[];
}

/** What stands in the page: a part, or several that have become one. */
export type Item = Part | Group;

const LEAST = 3;

/** `isOpen`: a person has opened this card, so it stays as it is. */
export function grouped(parts: readonly Part[], isOpen: (key: string) => boolean): readonly Item[] {
  const items: Item[] = [];
  let row: ToolPart[] = [];
  const close = (): void => {
    const [first] = row;
    if (first !== undefined && row.length >= LEAST)
      items.push({ kind: 'group', key: `group:${first.key}`, parts: row });
    else items.push(...row);
    row = [];
  };
  for (const part of parts) {
    const isJoining = part.kind === 'tool' && isPlainlyDone(part) && !isOpen(part.key);
    if (!isJoining || part.call.kind !== row[0]?.call.kind) close();
    if (isJoining) row.push(part);
    else items.push(part);
  }
  close();
  return items;
}

/** Nothing was asked about it, and nothing needs to be seen of it. */
const isPlainlyDone = ({ call, ask }: ToolPart): boolean => call.status === 'completed' && ask === undefined;

const WORDS: Readonly<Record<string, (count: number) => string>> = {
  read: (count) => t('Read {0} files', count),
  edit: (count) => t('Made {0} edits', count),
  search: (count) => t('Searched {0} times', count),
  execute: (count) => t('Ran {0} commands', count),
  fetch: (count) => t('Fetched {0} addresses', count),
};

export const wordsOf = ({ parts }: Group): string =>
  (WORDS[parts[0]?.call.kind ?? ''] ?? ((count) => t('Used tools {0} times', count)))(parts.length);
