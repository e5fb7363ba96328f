// One measured run in a fresh process: node drive.ts <job as JSON>. Sends its figures to the process that started it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { areas } from './areas.ts';
import type { Settings } from './area.ts';

export interface Job {
  readonly area: string;
  readonly contestant: string;
  readonly variant: string;
  readonly settings: Settings;
}

// Too late: what was started ends with this process.
process.on('SIGTERM', () => process.exit(1));

// Written by run.ts.
const { area, contestant, variant, settings } = JSON.parse(process.argv[2] ?? '') as Job;
const folder = mkdtempSync(path.join(tmpdir(), 'hf-bench-'));
try {
  const figures = await areas[area]?.measure(contestant, variant, folder, settings);
  process.send?.(figures);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.disconnect?.();
process.exit();
