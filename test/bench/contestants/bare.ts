// Starts one of the bare servers of serve.ts.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { startNode, type Started } from '../processes.ts';

export interface Bare extends Started {
  readonly socket: string;
}

export async function startBare(name: string, folder: string): Promise<Bare> {
  const socket = path.join(folder, 's');
  const script = path.join(import.meta.dirname, '../serve.ts');
  return Object.assign(await startNode([script, name, socket], {}, () => existsSync(socket)), { socket });
}
