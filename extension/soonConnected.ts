// The first command of the day starts the gateway: it waits for it, and for the list of sessions, instead of refusing.
import * as vscode from 'vscode';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import type { Sessions } from './sessions.ts';
import { SESSIONS_VIEW } from './sessionTree.ts';

const PATIENCE_MS = 20_000;

export async function soonConnected({
  connection,
  sessions,
}: {
  readonly connection: Connection;
  readonly sessions: Sessions;
}): Promise<void> {
  if (connection.client && sessions.known) return;
  const title = t('Starting the gateway');
  const location = { viewId: SESSIONS_VIEW };
  await vscode.window.withProgress({ location, title }, async () => {
    await connection.whenConnected(PATIENCE_MS);
    await sessions.whenListed();
  });
}
