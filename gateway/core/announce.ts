// Which window tells of an open question: exactly one, where somebody is. Pure.
import type { WindowState, Session } from '../protocol/index.ts';

/** A window, as one compares it with others. */
export interface Window {
  readonly presence: WindowState;
  /** When it was last in front, as a number that grows. */
  readonly seen: number;
}

/**
 * The window that has the session's folder before one that has not, then the one in front, then the one that tells
 * already, then the one that was in front last. Undefined: somebody looks at the session, so nobody needs to be told.
 */
export function elect<W extends Window>(
  windows: readonly W[],
  { sessionId, path }: Pick<Session, 'sessionId' | 'path'>,
  telling: W | undefined,
): W | undefined {
  const looksAtIt = ({ presence }: W): boolean => presence.focused && presence.showing.includes(sessionId);
  if (windows.some(looksAtIt)) return undefined;
  const rank = (window: W): readonly number[] => [
    Number(window.presence.folders.some((folder) => isInside(path, folder))),
    Number(window.presence.focused),
    Number(window === telling),
    window.seen,
  ];
  return windows
    .filter(({ presence }) => presence.notifies)
    .toSorted((a, b) => compare(rank(b), rank(a)))
    .at(0);
}

const isInside = (path: string, folder: string): boolean =>
  path === folder ||
  path.startsWith(/[\\/]$/.test(folder) ? folder : `${folder}${folder.includes('\\') ? '\\' : '/'}`);

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
