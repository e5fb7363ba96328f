// What a finished turn has changed, file by file, from the diffs of its tool calls. Pure.
import type { FileState } from '../chatMessages.ts';
import { countAll, countChanges } from './diffCount.ts';
import type { Part, ToolPart } from './parts.ts';

export interface ChangedFile {
  readonly path: string;
  readonly edits: readonly { readonly oldText: string | null; readonly newText: string }[];
  readonly added: number;
  readonly removed: number;
}

/** The card below a turn. */
export interface TurnChanges {
  readonly kind: 'changes';
  readonly key: string;
  /** The calls that changed something. */
  readonly parts: readonly ToolPart[];
  /** No other turn follows. */
  readonly isLast: boolean;
}

/**
 * Until the host has said how a file stands nothing can be done to it. `kept`: a person said so. `again`: another turn
 * has edited it since.
 */
export type Standing = FileState | 'kept' | 'again' | 'unknown';

export const hasChanged = (part: Part): part is ToolPart =>
  part.kind === 'tool' &&
  part.call.status === 'completed' &&
  part.call.content.some(({ type }) => type === 'diff');

/** What the turn from this prompt on has changed; undefined: nothing, or it still runs. */
export function turnChanges(
  parts: readonly Part[],
  start: number,
  end: number,
  isLast = true,
): TurnChanges | undefined {
  const prompt = parts[start];
  if (prompt?.kind !== 'prompt' || prompt.outcome === 'running') return undefined;
  const changed = parts.slice(start + 1, end).filter(hasChanged);
  return changed.length === 0
    ? undefined
    : { kind: 'changes', key: `changes:${prompt.key}`, parts: changed, isLast };
}

const known = new WeakMap<ToolPart, { readonly count: number; readonly files: readonly ChangedFile[] }>();

/** Counted once: a finished turn stays as it is. */
export function filesOf({ parts }: TurnChanges): readonly ChangedFile[] {
  const last = parts.at(-1);
  if (last === undefined) return [];
  const before = known.get(last);
  if (before?.count === parts.length) return before.files;
  const files = collect(parts);
  known.set(last, { count: parts.length, files });
  return files;
}

function collect(parts: readonly ToolPart[]): readonly ChangedFile[] {
  const edits = new Map<string, ChangedFile['edits'][number][]>();
  for (const { call } of parts) {
    for (const content of call.content) {
      if (content.type !== 'diff' || content.oldText === content.newText) continue;
      const { path, oldText, newText } = content;
      edits.set(path, [...(edits.get(path) ?? []), { oldText, newText }]);
    }
  }
  return [...edits].map(([path, all]) => ({ path, edits: all, ...countsOf(all) }));
}

/** Edits of whole files are counted from the first to the last text; edits of pieces one by one. */
function countsOf(edits: ChangedFile['edits']): { added: number; removed: number } {
  const [first] = edits;
  const last = edits.at(-1);
  const isChain = edits.every(({ oldText }, index) => index === 0 || oldText === edits[index - 1]?.newText);
  return first !== undefined && last !== undefined && isChain
    ? countChanges(first.oldText ?? '', last.newText)
    : countAll(edits);
}
