// gateway.json: how clients find the gateway that runs.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Discovery } from '../protocol/index.ts';
import { writeWhole } from '../wholeFile.ts';

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

const WATCH_MS = 2_000;

/**
 * Keeps the file there, whole and for the owner only: somebody may take it for a leftover, and nobody could find the gateway
 * any more, though it runs. `write` writes it anew. Its end removes it, if it still is ours.
 */
export function keepDiscovery(home: string, now: () => Discovery): Disposable & { write(): void } {
  let told = now();
  const write = (): void => {
    told = now();
    writeWhole(fileOf(home), `${JSON.stringify(told, undefined, 2)}\n`);
  };
  const mend = (): void => {
    try {
      if (!existsSync(fileOf(home))) write();
    } catch {
      // A full disk, say. Tried again at the next look.
    }
  };
  write();
  const watch = setInterval(mend, WATCH_MS).unref();
  return {
    write,
    [Symbol.dispose]() {
      clearInterval(watch);
      if (readDiscovery(home)?.instanceId === told.instanceId) rmSync(fileOf(home), { force: true });
    },
  };
}
