// Where a gateway keeps its things, and where its socket is: the same answer for the gateway and for its clients.
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** A longer path would be cut off silently, or refused, by the system (104 bytes on macOS, 108 on Linux). */
export const MAX_SOCKET_PATH = 90;

type Env = Readonly<Record<string, string | undefined>>;

/** The state folder: database, logs, gateway.json. */
export function stateFolder(env: Env = process.env): string {
  if (env['HOLDFAST_HOME']) return path.resolve(env['HOLDFAST_HOME']);
  const state = xdgFolder(env, 'XDG_STATE_HOME');
  if (state !== undefined) return path.join(state, 'holdfast');
  if (process.platform === 'darwin')
    return path.join(homedir(), 'Library', 'Application Support', 'Holdfast');
  if (process.platform === 'win32') return path.join(env['LOCALAPPDATA'] || homedir(), 'Holdfast');
  return path.join(homedir(), '.local', 'state', 'holdfast');
}

/** The configuration file. It need not exist. */
export function configFile(env: Env = process.env): string {
  if (env['HOLDFAST_HOME']) return path.join(path.resolve(env['HOLDFAST_HOME']), 'config.json');
  const folder = xdgFolder(env, 'XDG_CONFIG_HOME') ?? path.join(homedir(), '.config');
  return path.join(folder, 'holdfast', 'config.json');
}

/** One that is empty or relative does not count, as the XDG specification has it. */
function xdgFolder(
  env: Env,
  name: 'XDG_STATE_HOME' | 'XDG_CONFIG_HOME' | 'XDG_RUNTIME_DIR',
): string | undefined {
  const folder = env[name];
  return folder !== undefined && path.isAbsolute(folder) ? folder : undefined;
}

/**
 * The socket's path. One that would be too long moves to a short folder named after the state folder. Windows has
 * named pipes instead of files.
 */
export function socketPath(home: string, env: Env = process.env): string {
  if (process.platform === 'win32') return `${PIPE}${shortNameOf(home)}`;
  return shortEnough(socketFolders(home, env).map((folder) => path.join(folder, 'gateway.sock')));
}

/** Where the sockets of mailboxes are: nearly always the first of them, whose list is the list of all. */
export const mailboxFolders = (home: string, env: Env = process.env): string[] =>
  socketFolders(home, env).map((folder) => path.join(folder, 'mailboxes'));

/**
 * What is in a folder of mailboxes' sockets. undefined where that, or the folder that it is in, is none, a link to one, or
 * somebody else's: one of them is where everybody can write, and what a link leads to is not ours to tidy up.
 */
export const socketsIn = (folder: string): string[] | undefined =>
  [path.dirname(folder), folder].every(isOwnFolder) ? readdirSync(folder) : undefined;

function isOwnFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (process.platform === 'win32' || found.uid === process.getuid?.());
}

/** The socket of a mailbox. A name that is too long even for a short folder is told by its digest, never cut off. */
export function mailboxSocketPath(home: string, name: string, env: Env = process.env): string {
  if (process.platform === 'win32') return `${PIPE}${shortNameOf(home)}-${name}`;
  const folders = mailboxFolders(home, env);
  return shortEnough(
    [name, shortNameOf(name)].flatMap((stem) => folders.map((folder) => path.join(folder, `${stem}.sock`))),
  );
}

const PIPE = '\\\\.\\pipe\\holdfast-';

/** The best path of these that the system takes. */
function shortEnough(sockets: readonly string[]): string {
  const found = sockets.find((socket) => Buffer.byteLength(socket) <= MAX_SOCKET_PATH);
  if (found !== undefined) return found;
  throw new Error('No folder is short enough for a socket. Set XDG_RUNTIME_DIR or TMPDIR to a shorter path.');
}

const shortNameOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The best first. The later ones are short, and named after the state folder. */
function socketFolders(home: string, env: Env): string[] {
  const name = shortNameOf(home);
  const runtime = xdgFolder(env, 'XDG_RUNTIME_DIR');
  return [
    env['HOLDFAST_HOME'] || runtime === undefined ? path.join(home, 'run') : path.join(runtime, 'holdfast'),
    ...(runtime === undefined ? [] : [path.join(runtime, `holdfast-${name}`)]),
    path.join(tmpdir(), `holdfast-${userInfo().uid}-${name}`),
  ];
}

/** A folder that is to hold the state and cannot. It has no name of its own: what it says is for people. */
export class UnfitFolderError extends Error {}

/**
 * Makes a folder that only its owner can enter, or says why the one that is there is not to be trusted: where others may
 * write, something may wait already. Where they may only look, as into what a plain mkdir makes, they no longer may.
 */
export function makePrivateFolder(folder: string): void {
  mustBeWritable(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const found = lstatSync(folder);
  if (!found.isDirectory())
    throw new UnfitFolderError(`${folder} is not a folder. Move it away, or set HOLDFAST_HOME.`);
  if (process.platform === 'win32') return;
  if (found.uid !== process.getuid?.()) {
    throw new UnfitFolderError(`${folder} belongs to another user. Move it away, or set HOLDFAST_HOME.`);
  }
  if ((found.mode & 0o022) !== 0) {
    throw new UnfitFolderError(`${folder} is open to other users. Run: chmod 700 '${folder}'`);
  }
  if ((found.mode & 0o055) !== 0) mustBeWritable(folder, () => chmodSync(folder, 0o700));
  mustBeWritable(folder, () => accessSync(folder, constants.W_OK));
}

function mustBeWritable(folder: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // Something else has the name: what it is, and what to do, is said by who looks.
    if (code === 'EEXIST') return;
    // What mkdir says below a read-only folder is ENOENT.
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(code)) throw error;
    throw new UnfitFolderError(`${folder} cannot be written to (${code}). Mend that, or set HOLDFAST_HOME.`, {
      cause: error,
    });
  }
}
