// Counts what the gateway does, for a Prometheus that may ask one day: its library is loaded when it does.
import type { Registry } from 'prom-client';
import type { Counted } from './prometheus.ts';
import type { Committed, Store } from './store/store.ts';

export interface Metrics {
  /** Counts what a commit wrote. */
  count(committed: Committed): void;
  /** Prometheus' text form. */
  text(): Promise<string>;
}

/** Counts from now on. */
export function metricsOf(store: Store, clients: () => number): Metrics {
  const counted: Counted = { events: 0, commits: 0 };
  let registry: Promise<Registry> | undefined;
  return {
    count({ batches }) {
      if (!batches.some(({ texts }) => texts.length > 0)) return;
      counted.commits += 1;
      for (const { texts } of batches) counted.events += texts.length;
    },
    async text() {
      registry ??= import('./prometheus.ts').then(({ registryOf }) => registryOf(store, clients, counted));
      return (await registry).metrics();
    },
  };
}
