// What the command line prints: JSON for programs, plain aligned lines for people.
import { isRecord } from '../language.ts';
import { harmless, inertJson, oneLine } from './plainText.ts';

/** Where results go. Complaints go to standard error, see cli.ts. */
export interface Output {
  readonly json: boolean;
  /** The value for programs, or the lines for people. */
  answer(value: unknown, lines: string | readonly string[]): void;
  /** Text as it is, without an end of line. It must be harmless already. */
  write(text: string): void;
}

/** Writes to a stream, for programs or for people. */
export function outputTo(stream: NodeJS.WritableStream, json: boolean): Output {
  return {
    json,
    answer(value, lines) {
      const text = json ? inertJson(value) : [lines].flat().join('\n');
      if (text !== '') stream.write(`${text}\n`);
    },
    write: (text) => void stream.write(text),
  };
}

/** Rows with their columns aligned. Cells are made harmless; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => oneLine(cell)));
  const widths: number[] = [];
  for (const row of cells)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell));
  return cells.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - columnsOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

const CHARACTERS = new Intl.Segmenter();
/** What a terminal draws twice as wide; half-width forms of these scripts are not among it. */
const WIDE =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/** How many columns of a terminal a line takes. */
function columnsOf(line: string): number {
  if (/^[ -~]*$/.test(line)) return line.length;
  let columns = 0;
  for (const { segment } of CHARACTERS.segment(line)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** "now", "4m", "2h", "3d": how long ago, as the session tree says it. */
export function ago(at: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes}m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / 1440)}d`;
}

/** "1m 12s", "3h 5m". */
export function duration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  );
  if (days) return `${days}d ${hours}h`;
  if (hours) return `${hours}h ${minutes}m`;
  return minutes ? `${minutes}m ${Math.floor(seconds % 60)}s` : `${Math.floor(seconds)}s`;
}

/** "12 MB" */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Any answer of a method, readable without knowing the method. */
export function describe(value: unknown): string[] {
  if (Array.isArray(value)) return describeList(value);
  if (!isRecord(value)) return [harmless(scalar(value))];
  const rest = Object.entries(value).filter(([name, member]) => !(name === 'ok' && member === true));
  if (rest.length === 0) return ['Done.'];
  const [only] = rest;
  if (rest.length === 1 && only !== undefined && Array.isArray(only[1])) return describeList(only[1]);
  const lists = rest.filter(([, member]) => isListOfRecords(member));
  const plain = rest.filter(([, member]) => !isListOfRecords(member));
  return [
    ...table(plain.map(([name, member]) => [name, scalar(member)])),
    ...lists.flatMap(([name, member]) => ['', `${oneLine(name)}:`, ...describe(member)]),
  ];
}

function describeList(values: readonly unknown[]): string[] {
  if (values.length === 0) return ['None.'];
  const records = values.filter(isRecord);
  if (records.length < values.length) return values.map((value) => oneLine(scalar(value)));
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return table([
    names.map((name) => name.toUpperCase()),
    ...records.map((record) => names.map((name) => oneLine(scalar(record[name]), 60))),
  ]);
}

const scalar = (value: unknown): string => {
  if (value === undefined || value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const isListOfRecords = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRecord);
