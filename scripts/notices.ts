// Gathers the licences of every package whose code ended up in a bundle: they ask to travel with it.
import type { Metafile } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** `more` names packages whose files are copied rather than bundled. */
export async function notices(root: string, metafiles: Metafile[], more: string[]): Promise<string> {
  const names = new Set(more);
  for (const { inputs } of metafiles) {
    for (const file of Object.keys(inputs)) {
      const name = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  const parts = await Promise.all([...names].sort().map((name) => notice(root, name)));
  return `Holdfast contains code of these packages:\n\n${parts.join('\n')}`;
}

async function notice(root: string, name: string): Promise<string> {
  const folder = path.join(root, 'node_modules', name);
  const files = await readdir(folder).catch((): string[] => []);
  const licence = files.find((file) => /^licen[cs]e/i.test(file));
  const text =
    licence === undefined ? 'See its home page.\n' : await readFile(path.join(folder, licence), 'utf8');
  return `${'='.repeat(80)}\n${name}\n${'='.repeat(80)}\n${text.trim()}\n`;
}
