// doctor: looks at everything that has to be right, and says how to mend what is not.
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { readConfig, type Config } from '../config.ts';
import { messageOf } from '../language.ts';
import { Problem, type Agent } from '../protocol/index.ts';
import { NoGatewayError, type GatewayClient } from '../rpc/connect.ts';
import { readDiscovery } from '../rpc/discovery.ts';
import { configFile, MAX_SOCKET_PATH, socketPath, stateFolder } from '../rpc/paths.ts';
import { VERSION } from '../version.ts';
import { dial, NotAuthorisedError } from './client.ts';
import { nodeFindings, type Finding } from './features.ts';
import { duration, megabytes, table } from './output.ts';
import { stateOf } from './peers.ts';
import type { Verb } from './verb.ts';

const LITTLE_SPACE = 500e6;
const NO_SPACE = 20e6;

export const doctorVerbs: readonly Verb[] = [
  {
    name: 'doctor',
    summary: 'Look whether everything is right, and say how to mend what is not',
    more: 'The exit code is 0 when nothing is broken; warnings do not count.',
    async run({ out }) {
      const home = stateFolder();
      const findings = [
        ...nodeFindings(),
        ...folderFindings(home),
        socketFinding(home),
        configFinding(),
        ...(await gatewayFindings(home)),
        ...staleFindings(home),
      ];
      const ok = findings.every(({ state }) => state !== 'problem');
      out.answer({ ok, findings }, lines(findings));
      return ok ? 0 : 1;
    },
  },
];

const MARK = { ok: 'ok', warning: 'look', problem: 'MEND' } as const;

function lines(findings: readonly Finding[]): string[] {
  return table(
    findings.flatMap(({ name, state, detail, mend }) => [
      [MARK[state], name, detail],
      ...(mend === undefined ? [] : [['', '', `-> ${mend}`]]),
    ]),
  );
}

/** The folder itself, or the one above it that is there. */
const nearest = (folder: string): string => (existsSync(folder) ? folder : nearest(path.dirname(folder)));

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function folderFindings(home: string): Finding[] {
  const name = 'State folder';
  const found = lstatSync(home, { throwIfNoEntry: false });
  const wrong = (detail: string, mend: string): Finding => ({ name, state: 'problem', detail, mend });
  const sealed = (folder: string): Finding | undefined =>
    isWritable(folder)
      ? undefined
      : wrong(`${folder} cannot be written to`, 'Mend that, or set HOLDFAST_HOME.');
  if (found === undefined) {
    const made: Finding = { name, state: 'ok', detail: `${home} (made at the first start)` };
    return [sealed(nearest(path.dirname(home))) ?? made];
  }
  if (!found.isDirectory()) return [wrong(`${home} is not a folder`, 'Move it away, or set HOLDFAST_HOME.')];
  if (process.platform !== 'win32' && found.uid !== process.getuid?.())
    return [wrong(`${home} belongs to another user`, 'Set HOLDFAST_HOME to a folder of your own.')];
  const isOpen = process.platform !== 'win32' && (found.mode & 0o022) !== 0;
  return [
    isOpen
      ? wrong(`${home} is open to other users`, `Run: chmod 700 '${home}'`)
      : (sealed(home) ?? { name, state: 'ok', detail: home }),
    spaceFinding(home),
  ];
}

function spaceFinding(home: string): Finding {
  const { bavail, bsize } = statfsSync(home);
  const free = bavail * bsize;
  const detail = `${megabytes(free)} free`;
  if (free > LITTLE_SPACE) return { name: 'Disk', state: 'ok', detail };
  const state = free > NO_SPACE ? 'warning' : 'problem';
  return { name: 'Disk', state, detail, mend: 'Free some space: a full disk takes no prompts.' };
}

function socketFinding(home: string): Finding {
  try {
    const socket = socketPath(home);
    return { name: 'Socket', state: 'ok', detail: `${socket} (at most ${MAX_SOCKET_PATH} bytes)` };
  } catch (error) {
    const detail = messageOf(error);
    return { name: 'Socket', state: 'problem', detail, mend: 'Set HOLDFAST_HOME to a shorter path.' };
  }
}

/** Whether there is a configuration file, and whether it can be read. */
function configFinding(): Finding {
  const name = 'Configuration';
  const file = configFile();
  try {
    readConfig(file);
    return { name, state: 'ok', detail: existsSync(file) ? file : `none (${file})` };
  } catch (error) {
    const mend = 'holdfast config --schema says what may stand in it.';
    return { name, state: 'problem', detail: messageOf(error), mend };
  }
}

/** TCP that the configuration asks for, and that the gateway does not serve. */
export function tcpFindings(home: string): Finding[] {
  let wanted: Config['http'];
  try {
    wanted = readConfig(configFile()).http;
  } catch {
    // The finding about the configuration says what is wrong with it.
  }
  if (wanted === undefined || readDiscovery(home)?.http !== undefined) return [];
  return [
    {
      name: 'TCP',
      state: 'problem',
      detail: `port ${wanted.port} is not served; it is tried again by itself`,
      mend: 'holdfast logs says why. End the program that has the port; or choose another http.port, then holdfast down and up.',
    },
  ];
}

