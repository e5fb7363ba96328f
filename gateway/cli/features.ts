// What Holdfast needs of Node, found out by trying it: a version number promises nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as zlib from 'node:zlib';
import { messageOf } from '../language.ts';

/** Before this version SQLite may damage a WAL database that several connections checkpoint; ours has only one connection. */
const SOUND_SQLITE = '3.51.3';

export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly detail: string;
  /** What to do about it. */
  readonly mend?: string;
}

const UPDATE = 'Use Node 24 or newer: https://nodejs.org';

/** What of Node is needed, each tried. */
export function nodeFindings(): Finding[] {
  return [
    { name: 'Node', state: 'ok', detail: `${process.version} at ${process.execPath}` },
    attempt('SQLite', UPDATE, trySqlite),
    attempt('CRC-32', UPDATE, () => {
      if (zlib.crc32('123456789') !== 0xcbf43926) throw new Error('zlib.crc32 answers something else');
      return { name: 'CRC-32', state: 'ok', detail: 'checksums of events are right' };
    }),
  ];
}

function attempt(name: string, mend: string, find: () => Finding): Finding {
  try {
    return find();
  } catch (error) {
    const detail = messageOf(error);
    // The trial needs a temporary folder: without one it says nothing of Node.
    const isPlace = /ENOENT|EACCES|EROFS|ENOSPC|EDQUOT|disk is full/.test(detail);
    return {
      name,
      state: 'problem',
      detail,
      mend: isPlace ? `Make room in ${tmpdir()}, or set TMPDIR.` : mend,
    };
  }
}

/** The way the gateway opens its database, in a folder that is gone a moment later. */
function trySqlite(): Finding {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-doctor-'));
  try {
    const db = new DatabaseSync(path.join(folder, 'try.db'));
    try {
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      db.exec('CREATE VIRTUAL TABLE words USING fts5(text)');
      const mode = db.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
      if (mode !== 'wal') throw new Error(`SQLite writes its journal as ${String(mode)} here, not as WAL.`);
      return verdictOn(String(db.prepare('SELECT sqlite_version() AS v').get()?.['v']));
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a version of SQLite means for us. */
export function verdictOn(version: string): Finding {
  const works = `${version}, with WAL, exclusive locking and full text search`;
  if (compare(version, SOUND_SQLITE) >= 0) return { name: 'SQLite', state: 'ok', detail: works };
  return {
    name: 'SQLite',
    state: 'warning',
    detail: `${works}; before ${SOUND_SQLITE} it has a WAL bug that needs two connections, and Holdfast uses one`,
    mend: 'Nothing to do; a newer Node brings a newer SQLite.',
  };
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const [index, part] of (right ?? []).entries()) {
    const difference = (left?.[index] ?? 0) - part;
    if (difference !== 0) return difference;
  }
  return 0;
}
