// Turns that are over and not the last: what was done in them becomes one line, "Worked for 2m 40s, 14 steps". Pure.
import { grouped, type Item } from './groups.ts';
import { turnChanges, type TurnChanges } from './changedFiles.ts';
import type { Cost, Part } from './parts.ts';
import { turnEnd, type TurnEnd } from './turnEnd.ts';
import { lasted } from './times.ts';
import { t } from './l10n.ts';

export interface TurnFold {
  readonly kind: 'turn';
  readonly key: string;
  readonly isOpen: boolean;
  readonly steps: number;
  /** undefined: nobody knows. */
  readonly ms: number | undefined;
}

/** What stands in the page. */
export type Shown = Item | TurnFold | TurnChanges | TurnEnd;

export interface Folding {
  /** Nothing stands before these parts. */
  readonly isWhole?: boolean;
  /** Did a person open or close this card or fold? */
  isOpen(key: string): boolean | undefined;
  /** This part is in front of a reader, who must not lose it. */
  isBeingRead(key: string): boolean;
}

const ENDS: ReadonlySet<string> = new Set(['note', 'gap', 'uncertain']);

/** One part folded into one line would save nothing. */
const LEAST = 2;

export function shownOf(parts: readonly Part[], folding: Folding): readonly Shown[] {
  const isOpen = (key: string): boolean => folding.isOpen(key) === true;
  const shown: Shown[] = [];
  const starts = parts.flatMap(({ kind }, index) => (kind === 'prompt' ? [index] : []));
  let done = 0;
  let spent: Cost | 'nothing' | undefined = folding.isWhole === true ? 'nothing' : undefined;
  starts.forEach((start, turn) => {
    const end = starts[turn + 1];
    // The last turn is what one looks at.
    if (end !== undefined) {
      const steps = stepsOf(parts.slice(start + 1, end));
      const fold = foldOf(parts, start, steps, folding);
      if (fold !== undefined) {
        shown.push(...grouped(parts.slice(done, start + 1), isOpen), fold);
        if (fold.isOpen) shown.push(...grouped(steps, isOpen));
        done = start + 1 + steps.length;
      }
    }
    // What became of the turn stands below what it changed.
    const until = parts.slice(start, end).findLastIndex(({ kind }) => !ENDS.has(kind)) + start + 1;
    const changes = turnChanges(parts, start, until, end === undefined);
    const last = turnEnd(parts.slice(start, end), spent, end === undefined);
    // What a turn that told nothing has cost would be counted as the next one's.
    spent = totalOf(parts[start]);
    // One that may not have finished asks first, and leads to what it changed.
    const below = isUncertain(parts[start]) ? [] : [changes, last].filter((item) => item !== undefined);
    if (below.length === 0) return;
    shown.push(...grouped(parts.slice(done, until), isOpen), ...below);
    done = until;
  });
  shown.push(...grouped(parts.slice(done), isOpen));
  return shown;
}

/** What was done before the answer: up to the last call or thought. Notes and open questions stay in sight. */
function stepsOf(turn: readonly Part[]): readonly Part[] {
  const firstOther = turn.findIndex(({ kind }) => !['thought', 'text', 'tool'].includes(kind));
  const plain = firstOther < 0 ? turn : turn.slice(0, firstOther);
  return plain.slice(0, plain.findLastIndex(({ kind }) => kind === 'thought' || kind === 'tool') + 1);
}

function foldOf(
  parts: readonly Part[],
  start: number,
  steps: readonly Part[],
  folding: Folding,
): TurnFold | undefined {
  const prompt = parts[start];
  const calls = steps.filter(({ kind }) => kind === 'tool').length;
  if (prompt?.kind !== 'prompt' || calls === 0 || steps.length < LEAST) return undefined;
  if (prompt.outcome === 'running' || prompt.outcome === 'uncertain' || steps.some(isAsked)) return undefined;
  const key = `turn:${prompt.key}`;
  const chosen = folding.isOpen(key);
  if (chosen === undefined && steps.some((step) => folding.isBeingRead(step.key))) return undefined;
  const ms = prompt.earlier ? undefined : (steps.at(-1)?.at ?? prompt.at) - prompt.at;
  return { kind: 'turn', key, isOpen: chosen === true, steps: calls, ms };
}

const totalOf = (part: Part | undefined): Cost | undefined =>
  part?.kind === 'prompt' ? part.total : undefined;

const isUncertain = (part: Part | undefined): boolean =>
  part?.kind === 'prompt' && part.outcome === 'uncertain';

/** A question that nobody has answered must be in sight, also one that a turn has not ended: it was asked before it began. */
export const isAsked = (part: Part): boolean =>
  part.kind === 'tool' && part.ask !== undefined && part.ask.verdict === undefined;

export function wordsOfTurn({ ms, steps }: TurnFold): string {
  if (ms === undefined || ms < 1000) return steps === 1 ? t('Worked, 1 step') : t('Worked, {0} steps', steps);
  return steps === 1
    ? t('Worked for {0}, 1 step', lasted(ms))
    : t('Worked for {0}, {1} steps', lasted(ms), steps);
}

/** The keys of all parts that stand open in the page, those in a group included. */
export const keysIn = (shown: readonly Shown[]): Set<string> =>
  new Set(
    shown.flatMap((item) => (item.kind === 'group' ? [...item.parts.map(({ key }) => key)] : [item.key])),
  );
