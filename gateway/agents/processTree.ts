// Which processes belong to an agent, and how to end all of them without ever hitting a stranger.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Tells this process from a later one with the same pid, also after a reboot. */
  readonly startTime: string;
}

/** A process and when it started: what a pid alone does not say, because pids are used again. */
export type Member = Pick<Row, 'pid' | 'startTime'>;

/** How long an agent has between SIGTERM and SIGKILL: the slowest seen to end cleanly needs 2.2 s. */
export const TERM_GRACE_MS = 5_000;

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'boot';
  }
};

/** One line of /proc/<pid>/stat. The program's name, in brackets, may hold spaces and brackets itself. */
const parseStat = (stat: string, boot: string): Row | undefined => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, parent, group, session] = fields;
  const ticks = fields[19];
  // A zombie runs nothing and holds nothing: it only waits to be read by its parent.
  if (fields[0] === 'Z' || ticks === undefined) return undefined;
  return {
    pid: Number.parseInt(stat, 10),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime: `${boot}/${ticks}`,
  };
};

const linuxRow = (pid: string | number, boot: string): Row | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), boot);
  } catch {
    return undefined; // It has ended since the folder was listed.
  }
};

const psRows = (select: readonly string[]): Row[] => {
  let out: string;
  try {
    // The same moment must read the same after the clocks were put forward, and in a gateway of another language.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    out = execFileSync('ps', [...select, '-o', 'pid=,ppid=,pgid=,lstart='], { encoding: 'utf8', env });
  } catch {
    return []; // ps answers 1 when it finds nothing.
  }
  return out.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.+)$/.exec(line);
    if (match === null) return [];
    const [, pid, parent, group, startTime = ''] = match;
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        startTime: startTime.trim(),
      },
    ];
  });
};

const allRows = (): Row[] => {
  if (process.platform !== 'linux') return psRows(['-A']);
  const boot = bootId();
  return processNames().flatMap((name) => linuxRow(name, boot) ?? []);
};

const processNames = (): string[] => {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // Out of file descriptors: then the group, which needs none, is all that can be signalled.
  }
};

/** When a process started; undefined when there is none. Store it beside the pid. */
export const startTime = (pid: number): string | undefined =>
  process.platform === 'linux'
    ? linuxRow(pid, bootId())?.startTime
    : psRows(['-p', String(pid)])[0]?.startTime;

/**
 * The process, its group, its session, and all descendants of these. Agents put the commands they run into groups of
 * their own, which a signal to the agent's group does not reach. What has left group, session and parents on purpose
 * (a daemon that somebody asked the agent to start) is not the agent's any more, and stays. `started` is the leader's
 * start time: when its pid has passed to another process, the family is gone.
 */
export const family = (leader: number, started: string): Member[] => familyIn(allRows(), leader, started);

const familyIn = (rows: readonly Row[], leader: number, started: string): Member[] => {
  if (rows.some((row) => row.pid === leader && row.startTime !== started)) return [];
  const members = new Map<number, Row>();
  const add = (row: Row): void => {
    if (members.has(row.pid) || row.pid === process.pid) return;
    members.set(row.pid, row);
    for (const child of rows) if (child.parent === row.pid) add(child);
  };
  for (const row of rows) {
    if (row.pid === leader || row.group === leader || row.session === leader) add(row);
  }
  return [...members.values()];
};

/** A variable that every process of an agent inherits: it tells them from strangers when their parents are gone. */
export const MARK = 'HOLDFAST_AGENT';

/** The mark of a process; undefined where there is none, or where the system does not tell. */
const markOf = (pid: number): string | undefined => {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((one) => one.startsWith(`${MARK}=`))?.slice(MARK.length + 1);
  } catch {
    return undefined; // It has ended, or is somebody else's.
  }
};

/** Now, in the ticks since boot by which Linux dates its processes. */
export const ticksNow = (): number => {
  try {
    return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * TICKS_PER_SECOND;
  } catch {
    return Infinity; // Where nobody can say what began when, nothing began since.
  }
};

/** Ticks per second: Linux shows programs 100 on every machine, whatever the kernel itself counts in. */
const TICKS_PER_SECOND = 100;

/** The processes with this mark that started since then, in whatever session: commands of an agent can outlive it in sessions of their own. */
export const markedSince = (mark: string, since: number): Member[] => {
  if (process.platform !== 'linux') return [];
  return allRows().filter(
    ({ pid, startTime: started }) =>
      Number(started.split('/').at(-1)) >= Math.floor(since) && markOf(pid) === mark,
  );
};

/**
 * What a leader that has ended has left in its group and session. Only processes with a mark count: the pid, which names group
 * and session, may have passed to a stranger.
 */
const orphans = (leader: number): Member[] =>
  process.platform === 'linux' ? family(leader, '').filter(({ pid }) => markOf(pid) !== undefined) : [];

/** Sends a signal to each of these, unless its pid has passed to another process. */
export const signalAll = (members: readonly Member[], signal: NodeJS.Signals): void => {
  for (const member of members) {
    if (startTime(member.pid) !== member.startTime) continue;
    try {
      process.kill(member.pid, signal);
    } catch {
      // Ended between the two lines, or no longer ours to signal: nothing is left to do either way.
    }
  }
};

const POLL_MS = 25;

/**
 * Ends what a gateway that died has left behind: SIGTERM, then SIGKILL. An agent may be gone while its children live.
 * Does nothing, and says false, when nothing of it is left, or when the pid belongs to another process by now.
 */
export const reap = async (pid: number, started: string, graceMs = TERM_GRACE_MS): Promise<boolean> => {
  const isGone = startTime(pid) === undefined;
  const members = isGone ? orphans(pid) : family(pid, started);
  if (members.length === 0) return false;
  signalAll(members, 'SIGTERM');
  const alive = (): boolean => members.some((member) => startTime(member.pid) === member.startTime);
  // There is no event for the end of a process that is not our child.
  for (let waited = 0; alive() && waited < graceMs; waited += POLL_MS) await delay(POLL_MS);
  signalAll([...members, ...(isGone ? orphans(pid) : family(pid, started))], 'SIGKILL');
  return true;
};

/** Bytes in memory of each of these processes with its family; none where the system does not tell, or it has ended. */
export const residentBytes = (leaders: readonly number[]): ReadonlyMap<number, number> => {
  // All processes of the machine are read once, however many leaders there are.
  const rows = process.platform === 'linux' && leaders.length > 0 ? allRows() : [];
  const started = new Map(rows.map((row) => [row.pid, row.startTime]));
  return new Map(
    leaders.flatMap((leader) => {
      const since = started.get(leader);
      if (since === undefined) return [];
      const members = familyIn(rows, leader, since);
      return [[leader, members.reduce((sum, { pid }) => sum + residentBytesOf(pid), 0)]];
    }),
  );
};

const residentBytesOf = (pid: number): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It has ended meanwhile: it holds nothing.
  }
};
