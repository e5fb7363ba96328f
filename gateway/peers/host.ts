// Which machine this is: a copy of a state folder on another one, or beside the first, must not be the same peer.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../wholeFile.ts';
import { VIRTUAL } from './addresses.ts';
import { identityFile } from './identity.ts';

/** The folder is another machine's, or a copy. The gateway does not start; its exit code says so. */
export class HostError extends Error {
  override name = 'HostError';
}

/** Hashes only: what they are made of is nobody's business. null: this machine does not tell. */
const Host = z.object({
  schema: z.literal(1),
  id: z.string().nullable(),
  mac: z.string().nullable(),
  folder: z.string(),
});
export type Host = z.infer<typeof Host>;

const fileOf = (home: string): string => path.join(home, 'host.json');

/** Remembers the machine at the first start; later throws HostError when it is another. */
export function checkHost(home: string, now = hostOf(home)): void {
  const text = readText(home);
  if (text === textOf(now)) return;
  const stored = text === undefined ? undefined : read(text);
  if (stored === 'newer') return;
  if (stored !== undefined) {
    const why = differenceOf(stored, now, isCopyOf(stored.folder, home));
    if (why !== undefined)
      throw new HostError(
        `${why} If both are in use, give this one an identity of its own: holdfast accept-host\n` +
          `If it was moved and the other is not used any more: holdfast accept-host --keep-identity`,
      );
  }
  keepHost(home, now);
}

/** Makes this the machine that the state folder belongs to, whatever was remembered before. */
export const keepHost = (home: string, host = hostOf(home)): void => writeWhole(fileOf(home), textOf(host));

/**
 * Why it is another machine; undefined: it is the same, as far as can be told. A machine that has another network card
 * is the same machine.
 */
export function differenceOf(stored: Host, now: Host, isCopy: boolean): string | undefined {
  if (isCopy) return `${now.folder} is a copy of ${stored.folder}, which is still there.`;
  const [before, after] = stored.id !== null && now.id !== null ? [stored.id, now.id] : [stored.mac, now.mac];
  if (before === null || after === null || before === after) return undefined;
  return `${now.folder} was made on another machine.`;
}

/** What tells this machine and folder from others. */
export const hostOf = (home: string): Host => ({
  schema: 1,
  id: hashOf(hostId()),
  mac: hashOf(stableMac(networkInterfaces())),
  folder: realpathSync(home),
});

/** The first address of a real network card: none that was made up (bit 1), and none of a container or virtual machine. */
export function stableMac(interfaces: ReturnType<typeof networkInterfaces>): string | undefined {
  return (
    Object.entries(interfaces)
      .filter(([name]) => !VIRTUAL.test(name))
      // Not by a locale: its rules take longer to load than all of this.
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, list = []]) => list)
      .filter(({ internal, mac }) => !internal && /[1-9a-f]/i.test(mac))
      .find(({ mac }) => (Number.parseInt(mac.slice(0, 2), 16) & 0x02) === 0)?.mac
  );
}

function hostId(): string | undefined {
  switch (process.platform) {
    case 'darwin':
      return ask('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], /"IOPlatformUUID" = "([^"]+)"/);
    case 'win32':
      return ask(
        path.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'reg.exe'),
        ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'],
        /MachineGuid\s+REG_SZ\s+(\S+)/,
      );
    default:
      return ['/etc/machine-id', '/var/lib/dbus/machine-id'].map(readId).find((id) => id !== undefined);
  }
}

function readId(file: string): string | undefined {
  try {
    return /^[0-9a-f]{32}$/.exec(readFileSync(file, 'utf8').trim())?.[0];
  } catch {
    return undefined;
  }
}

function ask(command: string, args: readonly string[], answer: RegExp): string | undefined {
  try {
    const said = execFileSync(command, args, { encoding: 'utf8', timeout: 3_000, windowsHide: true });
    return answer.exec(said)?.[1];
  } catch {
    return undefined;
  }
}

const hashOf = (text: string | undefined): string | null =>
  text === undefined ? null : createHash('sha256').update(`holdfast host\0${text}`).digest('hex');

const textOf = (host: Host): string => `${JSON.stringify(host)}\n`;

function readText(home: string): string | undefined {
  try {
    return readFileSync(fileOf(home), 'utf8');
  } catch {
    return undefined;
  }
}

/** What was remembered; newer: it was written by a later Holdfast, and is left alone. */
function read(text: string): Host | 'newer' | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const known = Host.safeParse(value);
    if (known.success) return known.data;
    return z.object({ schema: z.number().gt(1) }).safeParse(value).success ? 'newer' : undefined;
  } catch {
    return undefined;
  }
}

/** The folder that is remembered is still there, is another one than this, and both have the same key. */
function isCopyOf(folder: string, home: string): boolean {
  try {
    const [there, here] = [statSync(folder), statSync(home)];
    if (there.dev === here.dev && there.ino === here.ino) return false;
    const keys = [folder, home].map(identityFile);
    if (!keys.every((file) => existsSync(file))) return false;
    const [theirs, ours] = keys.map((file) => readFileSync(file, 'utf8'));
    return theirs === ours;
  } catch {
    return false;
  }
}
