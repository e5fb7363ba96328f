// Puts a real VS Code server into a cache folder: the inner server of the npm package code-server, with its dependencies.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { say } from './say.ts';

const VERSION = '4.139.1';
const SHA512 = 'fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==';
/** Counted up when what is done below changes: a cache made by an older recipe is not used. */
const RECIPE = 2;

/** What a server for trying and testing never runs: half of its size. */
const NOT_NEEDED = [
  'extensions/copilot',
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/node-pty/third_party',
  'node_modules/node-pty/deps',
];

const run = promisify(execFile);
const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** The folder that everything downloaded for development is kept in. */
export const cacheFolder = path.join(
  process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'),
  'holdfast-dev',
);

/** The script to run with Node 24; installs it first when it is not in the cache. */
export async function vscodeServerScript(): Promise<string> {
  const folder = path.join(cacheFolder, `vscode-server-${VERSION}-${RECIPE}`);
  const script = path.join(folder, 'out/server-main.js');
  if (existsSync(script)) return script;
  say('installing the VS Code server (half a minute or so, once)');
  await mkdir(cacheFolder, { recursive: true });
  // Made beside its place and renamed when it is whole: an interrupted install is never taken for a finished one.
  const stage = path.join(cacheFolder, `stage-${randomUUID()}`);
  try {
    await fill(stage);
    await rename(path.join(stage, 'server'), folder).catch((error: unknown) => {
      // Somebody else was faster: theirs is as good.
      if (!existsSync(script)) throw error;
    });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  say('the VS Code server is ready');
  return script;
}

async function fill(stage: string): Promise<void> {
  const server = path.join(stage, 'server');
  await mkdir(server, { recursive: true });
  await run('npm', ['pack', ...quiet, `code-server@${VERSION}`], { cwd: stage });
  const archive = path.join(stage, `code-server-${VERSION}.tgz`);
  const sum = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (sum !== SHA512)
    throw new Error(`code-server ${VERSION} is not the package that we know: sha512 ${sum}`);
  // Only the inner VS Code server is wanted, not code-server's own login and proxy around it.
  await run('tar', ['xzf', archive, '-C', server, '--strip-components=3', 'package/lib/vscode']);
  // `npm ci` refuses this package, because its lock file is out of step. Its install scripts would compile for
  // minutes; nothing of that is needed but a logger, which ours stands in for.
  await run('npm', ['install', '--omit=dev', '--ignore-scripts', ...quiet], { cwd: server });
  await copyFile(
    path.join(import.meta.dirname, 'spdlog.cjs'),
    path.join(server, 'node_modules/@vscode/spdlog/index.js'),
  );
  await Promise.all(NOT_NEEDED.map((part) => rm(path.join(server, part), { recursive: true, force: true })));
  await writeFile(path.join(server, 'MADE-BY-HOLDFAST.txt'), `code-server ${VERSION}, recipe ${RECIPE}\n`);
}
