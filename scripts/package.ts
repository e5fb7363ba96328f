// Packs what `npm run build` made into one VSIX that runs on every platform, and says how big it is.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { root, vsixFile } from './paths.ts';

export function makePackage(): string {
  const vsce = path.join(root, 'node_modules/.bin/vsce');
  // Everything is bundled, so no dependency travels; the repository field may point to a place not yet public.
  execFileSync(vsce, ['package', '--no-dependencies', '--no-git-tag-version', '--out', vsixFile], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const megabytes = (statSync(vsixFile).size / 1e6).toFixed(2);
  console.error(`[package] ${path.basename(vsixFile)}: ${megabytes} MB`);
  return vsixFile;
}

if (import.meta.main) makePackage();
