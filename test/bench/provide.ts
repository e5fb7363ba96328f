// What a contestant needs besides this repository: programs of the system, npm packages that only the benchmark has, a newer
// NATS. Whatever cannot be had leaves its contestants out, and a line says why.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../support/vscode/install.ts';

export const run = promisify(execFile);

/** Answers where it is; throws, in words for people, what to do when it cannot be had. */
export type Need = () => Promise<string>;

/** A program of the system. */
export const program =
  (name: string, debianPackage = name): Need =>
  async () => {
    const found = (process.env['PATH'] ?? '')
      .split(path.delimiter)
      .map((folder) => path.join(folder, name))
      .find((file) => isExecutable(file));
    if (found === undefined)
      throw new Error(`${name} is not installed (Debian: apt-get install ${debianPackage})`);
    return found;
  };

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder that is filled once: beside its place, and renamed when it is whole. */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cacheFolder, 'bench', name);
  if (existsSync(folder)) return folder;
  const stage = path.join(cacheFolder, 'bench', `stage-${randomUUID()}`);
  await mkdir(stage, { recursive: true });
  try {
    process.stderr.write(`bench: fetching ${name} into ${path.dirname(folder)}, once\n`);
    await fill(stage);
    await rename(stage, folder);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  return folder;
}

/** npm packages (`name@version`); answers a file as whose neighbours they can be required. */
export const packages =
  (name: string, ...specifiers: readonly string[]): Need =>
  async () => {
    const folder = await cached(name, (stage) => installPackages(stage, specifiers));
    return path.join(folder, 'package.json');
  };

/** Without install scripts: none of those that we take needs one. */
export async function installPackages(folder: string, specifiers: readonly string[]): Promise<void> {
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, ...specifiers], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
}
