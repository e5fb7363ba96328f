// What a part of the benchmark is: variants, contestants, and a way to measure one contestant in a fresh process.
import type { Need } from './provide.ts';

/** What a run was told on the command line, as far as a measurement needs it. */
export interface Settings {
  /** The built gateway, and another build of it to compare with. */
  readonly bundles: Readonly<Record<'gateway' | 'other', string>>;
  /** Short windows: to see that everything works, not to quote. */
  readonly quick: boolean;
  /** How long an agent streams into the panel. */
  readonly minutes: number;
  /** Where the gateway's CPU profiles go, if they are wanted. */
  readonly profiles: string | undefined;
}

/** The figures of one run of one contestant. */
export type Figures = Readonly<Record<string, number>>;

/** How another's server is spoken to: with the library that most use, or with a page of code of our own, which is faster. */
export type Speech = 'library' | 'page';

export interface Metric {
  readonly key: string;
  /** For the head of a column. */
  readonly title: string;
}

/** A promise about our figure as a multiple of another contestant's, or, without `against`, about the figure itself. */
export interface Target {
  readonly variant: string;
  readonly metric: string;
  readonly against?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Area {
  readonly question: string;
  readonly variants: readonly string[];
  /** How often each contestant is measured, if nobody says: once where a run takes a minute. */
  readonly rounds?: number;
  /** Ours comes first; what each of the others is, for people. */
  readonly contestants: Readonly<Record<string, string>>;
  /** What contestants need that may not be there: they are left out then. */
  readonly needs?: Readonly<Record<string, readonly Need[]>>;
  readonly metrics: readonly Metric[];
  readonly targets: readonly Target[];
  /** Runs one contestant once: starts its servers in a folder of its own, warms up, measures, ends all. */
  measure(contestant: string, variant: string, folder: string, settings: Settings): Promise<Figures>;
}
