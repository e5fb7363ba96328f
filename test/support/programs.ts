// Programs of the system that tests need: there already, or installed where we may.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Makes sure that a program can be run; on a bare Debian as root, as in CI, by installing it. */
export function need(program: 'python3' | 'curl'): void {
  if (isThere(program)) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]): unknown =>
      // Another test file may be installing something just now.
      execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' });
    apt('update');
    apt('install', '-y', '--no-install-recommends', program);
  }
  if (!isThere(program)) throw new Error(`This test needs ${program}. Install it, then run the tests again.`);
}

const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
