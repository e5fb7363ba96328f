// What a Prometheus reads of a gateway: how much it holds, how much it does, how it is.
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Store } from './store/store.ts';

/** Since the start. */
export interface Counted {
  events: number;
  commits: number;
}

/** All figures; those that change are read when somebody asks. */
export function registryOf(store: Store, clients: () => number, counted: Counted): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  counter('holdfast_events_total', 'Events written', () => counted.events);
  counter('holdfast_commits_total', 'Commits that wrote events', () => counted.commits);
  const byStatus = (name: string, help: string, read: () => Partial<Record<string, number>>): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['status'],
      registers,
      collect() {
        this.reset();
        for (const [status, count = 0] of Object.entries(read())) this.set({ status }, count);
      },
    });
  byStatus('holdfast_sessions', 'Sessions by status', () => store.sessions.countByStatus());
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const sum = (of: 'queued' | 'uncertain' | 'pendingPermissions'): number => store.sessions.totals()[of];
  gauge('holdfast_prompts_queued', 'Prompts that wait', () => sum('queued'));
  gauge('holdfast_prompts_uncertain', 'Prompts that wait for a decision after a crash', () =>
    sum('uncertain'),
  );
  gauge('holdfast_permissions_open', 'Questions of agents that wait for an answer', () =>
    sum('pendingPermissions'),
  );
  byStatus('holdfast_mail_outbox', 'Mail that is not over, by status', () => store.outbox.open());
  gauge('holdfast_mail_oldest_seconds', 'How long the oldest mail that waits has been waiting', () => {
    const oldest = store.outbox.oldest();
    return oldest === undefined ? 0 : Math.max(0, Date.now() - Date.parse(oldest)) / 1000;
  });
  gauge('holdfast_clients', 'Connected WebSocket clients', clients);
  return registry;
}
