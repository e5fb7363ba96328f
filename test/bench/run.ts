// npm run bench: our gateway beside the least programs that do a part of the same, interleaved in one run.
// --area rpc|fanout|accept|replay|proc|panel|window|peer|mail|servers, --minutes 10 (of streaming into the panel), --only ws,net (contestants), --rounds 5, --quick, --calm <minutes>, --gateway <bundle>,
// --other <bundle>, --profile
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Area, Figures, Settings } from './area.ts';
import { areas } from './areas.ts';
import { Patience } from './calm.ts';
import type { Job } from './drive.ts';
import { machine } from './machine.ts';
import { sentence, table, verdicts, type Row } from './report.ts';

const root = path.resolve(import.meta.dirname, '../..');
const results = path.join(root, 'bench-results');
const RUN_MS = 120_000;

const { values: options } = parseArgs({
  options: {
    area: { type: 'string' },
    only: { type: 'string' },
    variant: { type: 'string' },
    rounds: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    calm: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
    gateway: { type: 'string', default: path.join(root, 'dist/gateway.cjs') },
    other: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const patience = new Patience(Number(options.calm));
const roundsOf = ({ rounds = 3 }: Area): number => Number(options.rounds ?? (options.quick ? 1 : rounds));

/** Progress, for whoever looks on. */
const show = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** One contestant, once, in a process of its own. undefined: it failed, or took too long. */
async function runOnce(job: Job): Promise<Figures | undefined> {
  const child = fork(path.join(import.meta.dirname, 'drive.ts'), [JSON.stringify(job)], {
    timeout: RUN_MS + job.settings.minutes * 60_000,
    // JSON knows no NaN.
    serialization: 'advanced',
  });
  const said = once(child, 'message');
  const ended = once(child, 'exit').then(() => undefined);
  const message = await Promise.race([said, ended]);
  await ended;
  const figures = z.tuple([z.record(z.string(), z.number().or(z.nan())), z.unknown()]).safeParse(message);
  if (!figures.success) return undefined;
  return { ...figures.data[0], load: loadavg()[0] ?? 0 };
}

/** Ours, and all others that are wanted and can be had; a line tells of those that cannot. */
async function contestantsOf(name: string, area: Area): Promise<string[]> {
  const only = options.only?.split(',');
  const [ours = 'gateway', ...others] = Object.keys(area.contestants);
  const chosen = [ours, ...(options.other === undefined ? [] : ['other'])];
  for (const key of others.filter((other) => only?.includes(other) ?? true)) {
    try {
      for (const provide of area.needs?.[key] ?? []) await provide();
      chosen.push(key);
    } catch (error) {
      console.log(`\n${name}: ${key} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return chosen;
}

/** A B C A B C ...: what the machine does meanwhile meets all alike. */
async function interleave(
  name: string,
  contestants: readonly string[],
  rounds: number,
  variant: string,
  settings: Settings,
): Promise<Row[]> {
  const taken = new Map<string, Figures[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [contestant, figures] of taken) {
      show(`${name}, ${variant}: round ${round} of ${rounds}, ${contestant}`);
      await patience.waitForCalm();
      const found = await runOnce({ area: name, contestant, variant, settings });
      if (found !== undefined) figures.push(found);
      else {
        console.log(
          `\n${name}, ${variant}: no figures of ${contestant}; why is above. It is not tried again`,
        );
        process.exitCode = 1;
        taken.delete(contestant);
      }
    }
  }
  show('');
  return [...taken].map(([contestant, rounds]) => ({ area: name, variant, contestant, rounds }));
}

const folder = mkdtempSync(path.join(tmpdir(), 'hf-bench-'));
try {
  mkdirSync(results, { recursive: true });
  // Copies: a build in the middle of the run changes nothing.
  const copy = (bundle: string, name: string): string => {
    const { dir, base } = path.parse(path.resolve(bundle));
    mkdirSync(path.join(folder, name));
    // It may load others that stand beside it.
    for (const file of readdirSync(dir).filter((other) => other.endsWith('.cjs')))
      copyFileSync(path.join(dir, file), path.join(folder, name, file));
    return path.join(folder, name, base);
  };
  const bundles = {
    gateway: copy(options.gateway, 'gateway'),
    other: copy(options.other ?? options.gateway, 'other'),
  };
  const profiles = options.profile ? path.join(results, 'profiles') : undefined;
  const settings: Settings = { bundles, quick: options.quick, minutes: Number(options.minutes), profiles };
  const before = machine(root);
  const loads = loadavg();
  const rows: Row[] = [];
  const judged = [];
  for (const [name, area] of Object.entries(areas)) {
    if (options.area !== undefined && options.area !== name) continue;
    const contestants = await contestantsOf(name, area);
    const own: Row[] = [];
    for (const variant of area.variants) {
      if (options.variant !== undefined && options.variant !== variant) continue;
      const found = await interleave(name, contestants, roundsOf(area), variant, settings);
      own.push(...found);
      console.log(`\n### ${area.question}: ${variant} (rounds: ${roundsOf(area)})\n\n${table(area, found)}`);
    }
    rows.push(...own);
    judged.push(...verdicts(name, area, own));
  }
  console.log(`\n${judged.map(sentence).join('\n')}`);
  const load = (values: number[]): string => values.map((value) => value.toFixed(1)).join(' ');
  console.log(`\nload before ${load(loads)}, after ${load(loadavg())}`);
  const file = path.join(results, `${before.startedAt.replaceAll(':', '')}.json`);
  const report = {
    ...before,
    quick: options.quick,
    loadBefore: loads,
    loadAfter: loadavg(),
    verdicts: judged,
    rows,
  };
  writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`);
  console.log(path.relative(process.cwd(), file));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
