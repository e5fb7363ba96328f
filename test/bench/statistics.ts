// Figures about figures: medians, percentiles, and the one clock that all processes of a machine share.

/** Microseconds of CLOCK_MONOTONIC: a stamp made in one process can be read in another. */
export const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

/** NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of the rounds that have a figure; NaN when none has. */
export function summarise(values: readonly number[]): Summary {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}
