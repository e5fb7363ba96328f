// A real gateway for tests of the extension's own parts: in a folder of its own, and gone with the test.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Connection } from '../../extension/connection.ts';
import type { Link } from '../../extension/chatMessages.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { MAIN } from '../support/gateway.ts';
import { waitFor } from '../support/waitFor.ts';

/** Every gateway writes its process id down, so that the test's end can wait for all of them. */
const sign =
  'import { appendFileSync } from "node:fs"; appendFileSync(process.env.TEST_PIDS, `${process.pid} `);';

export interface Place {
  readonly home: string;
  /** A window that looks for a gateway here. */
  readonly window: (name: string) => Connection;
}

export function place(t: TestContext): Place {
  const home = mkdtempSync(path.join(tmpdir(), 'holdfast-'));
  const signatures = `${home}.pids`;
  writeFileSync(signatures, '');
  let starts = 0;
  const windows: Connection[] = [];
  const running: Promise<void>[] = [];
  t.after(async () => {
    for (const window of windows) window.dispose();
    await Promise.all(running);
    // Of two windows that start a gateway at once the slower one ends its own, perhaps before that has written its id.
    await waitFor('the end of every gateway of this test', async () => {
      const link = await connect({ home, name: 'the end of a test' }).catch(() => undefined);
      await link?.call('gateway.stop', {});
      await link?.closed;
      const pids = readFileSync(signatures, 'utf8').split(' ').filter(Boolean).map(Number);
      return pids.length >= Math.min(starts, 1) && !pids.some(isAlive);
    });
    rmSync(signatures);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const window = (name: string): Connection => {
    const connection = new Connection(
      ({ start, signal }) =>
        connect({
          home,
          name,
          signal,
          onProgress: (step) => {
            if (step === 'starting') starts += 1;
          },
          ...(start
            ? {
                start: {
                  command: process.execPath,
                  args: [
                    `--import=data:text/javascript,${encodeURIComponent(sign)}`,
                    MAIN,
                    'up',
                    '--foreground',
                  ],
                  env: { TEST_PIDS: signatures },
                },
              }
            : {}),
        }),
      { info: () => undefined, warn: () => undefined },
    );
    windows.push(connection);
    running.push(connection.run());
    return connection;
  };
  return { home, window };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the link is as told; a test that waits in vain is ended by its timeout. */
export async function link<S extends Link['state']>(
  connection: Connection,
  state: S,
): Promise<Extract<Link, { state: S }>> {
  const { promise, resolve } = Promise.withResolvers<Extract<Link, { state: S }>>();
  const look = (now: Link): void => {
    // The state says which variant it is.
    if (now.state === state) resolve(now as Extract<Link, { state: S }>);
  };
  const listening = connection.onDidChangeLink(look);
  look(connection.link);
  const found = await promise;
  listening.dispose();
  return found;
}
