// The gateway's own key: made when it is first needed, kept in a file that only its owner can read.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf, makeIdentity, type Identity } from './certificate.ts';

/** Where the key is. */
export const identityFile = (home: string): string => path.join(home, 'identity.pem');

/** Where the next key waits until it is written down which peers know it. */
const nextFile = (home: string): string => `${identityFile(home)}.next`;

/** undefined: none was made yet. Throws an error that says what to do when the file cannot be used. */
export function readIdentity(home: string): Identity | undefined {
  return readFrom(identityFile(home));
}

function readFrom(file: string): Identity | undefined {
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
  prepareIdentity(home, identity);
  useNextIdentity(home);
  return identity;
}

/** Writes the next identity down. It is on disk when this returns, and is used from `useNextIdentity` on. */
export function prepareIdentity(home: string, { privateKey, certificate }: Identity): void {
  const file = nextFile(home);
  rmSync(file, { force: true });
  const text = `${privateKey.trimEnd()}\n${certificate.trimEnd()}\n`;
  writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
}

/** Puts the identity that was prepared in the place of the one before. */
export const useNextIdentity = (home: string): void => renameSync(nextFile(home), identityFile(home));

/** After a start: a prepared identity is used if any peer knows this gateway by it, and is removed otherwise. */
export function recoverIdentity(home: string, isKnown: (fingerprint: string) => boolean): void {
  let next: Identity | undefined;
  try {
    next = readFrom(nextFile(home));
  } catch {
    // It was not written to its end, so nobody was told of it.
  }
  if (next !== undefined && isKnown(next.fingerprint)) useNextIdentity(home);
  else rmSync(nextFile(home), { force: true });
}

/** Takes the key away: the next one makes this gateway another peer. */
export function forgetIdentity(home: string): void {
  for (const file of [identityFile(home), nextFile(home)]) rmSync(file, { force: true });
}
