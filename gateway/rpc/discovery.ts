// gateway.json: how clients find the gateway that runs.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Discovery } from '../protocol/index.ts';

const fileOf = (home: string): string => path.join(home, 'gateway.json');

/** undefined: there is none, it is not one that this build can read, or it was copied along with the folder. */
export function readDiscovery(home: string): Discovery | undefined {
  try {
    const found = Discovery.parse(JSON.parse(readFileSync(fileOf(home), 'utf8')));
    return found.home !== undefined && isOther(found.home, home) ? undefined : found;
  } catch {
    return undefined;
  }
}

/** Both are there, and are two: whoever means the one must not stop the gateway of the other. */
function isOther(folder: string, home: string): boolean {
  const [there, here] = [statSync(folder, { throwIfNoEntry: false }), statSync(home)];
  return there !== undefined && (there.dev !== here.dev || there.ino !== here.ino);
}

/** Written whole or not at all, for the owner only. The result removes it, if it still is ours. */
export function writeDiscovery(home: string, discovery: Discovery): Disposable {
  const temporary = `${fileOf(home)}.${process.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(discovery, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, fileOf(home));
  return {
    [Symbol.dispose]() {
      if (readDiscovery(home)?.instanceId === discovery.instanceId) rmSync(fileOf(home), { force: true });
    },
  };
}
