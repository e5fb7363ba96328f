#!/usr/bin/env node
// The command `holdfast` of a checkout: what was built, or the sources as they are where nothing has been built yet.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [built, source] = ['../dist/gateway.cjs', '../gateway/main.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);
const program = built !== undefined && existsSync(built) ? built : source;
if (program !== undefined) {
  // What starts itself again, or is to be started with the machine, means the program and not this door.
  process.argv[1] = program;
  await import(pathToFileURL(program).href);
}
