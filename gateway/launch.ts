// What is started as `holdfast`: keeps compiled code for the next start, and goes on with main.ts.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { makePrivateFolder, stateFolder } from './rpc/paths.ts';

try {
  const home = stateFolder();
  if (existsSync(home)) {
    // Code that others could write there would be run.
    makePrivateFolder(home);
    enableCompileCache(path.join(home, 'compiled'));
  }
} catch {
  // Whoever needs the folder says what is wrong with it.
}

// Not before: a file of its own is what can be cached.
void import('./main.ts');
