// Names of files in what an agent writes, with the line that they mean: what a click can open.

export interface FileName {
  readonly path: string;
  /** Counts from 1. */
  readonly line: string;
}

const DRIVE = String.raw`(?:[a-z]:(?=[\\/]))?`;
/** `:12`, `:12:3`, `:12-20`, `#L12`, `#L12-L20`: nothing behind a file is only looked at from its first line on. */
const LINE = String.raw`(?::(\d{1,9})(?:[:-]\d+)*|#L(\d{1,9})(?:[-C:]+L?\d+)*)?`;

/** What a link leads to, when that is no address. Two slashes, or a backslash, lead to another machine. */
const LINKED = new RegExp(String.raw`^(?!//|\\)(${DRIVE}[^:#?*<>|"\n]{1,1000}?)${LINE}$`, 'i');
/** What stands as code, and cannot well be anything else: a folder or a line goes with it. */
const WRITTEN = new RegExp(
  String.raw`^(?=.*[\\/]|.*[:#]L?\d)(?!//|\\)(${DRIVE}[\p{L}\p{N}_.~+@()[\]\\/-]{0,1000}\.[a-z]\w{0,9})${LINE}$`,
  'iu',
);

const find = (pattern: RegExp, text: string): FileName | undefined => {
  const [, path, line, hashLine] = pattern.exec(text) ?? [];
  return path === undefined ? undefined : { path, line: line ?? hashLine ?? '' };
};

export const linkedFile = (url: string): FileName | undefined => {
  try {
    return find(LINKED, decodeURIComponent(url));
  } catch {
    return find(LINKED, url);
  }
};

export const writtenFile = (code: string): FileName | undefined => find(WRITTEN, code);
