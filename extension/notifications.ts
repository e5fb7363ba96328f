// Says that an agent asks, when its question is not in view already.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import type { Folders } from './folders.ts';
import { plain } from './plainText.ts';
import { isHere } from './sessionGroups.ts';
import type { Change, Sessions } from './sessions.ts';
import { settings } from './settings.ts';

export interface NotificationParts {
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly folders: Folders;
  readonly inView: (session: Session) => boolean;
  readonly open: (session: Session) => Promise<void>;
}

export function notifyPermissions(parts: NotificationParts): vscode.Disposable {
  const { sessions, agents, folders, inView, open } = parts;
  return sessions.onDidChange((changes) => {
    if (!settings.notifies()) return;
    for (const { after } of changes.filter(beginsToAsk)) {
      // The window that has the session's folder tells it, the others only count it on their badge.
      if (!after || inView(after) || !isHere(after.path, folders.paths)) continue;
      void ask(after, agents.name(after.agent), open);
    }
  });
}

/** What was open when the list was first told is on the badge; a window that starts does not shout. */
const beginsToAsk = ({ before, after }: Change): boolean =>
  before !== undefined && after !== undefined && after.pendingPermissions > before.pendingPermissions;

async function ask(
  session: Session,
  agent: string,
  open: (session: Session) => Promise<void>,
): Promise<void> {
  const show = vscode.l10n.t('Show');
  const words = vscode.l10n.t('{0} asks for permission in {1}.', plain(agent, 40), plain(session.title, 80));
  if ((await vscode.window.showInformationMessage(words, show)) === show) await open(session);
}
