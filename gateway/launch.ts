// What is started as `holdfast`: keeps compiled code for the next start, and goes on with main.ts.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { runCompiled } from './compiled.ts';
import { makePrivateFolder, stateFolder } from './rpc/paths.ts';

/** Where compiled code is kept; undefined: nowhere. */
function keptFolder(): string | undefined {
  try {
    const home = stateFolder();
    if (!existsSync(home)) return undefined;
    // Code that others could write there would be run.
    makePrivateFolder(home);
    return path.join(home, 'compiled');
  } catch {
    // Whoever needs the folder says what is wrong with it.
    return undefined;
  }
}

const folder = keptFolder();
// As it is shipped: bundled, beside the program.
const main = path.join(__dirname, 'main.cjs');
if (folder === undefined) require(main);
else {
  // Of what the program loads only when it needs it.
  enableCompileCache(folder);
  const kind = process.argv.includes('--foreground') ? 'gateway' : 'command';
  // An editor's own Node can be of the same version and another build.
  const build = `${process.versions.v8}-${process.arch}-${cachedDataVersionTag()}`;
  runCompiled(main, path.join(folder, `${kind}-${build}`));
}
