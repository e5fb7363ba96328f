// Runs a script with the code that was compiled when it ran before. Node's own cache has only what is compiled when a file
// is loaded; most functions are compiled when they are first called, which takes a third of a start.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** By then a start is long over. Making the code takes 50 ms in which nothing else goes on, once for each version. */
const SETTLED_MS = 30_000;
/** Checksums of the script and of its code: V8 compares the lengths alone, and trusts what it is given. */
const HEAD_BYTES = 8;

/** The arguments of a CommonJS module. */
type Run = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

/** `kept` is where the code is, or will be. Nobody else may be able to write there. */
export function runCompiled(file: string, kept: string): void {
  const source = readFileSync(file, 'utf8');
  const cachedData = readCode(kept, source);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {\n${source}\n})`, {
    filename: file,
    lineOffset: -1,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) keepSoon(script, source, kept);
  const module = { exports: {} };
  // What the text above is.
  const run = script.runInThisContext() as Run;
  run(module.exports, createRequire(file), module, file, path.dirname(file));
}

function readCode(kept: string, source: string): Buffer | undefined {
  try {
    const bytes = readFileSync(kept);
    const code = bytes.subarray(HEAD_BYTES);
    return bytes.subarray(0, HEAD_BYTES).equals(headOf(source, code)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function keepSoon(script: Script, source: string, kept: string): void {
  let isKept = false;
  const keep = (): void => {
    if (isKept) return;
    isKept = true;
    try {
      const code = script.createCachedData();
      mkdirSync(path.dirname(kept), { recursive: true, mode: 0o700 });
      // Several may start at once.
      const own = `${kept}.${process.pid}`;
      writeFileSync(own, Buffer.concat([headOf(source, code), code]), { mode: 0o600 });
      renameSync(own, kept);
    } catch {
      // A full disk: the next start compiles again.
    }
  };
  setTimeout(keep, SETTLED_MS).unref();
  process.once('exit', keep);
}

function headOf(source: string, code: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(crc32(source), 0);
  head.writeUInt32LE(crc32(code), 4);
  return head;
}
