// NATS JetStream as Debian ships it, on TCP loopback (it has no other socket). Only from 2.10 on can it be told to sync
// before it acknowledges; where the system's is older, that of a newer Debian is fetched.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startProgram, type Started } from '../processes.ts';
import { cached, program, run, type Need } from '../provide.ts';

/** What an acknowledgement follows: a sync, or a write that is synced within 2 minutes, as is its default. */
export type Durability = 'synced' | 'written';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** The first Debian with a NATS that can be told to sync. */
const SUITE = 'trixie';

const installed = program('nats-server');

/** 2.10 or newer. */
export const syncingNats: Need = async () => {
  const own = await installed().catch(() => undefined);
  if (own !== undefined && (await canSync(own))) return own;
  const folder = await cached(`nats-server-${SUITE}`, fetchNats).catch((error: unknown) => {
    throw new Error(`nats-server 2.10 or newer is not installed, and apt has none: ${firstLine(error)}`);
  });
  return path.join(folder, 'usr/sbin/nats-server');
};

/** The same where it can be had, so that its rows differ in nothing else; or whatever is installed. */
export const anyNats: Need = () => syncingNats().catch(installed);

async function canSync(server: string): Promise<boolean> {
  const { stdout } = await run(server, ['--version']);
  const [major = 0, minor = 0] = stdout.replace(/^\D+/, '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

/** With an apt of its own, from wherever the system's apt gets its packages. What is installed stays as it is. */
async function fetchNats(folder: string): Promise<void> {
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  // Beside the release itself there are its updates, "release-updates", which may have a home of their own.
  const mirror = /^[^- ]+ (\S+)$/m.exec(stdout)?.[1];
  if (mirror === undefined) throw new Error('apt names no mirror');
  const apt = path.join(folder, 'apt');
  await mkdir(path.join(apt, 'lists/partial'), { recursive: true });
  await mkdir(path.join(apt, 'cache/archives/partial'), { recursive: true });
  await writeFile(path.join(apt, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror} ${SUITE} main\n`);
  const options = [
    `Dir::State::lists=${apt}/lists`,
    `Dir::Cache=${apt}/cache`,
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Acquire::Languages=none',
    // Its own user may not write here.
    `APT::Sandbox::User=${process.env['USER'] ?? 'root'}`,
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update'], { cwd: folder, timeout: 120_000 });
  await run('apt-get', [...options, 'download', 'nats-server'], { cwd: folder, timeout: 120_000 });
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
  await run('dpkg-deb', ['-x', archive ?? 'nats-server.deb', '.'], { cwd: folder });
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

export interface NatsServer extends Started {
  readonly port: number;
}

export async function startNatsServer(folder: string, durability: Durability): Promise<NatsServer> {
  const config = path.join(folder, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:-1"
ports_file_dir: "${folder}"
log_file: "${folder}/nats.log"
jetstream { store_dir: "${folder}/jetstream"${durability === 'synced' ? ', sync_interval: always' : ''} }
`,
  );
  const port = (): number => {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const text = file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8');
    return Number(/nats:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? 0);
  };
  const server = await (durability === 'synced' ? syncingNats() : anyNats());
  const started = await startProgram(server, ['-c', config], {}, () => port() > 0);
  return Object.assign(started, { port: port() });
}
