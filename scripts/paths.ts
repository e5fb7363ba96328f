// Where things are in a checkout.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

export const root = path.resolve(import.meta.dirname, '..');

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));

export const vsixFile = path.join(root, `holdfast-${version}.vsix`);
