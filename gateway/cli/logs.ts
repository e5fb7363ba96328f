// logs: what the gateway has written down, readable; it rotates under us, so following looks at the name, not the file.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { isRecord } from '../language.ts';
import { stateFolder } from '../rpc/paths.ts';
import { harmless } from './plainText.ts';
import { UsageError, type Verb } from './verb.ts';

const LOOK_MS = 200;
const CHUNK = 64 * 1024;
const LINES = 200;

export const logVerbs: readonly Verb[] = [
  {
    name: 'logs',
    summary: 'Show what the gateway has logged',
    options: [
      ['-f, --follow', 'go on with what comes, until Ctrl-C'],
      ['-n, --lines <n>', `the last lines (${LINES})`],
    ],
    more: 'With --json the lines come as they are in the file.',
    async run(call) {
      const file = path.join(stateFolder(), 'gateway.log');
      const count = Number(call.option('lines') ?? LINES);
      if (!Number.isInteger(count) || count < 0) throw new UsageError('--lines is a whole number.');
      const show = (line: string): void => call.out.write(`${call.out.json ? line : readable(line)}\n`);
      const tail = new Tail(file);
      const lines = tail.read();
      if (lines === undefined && call.flag('follow') !== true) {
        throw new Error(`There is no log yet: ${file}. Start the gateway: holdfast up`);
      }
      for (const line of count === 0 ? [] : (lines ?? []).slice(-count)) show(line);
      if (call.flag('follow') !== true) return;
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
      while (!stop.signal.aborted) {
        for (const line of tail.read() ?? []) show(line);
        await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
      }
    },
  },
];

/** Reads on where it was. When the name stands for another file, or a shorter one, it begins anew. */
class Tail {
  readonly #file: string;
  #inode = 0;
  #at = 0;
  #rest = '';
  #decoder = new StringDecoder('utf8');

  constructor(file: string) {
    this.#file = file;
  }

  /** Whole lines since the last call; undefined when there is no file. */
  read(): string[] | undefined {
    const now = statSync(this.#file, { throwIfNoEntry: false });
    if (now === undefined) return undefined;
    if (now.ino !== this.#inode || now.size < this.#at) {
      this.#inode = now.ino;
      this.#at = 0;
      this.#rest = '';
      this.#decoder = new StringDecoder('utf8');
    }
    if (now.size === this.#at) return [];
    const lines = (this.#rest + this.#readOn()).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #readOn(): string {
    const descriptor = openSync(this.#file, 'r');
    try {
      let text = '';
      const chunk = Buffer.alloc(CHUNK);
      for (const end = fstatSync(descriptor).size; this.#at < end;) {
        const count = readSync(descriptor, chunk, 0, CHUNK, this.#at);
        if (count === 0) break;
        this.#at += count;
        text += this.#decoder.write(chunk.subarray(0, count));
      }
      return text;
    } finally {
      closeSync(descriptor);
    }
  }
}

const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** A line of pino's JSON for people: time, level, message, the rest; a stack on lines of its own. */
export function readable(line: string): string {
  const entry = parse(line);
  if (entry === undefined) return harmless(line);
  const { level, time, msg, err, ...rest } = entry;
  const details = Object.entries(rest).map(([name, value]) => `${name}=${word(value)}`);
  const head = [
    when(time),
    (LEVELS[Number(level)] ?? word(level)).padEnd(5),
    word(msg ?? ''),
    ...details,
  ].join('  ');
  if (!isRecord(err)) return harmless(err === undefined ? head : `${head}  err=${word(err)}`);
  const stack = word(err['stack'] ?? err['message'] ?? err);
  return harmless(`${head}\n${stack.replaceAll(/^/gm, '    ')}`);
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return isRecord(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

const word = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** The local time of day with its date: a log is often read a day later. */
function when(time: unknown): string {
  const at = new Date(typeof time === 'number' || typeof time === 'string' ? time : Number.NaN);
  if (Number.isNaN(at.getTime())) return word(time ?? '');
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
