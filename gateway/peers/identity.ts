// The gateway's own key: made when it is first needed, kept in a file that only its owner can read.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf, makeIdentity, type Identity } from './certificate.ts';

/** Where the key is. */
export const identityFile = (home: string): string => path.join(home, 'identity.pem');

/** undefined: none was made yet. Throws an error that says what to do when the file cannot be used. */
export function readIdentity(home: string): Identity | undefined {
  const file = identityFile(home);
  if (!existsSync(file)) return undefined;
  const [key, certificate] =
    readFileSync(file, 'utf8').match(/-----BEGIN [^]*?-----END [^-]*-----\n?/g) ?? [];
  try {
    return identityOf(key ?? '', certificate ?? '');
  } catch (cause) {
    throw new Error(
      `${file} is damaged. Bring it back from a copy; or make a new identity and join the peers again: holdfast accept-host`,
      { cause },
    );
  }
}

/** Makes an identity and keeps it. */
export function newIdentity(home: string): Identity {
  const identity = makeIdentity();
  keepIdentity(home, identity);
  return identity;
}

/** Written whole or not at all, and on disk when this returns. */
export function keepIdentity(home: string, { privateKey, certificate }: Identity): void {
  const file = identityFile(home);
  const temporary = `${file}.${process.pid}`;
  rmSync(temporary, { force: true });
  const text = `${privateKey.trimEnd()}\n${certificate.trimEnd()}\n`;
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(temporary, file);
}

/** Takes the key away: the next one makes this gateway another peer. */
export const forgetIdentity = (home: string): void => rmSync(identityFile(home), { force: true });
