// Runs a script with the code that was compiled when it ran before. Node's own cache has only what is compiled when a file
// is loaded; most functions are compiled when they are first called, which takes a third of a start.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { writeWhole } from './wholeFile.ts';

/** By then a start is long over. Making the code takes 50 ms in which nothing else goes on, once for each version. */
const SETTLED_MS = 30_000;
/** What nobody has made or used for so long is of a version that is gone. Whoever comes back to it compiles again. */
const FORGOTTEN_MS = 30 * 86_400_000;
/** Checksums of the script and of its code: V8 compares the lengths alone, and trusts what it is given. */
const HEAD_BYTES = 8;

/** The arguments of a CommonJS module. */
type Run = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

/** `kept` is where the code is, or will be, in a folder of such files. Nobody else may be able to write there. */
export function runCompiled(file: string, kept: string): void {
  const source = readFileSync(file);
  const cachedData = readCode(kept, source);
  const text = source.toString();
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {\n${text}\n})`, {
    filename: file,
    lineOffset: -1,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) keepSoon(script, source, kept);
  setTimeout(() => tidy(kept), SETTLED_MS).unref();
  const module = { exports: {} };
  // What the text above is.
  const run = script.runInThisContext() as Run;
  run(module.exports, createRequire(file), module, file, path.dirname(file));
}

function readCode(kept: string, source: Buffer): Buffer | undefined {
  try {
    const bytes = readFileSync(kept);
    const code = bytes.subarray(HEAD_BYTES);
    return bytes.subarray(0, HEAD_BYTES).equals(headOf(source, code)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function keepSoon(script: Script, source: Buffer, kept: string): void {
  let isKept = false;
  const keep = (): void => {
    if (isKept) return;
    isKept = true;
    try {
      const code = script.createCachedData();
      mkdirSync(path.dirname(kept), { recursive: true, mode: 0o700 });
      // Several may start at once.
      writeWhole(kept, Buffer.concat([headOf(source, code), code]));
    } catch {
      // A full disk: the next start compiles again.
    }
  };
  setTimeout(keep, SETTLED_MS).unref();
  process.once('exit', keep);
}

/** Removes what other versions have left in the folder. Those that run now, if any, have read theirs long ago. */
function tidy(kept: string): void {
  const now = Date.now();
  const folder = path.dirname(kept);
  quietly(() => utimesSync(kept, now / 1000, now / 1000));
  quietly(() => {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(folder, name);
      quietly(() => {
        const stat = statSync(file);
        if (now - stat.mtimeMs < FORGOTTEN_MS) return;
        // A folder that still holds something stays.
        if (stat.isDirectory()) rmdirSync(file);
        else rmSync(file);
      });
    }
  });
}

/** Nothing here is worth a gateway: what cannot be done now can be done after another start. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // As said.
  }
}

function headOf(source: Buffer, code: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(crc32(source), 0);
  head.writeUInt32LE(crc32(code), 4);
  return head;
}
