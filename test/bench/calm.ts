// Waits for a moment in which nobody else uses the machine, as long as there is patience left.
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const SAMPLE_MS = 250;
/** Of all cores together. */
const CALM = 0.85;

export class Patience {
  #leftMs: number;

  constructor(minutes: number) {
    this.#leftMs = minutes * 60_000;
  }

  async waitForCalm(): Promise<void> {
    while (this.#leftMs > 0) {
      const before = idleAndAll();
      await delay(SAMPLE_MS);
      const after = idleAndAll();
      if ((after.idle - before.idle) / (after.all - before.all) >= CALM) return;
      this.#leftMs -= SAMPLE_MS;
    }
  }
}

function idleAndAll(): { idle: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const all = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.irq + time.idle, 0);
  return { idle, all };
}
