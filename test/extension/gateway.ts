// A real gateway for tests of the extension's own parts: in a folder of its own, and gone with the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Connection } from '../../extension/connection.ts';
import type { Link } from '../../extension/chatMessages.ts';
import { connect } from '../../gateway/rpc/connect.ts';

const main = path.resolve(import.meta.dirname, '../../gateway/main.ts');

export interface Place {
  readonly home: string;
  /** A window that looks for a gateway here. */
  readonly window: (name: string) => Connection;
}

export function place(t: TestContext): Place {
  const home = mkdtempSync(path.join(tmpdir(), 'holdfast-'));
  const windows: Connection[] = [];
  const running: Promise<void>[] = [];
  t.after(async () => {
    for (const window of windows) window.dispose();
    await Promise.all(running);
    // Whoever answers here was started by this test.
    const last = await connect({ home, name: 'the end of a test' }).catch(() => undefined);
    await last?.call('gateway.stop', {});
    await last?.closed;
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const window = (name: string): Connection => {
    const connection = new Connection(
      ({ start, signal }) =>
        connect({
          home,
          name,
          signal,
          ...(start
            ? {
                start: {
                  command: process.execPath,
                  args: [main, 'up', '--foreground'],
                  env: { HOLDFAST_HOME: home },
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
