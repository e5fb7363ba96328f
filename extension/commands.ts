// The commands of the palette, the menus and the keys: a table.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import { addAgent } from './addAgent.ts';
import { continueConversation } from './agentConversations.ts';
import { chatCommands } from './chatCommands.ts';
import { registerTable, type Command } from './commandTable.ts';
import { t } from './l10n.ts';
import { DEMO, newSession } from './newSession.ts';
import { gatewayCommands, type GatewayCommandParts } from './gatewayCommands.ts';
import { machineCommands, type MachineCommandParts } from './machines/machineCommands.ts';
import { answerPermission } from './permissions.ts';
import { showProcesses } from './processes.ts';
import type { SessionFilter } from './sessionFilter.ts';
import { isHere } from './sessionGroups.ts';
import { sessionCommands, type SessionCommandParts } from './sessionCommands.ts';
import { pickSession, sessionFor, type PickParts } from './sessionPick.ts';
import { soonConnected } from './soonConnected.ts';
import { isTrusted } from './trust.ts';
import { SESSIONS_VIEW } from './sessionTree.ts';

export interface CommandParts
  extends PickParts, SessionCommandParts, GatewayCommandParts, MachineCommandParts {
  readonly filter: SessionFilter;
  readonly log: vscode.LogOutputChannel;
}

/** Commands in the title bar of the chat in the side bar. VS Code passes them no argument, and the current chat may be one in a tab. */
const IN_TITLE: readonly (keyof typeof sessionCommands)[] = [
  'openInTab',
  'renameSession',
  'interruptSession',
  'archiveSession',
  'copySessionId',
  'destroySession',
];

const commands: Record<string, Command<CommandParts>> = {
  'holdfast.newSession': async (parts, from) => startSession(parts, wishOf(from)),
  'holdfast.newSessionHere': async (parts, from) => startSession(parts, wishOf(from)),
  'holdfast.addAgent': async (parts) => {
    await soonConnected(parts);
    await addAgent(parts.connection, parts.agents);
  },
  'holdfast.tryDemo': async (parts) => startSession(parts, { agent: DEMO, mode: 'ask' }),
  'holdfast.continueLast': continueLast,
  'holdfast.continueConversation': async (parts) => {
    if (!(await isTrusted())) return;
    await soonConnected(parts);
    const id = await continueConversation(parts.connection, parts.agents);
    if (id !== undefined) await parts.chats.show(id, { type: 'focusInput' });
  },
  'holdfast.switchSession': async (parts) => {
    await soonConnected(parts);
    const session = await pickSession(parts);
    if (session) await parts.chats.show(session.sessionId, { type: 'focusInput' });
  },
  'holdfast.filterSessions': ({ filter }) => filter.ask(),
  'holdfast.changeFilter': ({ filter }) => filter.ask(),
  'holdfast.clearFilter': async ({ filter }) => filter.set(''),
  'holdfast.showArchived': async (parts, from) => {
    if (from === 'undo') return parts.archived.undo();
    await soonConnected(parts);
    const placeHolder = t('Which session shall come back?');
    const session = await pickSession(parts, { archived: true, placeHolder });
    if (session) await sessionCommands.archiveSession(session, parts);
  },
  'holdfast.answerPermission': answerPermission,
  'holdfast.showProcesses': showProcesses,
  ...chatCommands,
  ...gatewayCommands,
  ...machineCommands,
  'holdfast.showLog': async ({ log }) => log.show(),
  'holdfast.menu': menu,
  ...forSessions('holdfast.', Object.keys(sessionCommands), sessionFor),
  ...forSessions('holdfast.sideBar.', IN_TITLE, async (_from, { chats }) => chats.sideBar.session),
};

function forSessions(
  prefix: string,
  names: readonly string[],
  find: (from: unknown, parts: CommandParts) => Promise<Session | undefined>,
): Record<string, Command<CommandParts>> {
  return Object.fromEntries(
    Object.entries(sessionCommands)
      .filter(([name]) => names.includes(name))
      .map(([name, act]): [string, Command<CommandParts>] => [
        `${prefix}${name}`,
        async (parts, from) => {
          parts.filter.accept();
          const session = await find(from, parts);
          if (session) await act(session, parts);
        },
      ]),
  );
}

export const registerCommands = (parts: CommandParts): vscode.Disposable => registerTable(commands, parts);

/** A link of the welcome text names its agent; a folder, of the explorer or of the tree, is where to work. */
function wishOf(from: unknown): { readonly agent?: string; readonly path?: string } {
  if (from instanceof vscode.Uri) return from.scheme === 'file' ? { path: from.fsPath } : {};
  if (typeof from !== 'object' || from === null) return {};
  if ('kind' in from && from.kind === 'folder' && 'path' in from && typeof from.path === 'string')
    return { path: from.path };
  return 'agent' in from && typeof from.agent === 'string' ? { agent: from.agent } : {};
}

/** Makes a session and brings it up; `draft` is written into it, not sent. */
export async function startSession(
  parts: CommandParts,
  { draft = '', ...wish }: Parameters<typeof newSession>[2] & { readonly draft?: string } = {},
): Promise<void> {
  const { connection, agents, chats } = parts;
  if (!(await isTrusted())) return;
  connection.want();
  await soonConnected(parts);
  const sessionId = await newSession(connection, agents, wish);
  if (sessionId === undefined) return;
  if (draft !== '') await connection.call('session.draft', { sessionId, text: draft });
  await chats.show(sessionId, { type: 'focusInput' });
}

/** The session of this window's folders that was active last; without one, or without a folder, of all. */
async function continueLast(parts: CommandParts): Promise<void> {
  await soonConnected(parts);
  const { sessions, folders, chats } = parts;
  const all = sessions.all.filter(({ archived }) => !archived);
  const here = all.filter((session) => isHere(session, folders.paths));
  const last = (here.length > 0 ? here : all).toSorted((a, b) =>
    b.lastActivityAt.localeCompare(a.lastActivityAt),
  )[0];
  if (last) await chats.show(last.sessionId, { type: 'focusInput' });
  else await startSession(parts);
}

async function menu({ connection, sessions }: CommandParts): Promise<void> {
  const entry = (icon: string, label: string, command: string) => ({ label: `$(${icon}) ${label}`, command });
  const connected = connection.link.state === 'connected';
  const asking = sessions.all.some(({ pendingPermissions }) => pendingPermissions > 0);
  const choice = await vscode.window.showQuickPick(
    [
      entry('list-tree', t('Show sessions'), `${SESSIONS_VIEW}.focus`),
      entry('new-session', t('New session'), 'holdfast.newSession'),
      ...(asking ? [entry('shield', t('Answer permission'), 'holdfast.answerPermission')] : []),
      entry('list-selection', t('Switch session'), 'holdfast.switchSession'),
      entry('search', t('Search sessions'), 'holdfast.searchSessions'),
      ...(connected ? [] : [entry('refresh', t('Retry now'), 'holdfast.reconnect')]),
      entry('vm', t('Link a machine'), 'holdfast.linkMachine'),
      entry('pulse', t('Find what is wrong'), 'holdfast.doctor'),
      entry('sync', t('Restart gateway'), 'holdfast.restartGateway'),
      entry('output', t('Show log'), 'holdfast.showLog'),
    ],
    { title: 'Holdfast' },
  );
  if (choice) await vscode.commands.executeCommand(choice.command);
}
