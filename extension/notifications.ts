// Tells of open permissions and of turns that have ended, each in the one window that the gateway has elected.
import * as vscode from 'vscode';
import type { NotificationParams, PermissionId } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import type { Chats } from './chats.ts';
import type { Connection } from './connection.ts';
import type { Folders } from './folders.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';
import { titleOf } from './sessionGroups.ts';
import type { Sessions } from './sessions.ts';
import { SESSIONS_VIEW } from './sessionTree.ts';
import { settings } from './settings.ts';
import { Toast } from './toast.ts';

/** A window that comes back from a reload shows its chat by then, and need not tell of what stands in it. */
const FIRST_MS = 1000;
/** Turns that end within so much time are told together: what makes one fail often makes all of them fail. */
const TOGETHER_MS = 1000;

export interface NotificationParts {
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly folders: Folders;
  readonly chats: Chats;
}

type Ended = NotificationParams<'session.ended'>;
type Asked = NotificationParams<'permission.announced'>;

export function showNotifications(parts: NotificationParts): vscode.Disposable {
  return vscode.Disposable.from(notifyPermissions(parts), notifyEnds(parts), tellPresence(parts));
}

function notifyPermissions(parts: NotificationParts): vscode.Disposable {
  const { connection } = parts;
  /** What is told here now: all of it in one notification, for several would hide what one works on. */
  const told = new Map<PermissionId, Asked>();
  const toast = new Toast();
  const settle = (permissionId: PermissionId): void => {
    if (!told.delete(permissionId)) return;
    if (told.size === 0) toast.hide();
    else toast.say(wordsFor([...told.values()], parts));
  };
  const settleAll = (): void => [...told.keys()].forEach(settle);
  return vscode.Disposable.from(
    connection.onClient(settleAll),
    connection.on('permission.announced', (asked) => {
      told.set(asked.permissionId, asked);
      toast.show(wordsFor([...told.values()], parts));
    }),
    connection.on('permission.settled', ({ permissionId }) => settle(permissionId)),
    { dispose: settleAll },
  );
}

function notifyEnds(parts: NotificationParts): vscode.Disposable {
  const ended: Ended[] = [];
  let timer: NodeJS.Timeout | undefined;
  return vscode.Disposable.from(
    parts.connection.on('session.ended', (end) => {
      if (!settings.tellsEnd(end.outcome)) return;
      ended.push(end);
      timer ??= setTimeout(() => {
        timer = undefined;
        const ways = Map.groupBy(ended.splice(0), ({ outcome }) => outcome);
        for (const [outcome, all] of ways) void tellEnds(outcome, all, parts);
      }, TOGETHER_MS);
    }),
    { dispose: () => clearTimeout(timer) },
  );
}

/** Says how this window stands: what decides whether it is the one that notifies. */
function tellPresence({ connection, folders, chats }: NotificationParts): vscode.Disposable {
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  const stand = (): void => {
    const presence = {
      folders: folders.paths.slice(0, 100),
      focused: vscode.window.state.focused,
      showing: chats.showing.slice(0, 100),
      notifies: settings.notifies(),
    };
    const words = JSON.stringify(presence);
    if (timer !== undefined || words === said || !connection.client) return;
    said = words;
    // An older gateway does not know the call: then the badge alone tells.
    connection.call('client.presence', presence).catch(() => undefined);
  };
  return vscode.Disposable.from(
    connection.onClient(() => {
      said = '';
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        stand();
      }, FIRST_MS);
    }),
    vscode.window.onDidChangeWindowState(stand),
    vscode.workspace.onDidChangeConfiguration(stand),
    folders.onDidChange(stand),
    chats.onDidChangeView(stand),
    { dispose: () => clearTimeout(timer) },
  );
}

function wordsFor(told: readonly Asked[], { sessions, agents }: NotificationParts): string {
  // Nothing in the words can be a link, see plainText.ts: this is the only one.
  const link = (...of: readonly PermissionId[]): string =>
    `[${t('Show')}](command:holdfast.answerPermission?${encodeURIComponent(JSON.stringify(of))})`;
  const count = new Set(told.map(({ sessionId }) => sessionId)).size;
  const last = told.at(-1);
  if (last === undefined || count > 1) return `${t('{0} sessions wait for your answer.', count)} ${link()}`;
  const { sessionId, permissionId, isQuestion } = last;
  const session = sessions.get(sessionId);
  const agent = session ? plain(agents.name(session.agent), 40) : t('An agent');
  const where = session ? titleOf(session, 80) : t('a session');
  const words =
    isQuestion === true
      ? t('{0} has a question in {1}.', agent, where)
      : t('{0} asks for permission in {1}.', agent, where);
  return `${words} ${link(permissionId)}`;
}

async function tellEnds(
  outcome: Ended['outcome'],
  ended: readonly Ended[],
  { sessions, agents, chats }: NotificationParts,
): Promise<void> {
  const ids = new Set(ended.map(({ sessionId }) => sessionId));
  const known = [...ids].flatMap((id) => sessions.get(id) ?? []);
  const [session] = known;
  if (session === undefined) return;
  const count = known.length;
  const agent = plain(agents.name(session.agent), 40);
  const title = titleOf(session, 80);
  const failed =
    count > 1 ? t('{0} sessions could not go on.', count) : t('{0} could not go on in {1}.', agent, title);
  const finished =
    count > 1 ? t('{0} sessions have finished.', count) : t('{0} has finished in {1}.', agent, title);
  const show = t('Show');
  const choice =
    outcome === 'failed'
      ? await vscode.window.showWarningMessage(failed, show)
      : await vscode.window.showInformationMessage(finished, show);
  if (choice !== show) return;
  if (count > 1) await vscode.commands.executeCommand(`${SESSIONS_VIEW}.focus`);
  else await chats.show(session.sessionId, { type: 'focusInput' });
}
