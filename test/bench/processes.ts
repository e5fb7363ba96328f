// Server processes of a measurement: started until they are ready, ended with their handle, asked for the CPU they used.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const READY_MS = 20_000;
const STOP_MS = 5_000;
/** A socket is there a moment before it is listened on: who looks more often finds it too early. */
const POLL_MS = 10;

/** Whatever goes wrong in a measurement, its servers end with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Started extends AsyncDisposable {
  readonly pid: number;
}

/** Runs Node with these arguments; resolves when `isReady` first says so. */
export const startNode = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  isReady: () => boolean,
  pollMs = POLL_MS,
): Promise<Started> => startProgram(process.execPath, args, env, isReady, undefined, pollMs);

export async function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  isReady: () => boolean,
  cwd?: string,
  pollMs = POLL_MS,
): Promise<Started> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  await once(child, 'spawn');
  const deadline = performance.now() + READY_MS;
  while (!isReady()) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`did not get ready: ${program} ${args.join(' ')}`);
    }
    await delay(pollMs);
  }
  return {
    pid: child.pid ?? -1, // It has spawned, so it has one.
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

const TICKS_PER_SECOND = 100;

/** User and system time of a process so far, in microseconds; NaN where there is no /proc. */
export function cpuMicroseconds(pid: number): number {
  try {
    // The name, in brackets, may contain anything: fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

export interface Memory {
  readonly rss: number;
  /** Pages that several processes share are divided among them. */
  readonly pss: number;
}

/** In MB; NaN where there is no /proc. */
export function memoryOf(pid: number): Memory {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const read = (name: string): number =>
      Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
    return { rss: read('Rss'), pss: read('Pss') };
  } catch {
    return { rss: Number.NaN, pss: Number.NaN };
  }
}

/** RSS of a process and all that it has started, in MB. */
export function treeMemory(pid: number): number {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + treeMemory(child), memoryOf(pid).rss || 0);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

/** Flushes that all disks of this machine have made so far, whoever asked for them; NaN where nobody counts them. */
export function diskFlushes(): number {
  try {
    const lines = readFileSync('/proc/diskstats', 'utf8').trim().split('\n');
    return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[18]), 0);
  } catch {
    return Number.NaN;
  }
}
