// On what the figures were taken: without it nobody can compare them.
import { execFileSync } from 'node:child_process';
import { cpus, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly startedAt: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
}

export const machine = (root: string): Machine => ({
  startedAt: new Date().toISOString(),
  commit: commitOf(root),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.version,
  sqlite: process.versions['sqlite'] ?? 'unknown',
});

/** Of the checkout, with "+" where something is not committed. The bundle may be older. */
function commitOf(root: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty=+'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
