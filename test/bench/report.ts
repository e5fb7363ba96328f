// What all rounds say together, as a table for people and as JSON for programs.
import type { Area, Figures, Target } from './area.ts';
import { summarise, type Summary } from './statistics.ts';

/** All rounds of one contestant in one variant. */
export interface Row {
  readonly area: string;
  readonly variant: string;
  readonly contestant: string;
  readonly rounds: readonly Figures[];
}

export interface Verdict extends Target {
  readonly area: string;
  readonly value: Summary;
  readonly isMet: boolean;
}

const valuesOf = ({ rounds }: Row, metric: string): number[] =>
  rounds.map((figures) => figures[metric] ?? Number.NaN);

/** Our figure over theirs, round by round: neighbours in time have met the same machine. */
function ratio(ours: Row, theirs: Row, metric: string): Summary {
  const others = valuesOf(theirs, metric);
  return summarise(valuesOf(ours, metric).map((value, round) => value / (others[round] ?? Number.NaN)));
}

export function verdicts(name: string, area: Area, rows: readonly Row[]): Verdict[] {
  return area.targets.flatMap((target) => {
    const find = (contestant: string): Row | undefined =>
      rows.find((row) => row.variant === target.variant && row.contestant === contestant);
    const ours = find('gateway');
    const theirs = target.against === undefined ? ours : find(target.against);
    if (ours === undefined || theirs === undefined) return [];
    const value =
      target.against === undefined
        ? summarise(valuesOf(ours, target.metric))
        : ratio(ours, theirs, target.metric);
    // They have no such figure, or were left out.
    if (theirs !== ours && valuesOf(theirs, target.metric).every(Number.isNaN)) return [];
    const { atMost = Number.POSITIVE_INFINITY, atLeast = 0 } = target;
    return [{ ...target, area: name, value, isMet: value.median <= atMost && value.median >= atLeast }];
  });
}

const digits = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

/** A figure that there is not is a dash. */
const cell = ({ median, min, max }: Summary): string =>
  Number.isNaN(median) ? '-' : `${digits(median)} [${digits(min)}..${digits(max)}]`;

/** One Markdown table: median [min..max], and ours as a multiple of theirs. */
export function table(area: Area, rows: readonly Row[]): string {
  const [first] = Object.keys(area.contestants);
  const ours = rows.find(({ contestant }) => contestant === first);
  const metrics = area.metrics.filter(
    ({ key }) => ours !== undefined && valuesOf(ours, key).some(Number.isFinite),
  );
  const lines = rows.map((row) => {
    const cells = metrics.map(({ key }) => {
      const times = ours === undefined || row === ours ? Number.NaN : ratio(ours, row, key).median;
      const multiple = Number.isNaN(times) ? '' : `, ours x${digits(times)}`;
      return cell(summarise(valuesOf(row, key))) + multiple;
    });
    return `| ${[area.contestants[row.contestant] ?? row.contestant, ...cells].join(' | ')} |`;
  });
  const head = ['', ...metrics.map(({ title }) => title)];
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...lines].join('\n');
}

export function sentence({ area, variant, metric, against, atMost, atLeast, value, isMet }: Verdict): string {
  const limit = atMost === undefined ? `at least ${digits(atLeast ?? 0)}` : `at most ${digits(atMost)}`;
  const what = against === undefined ? cell(value) : `${cell(value)} of ${against}`;
  return `${isMet ? 'met   ' : 'MISSED'} ${area}, ${variant}, ${metric}: ${what} (${limit})`;
}
