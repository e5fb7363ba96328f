// The start of the sessions view: which welcome texts fit, the progress bar, and when a gateway is wanted.
import * as vscode from 'vscode';
import { WELCOMED, type Agents } from './agents.ts';
import type { Connection } from './connection.ts';
import { setContext } from './context.ts';
import { t } from './l10n.ts';
import { DEMO } from './newSession.ts';
import { plain } from './plainText.ts';
import type { Sessions } from './sessions.ts';
import { SESSIONS_VIEW, type SessionTree } from './sessionTree.ts';

/** Sooner than this nobody has begun to wonder. */
const PROGRESS_AFTER_MS = 400;

export interface StartParts {
  readonly agents: Agents;
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly tree: SessionTree;
}

export function showStart({ connection, agents, sessions, tree }: StartParts): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  const draw = (): void => {
    const { link } = connection;
    const { state } = link;
    void setContext('holdfast.link', state);
    // Rows follow the list a moment later: without the second half the welcome text would flash up before them.
    void setContext('holdfast.empty', isEmpty(sessions));
    // The welcome text is fixed: it cannot say why. Nothing else does while no session is known.
    // In restricted mode the welcome text does say it.
    const { isTrusted } = vscode.workspace;
    if (
      link.state === 'offline' &&
      isTrusted &&
      connection.wanted &&
      !sessions.known &&
      said !== link.reason
    ) {
      said = link.reason;
      void explain(said);
    }
    if (state !== 'connecting') {
      clearTimeout(timer);
      timer = undefined;
      void setContext('holdfast.starting', false);
    } else {
      timer ??= setTimeout(() => {
        void setContext('holdfast.starting', true);
        void showProgress(connection);
      }, PROGRESS_AFTER_MS);
    }
  };
  const wantIfSeen = (): void => {
    if (tree.view.visible) connection.want();
  };
  // Who has read the text may have gone to install one.
  const lookAgain = ({ focused }: vscode.WindowState): void => {
    if (focused && tree.view.visible && connection.client && isEmpty(sessions))
      agents.refresh().catch(() => undefined);
  };
  draw();
  drawFound(agents);
  wantIfSeen();
  return vscode.Disposable.from(
    agents.onDidChange(() => drawFound(agents)),
    vscode.window.onDidChangeWindowState(lookAgain),
    connection.onDidChangeLink(draw),
    sessions.onDidChange(draw),
    tree.view.onDidChangeVisibility(wantIfSeen),
    { dispose: () => clearTimeout(timer) },
  );
}

/** Which agents the welcome text names. */
function drawFound({ installed }: Agents): void {
  const ids = installed.map(({ agent }): string => agent).filter((id) => id !== DEMO);
  for (const id of WELCOMED) void setContext(`holdfast.found.${id}`, ids.includes(id));
  const hasOthers = ids.some((id) => !WELCOMED.includes(id));
  void setContext('holdfast.found.others', hasOthers);
  void setContext('holdfast.found.any', ids.length > 0);
}

const isEmpty = (sessions: Sessions): boolean =>
  sessions.known && sessions.all.every(({ archived }) => archived);

/** VS Code's own bar at the top of the view, until the state is another one. */
const showProgress = (connection: Connection): Thenable<void> =>
  vscode.window.withProgress({ location: { viewId: SESSIONS_VIEW } }, async () => {
    await new Promise<void>((resolve) => {
      // VS Code calls us a moment later: the state may be another one already.
      if (connection.link.state !== 'connecting') return resolve();
      const listening = connection.onDidChangeLink(({ state }) => {
        if (state === 'connecting') return;
        listening.dispose();
        resolve();
      });
    });
  });

async function explain(reason: string): Promise<void> {
  const show = t('Show log');
  const choice = await vscode.window.showErrorMessage(plain(reason, 400), show);
  if (choice === show) await vscode.commands.executeCommand('holdfast.showLog');
}
