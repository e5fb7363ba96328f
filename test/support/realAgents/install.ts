// Installs a real agent from npm when it is first needed: into a cache of its own, never as a dependency.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast-dev', 'agents');

/** Returns the path of a command of an npm package (`name@version`), after installing the package if need be. */
export const installed = async (specifier: string, command: string): Promise<string> => {
  const folder = join(cacheFolder(), specifier.replaceAll('/', '+'));
  const path = join(folder, 'node_modules', '.bin', command);
  if (existsSync(path)) return path;
  await mkdir(cacheFolder(), { recursive: true });
  // Installed aside and then renamed: two test files may do this at once, and either may be interrupted.
  const aside = await mkdtemp(join(cacheFolder(), 'installing-'));
  try {
    await writeFile(join(aside, 'package.json'), '{ "private": true }');
    process.stderr.write(`installing ${specifier} into ${folder} (hundreds of megabytes, once)\n`);
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', specifier];
    await promisify(execFile)('npm', args, { cwd: aside });
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(path)) throw error; // Otherwise the other one was faster.
  }
  return path;
};