async function gatewayFindings(home: string): Promise<Finding[]> {
  const name = 'Gateway';
  try {
    await using client = await dial();
    return [
      await versionFinding(client),
      await databaseFinding(client),
      ...tcpFindings(home),
      ...(await peerFindings(client)),
      ...(await agentFindings(client)),
    ];
  } catch (error) {
    if (error instanceof NotAuthorisedError)
      return [{ name, state: 'problem', detail: error.message, mend: 'Set HOLDFAST_HOME.' }];
    // A gateway answered and refused, for example because the versions have nothing in common.
    if (error instanceof Problem)
      return [
        {
          name,
          state: 'problem',
          detail: error.message,
          mend: 'When no turn runs: holdfast down, update, then holdfast up',
        },
      ];
    if (!(error instanceof NoGatewayError)) throw error;
    // Somebody holds the folder but does not answer: connect says what to do in that case.
    const isSilent = !error.message.startsWith('No gateway runs');
    return isSilent
      ? [{ name, state: 'problem', detail: error.message, mend: 'Look into its log: holdfast logs' }]
      : [
          { name, state: 'warning', detail: 'does not run', mend: 'holdfast up' },
          { name: 'Database', state: 'ok', detail: 'is checked when the gateway starts' },
          ...lastStart(home),
        ];
  }
}

/** What a gateway said that could not start. */
function lastStart(home: string): Finding[] {
  const file = path.join(home, 'start.log');
  const said = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (said === '') return [];
  return [{ name: 'Last start', state: 'warning', detail: said.slice(0, 500), mend: `It is in ${file}.` }];
}

async function versionFinding(client: GatewayClient): Promise<Finding> {
  const { pid, version } = client.info;
  const { uptime } = await client.call('health.check', {});
  const detail = `answers (process ${pid}, version ${version}, up for ${duration(uptime)})`;
  if (version === VERSION) return { name: 'Gateway', state: 'ok', detail };
  return {
    name: 'Gateway',
    state: 'warning',
    detail: `${detail}; this program is ${VERSION}`,
    mend: 'When no turn runs: holdfast down, then holdfast up',
  };
}

/** Through the gateway, which holds the file: opening it here would drop its lock. */
async function databaseFinding(client: GatewayClient): Promise<Finding> {
  const { ok, sessions } = await client.call('health.check', {});
  const listed = await client.call('session.list', {});
  // Sessions of linked machines are in databases there.
  const read = listed.sessions.filter(({ peer }) => peer === undefined);
  const newest = read[0];
  if (newest !== undefined) await client.call('session.history', { sessionId: newest.sessionId, limit: 1 });
  return ok && sessions === read.length
    ? { name: 'Database', state: 'ok', detail: `reads (${sessions} sessions)` }
    : {
        name: 'Database',
        state: 'problem',
        detail: `the gateway counts ${sessions} sessions and lists ${read.length}`,
        mend: 'Look into its log: holdfast logs',
      };
}

async function peerFindings(client: GatewayClient): Promise<Finding[]> {
  const { peers, self } = await client.call('peers.list', {});
  const port = self.listening === null ? 'no port is open' : `peers may dial port ${self.listening}`;
  if (peers.length === 0) return [{ name: 'Peers', state: 'ok', detail: `none (${port})` }];
  return peers.map((peer): Finding => {
    const row = { name: `Peer ${peer.name}`, detail: stateOf(peer) };
    return peer.state === 'disconnected'
      ? {
          ...row,
          state: 'warning',
          mend: `It is dialled again by itself. Now: holdfast peers reconnect ${peer.name}`,
        }
      : { ...row, state: 'ok' };
  });
}

async function agentFindings(client: GatewayClient): Promise<Finding[]> {
  const { agents } = await client.call('agent.list', {});
  // What the registry has besides is a matter of taste, not of health.
  const ours = agents.filter(({ source, state }) => source !== 'registry' || state === 'installed');
  return ours.map(({ name, state, detail }: Agent): Finding => {
    const row = { name: `Agent ${name}` };
    if (state === 'installed') return { ...row, state: 'ok', detail };
    if (state === 'broken') return { ...row, state: 'warning', detail: 'is broken', mend: detail };
    return { ...row, state: 'ok', detail: `is not installed. ${detail}` };
  });
}

/** Files that a gateway left behind, and what to do with them. */
function staleFindings(home: string): Finding[] {
  const name = 'Old files';
  if (!statSync(home, { throwIfNoEntry: false })?.isDirectory()) return [];
  const found: Finding[] = [];
  const left = namesIn(home);
  const discovery = readDiscovery(home);
  if (discovery !== undefined && !isAlive(discovery.pid)) {
    const detail = `gateway.json is of process ${discovery.pid}, which is gone`;
    found.push({ name, state: 'warning', detail, mend: 'The next start replaces it: holdfast up' });
  }
  for (const file of left.filter(
    (one) => /^holdfast\.db\.corrupt-[^-]*(?:-[^-]+)*$/.test(one) && !/-(?:wal|shm)$/.test(one),
  )) {
    const detail = `${file}: a database that could not be read was set aside here`;
    found.push({
      name,
      state: 'warning',
      detail,
      mend: 'Keep it for a rescue, or delete it with its -wal and -shm.',
    });
  }
  const halves = left.filter(
    (one) => /^gateway\.json\.\d+$/.test(one) && !isAlive(Number(one.split('.').at(-1))),
  );
  if (halves.length > 0)
    found.push({
      name,
      state: 'warning',
      detail: `${halves.join(', ')}: never finished`,
      mend: 'Delete them.',
    });
  return found.length > 0 ? found : [{ name, state: 'ok', detail: 'none' }];
}

/** None where one may not look: the finding about the folder itself says so. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
