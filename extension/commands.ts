// The commands of the palette, the menus and the keys: a table, and one place where failures are told.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import { chatCommands } from './chatCommands.ts';
import { DEMO, newSession } from './newSession.ts';
import { details } from './log.ts';
import { sessionCommands, type SessionCommandParts } from './sessionCommands.ts';
import { pickSession, sessionFor, type PickParts } from './sessionPick.ts';
import { SESSIONS_VIEW } from './sessionTree.ts';

export interface CommandParts extends PickParts, SessionCommandParts {
  readonly log: vscode.LogOutputChannel;
}

type Command = (parts: CommandParts, from: unknown) => Promise<unknown>;

/** What the title of the chat in the side bar offers: it gives no argument, and the current chat may be one in a tab. */
const IN_TITLE: readonly (keyof typeof sessionCommands)[] = [
  'openInTab',
  'renameSession',
  'interruptSession',
  'archiveSession',
  'copySessionId',
  'destroySession',
];

const commands: Record<string, Command> = {
  'holdfast.newSession': async (parts) => start(parts),
  'holdfast.tryDemo': async (parts) => start(parts, { agent: DEMO }),
  'holdfast.switchSession': async (parts) => {
    const session = await pickSession(parts);
    if (session) await parts.chats.show(session.sessionId, { type: 'focusInput' });
  },
  'holdfast.showArchived': async (parts) => {
    const placeHolder = vscode.l10n.t('Which session shall come back?');
    const session = await pickSession(parts, { archived: true, placeHolder });
    if (session) await sessionCommands.archiveSession(session, parts);
  },
  ...chatCommands,
  'holdfast.reconnect': async ({ connection }) => {
    connection.want();
    connection.retryNow();
  },
  'holdfast.restartGateway': restartGateway,
  'holdfast.showLog': async ({ log }) => log.show(),
  'holdfast.menu': menu,
  ...forSessions('holdfast.', Object.keys(sessionCommands), sessionFor),
  ...forSessions('holdfast.sideBar.', IN_TITLE, async (_from, { chats }) => chats.sideBar.session),
};

function forSessions(
  prefix: string,
  names: readonly string[],
  find: (from: unknown, parts: CommandParts) => Promise<Session | undefined>,
): Record<string, Command> {
  return Object.fromEntries(
    Object.entries(sessionCommands)
      .filter(([name]) => names.includes(name))
      .map(([name, act]): [string, Command] => [
        `${prefix}${name}`,
        async (parts, from) => {
          const session = await find(from, parts);
          if (session) await act(session, parts);
        },
      ]),
  );
}

export function registerCommands(parts: CommandParts): vscode.Disposable {
  const registered = Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (from: unknown) => {
      // Whoever uses a command wants a gateway.
      parts.connection.want();
      await run(parts, from).catch((error: unknown) => tell(id, error, parts.log));
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function start(parts: CommandParts, wish: { agent?: string } = {}): Promise<void> {
  const { connection, agents, chats } = parts;
  await soonConnected(parts);
  const id = await newSession(connection, agents, wish);
  if (id !== undefined) await chats.show(id, { type: 'focusInput' });
}

/** The first command of the day starts the gateway: wait for it instead of refusing. */
async function soonConnected({ connection }: CommandParts): Promise<void> {
  if (connection.client) return;
  const title = vscode.l10n.t('Starting the gateway');
  const location = { viewId: SESSIONS_VIEW };
  await vscode.window.withProgress({ location, title }, () => connection.whenConnected(20_000));
}

async function restartGateway(parts: CommandParts): Promise<void> {
  const { connection, sessions } = parts;
  const busy = sessions.all.filter(({ status }) => status === 'busy' || status === 'waiting').length;
  if (busy > 0) {
    const restart = vscode.l10n.t('Restart');
    const question = vscode.l10n.t('Restart the gateway while sessions work?');
    const detail = vscode.l10n.t('{0} running turns will be cut. Queued prompts stay.', busy);
    const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, restart);
    if (choice !== restart) return;
  }
  // Without an answer there is nothing to stop; the next try starts one.
  if (connection.client) await connection.call('gateway.stop', {});
  connection.retryNow();
}

async function menu({ connection }: CommandParts): Promise<void> {
  const entry = (icon: string, label: string, command: string) => ({ label: `$(${icon}) ${label}`, command });
  const connected = connection.link.state === 'connected';
  const choice = await vscode.window.showQuickPick(
    [
      entry('list-tree', vscode.l10n.t('Show sessions'), `${SESSIONS_VIEW}.focus`),
      entry('new-session', vscode.l10n.t('New session'), 'holdfast.newSession'),
      entry('list-selection', vscode.l10n.t('Switch session'), 'holdfast.switchSession'),
      entry('search', vscode.l10n.t('Search sessions'), 'holdfast.searchSessions'),
      ...(connected ? [] : [entry('refresh', vscode.l10n.t('Retry now'), 'holdfast.reconnect')]),
      entry('sync', vscode.l10n.t('Restart gateway'), 'holdfast.restartGateway'),
      entry('output', vscode.l10n.t('Show log'), 'holdfast.showLog'),
    ],
    { title: 'Holdfast' },
  );
  if (choice) await vscode.commands.executeCommand(choice.command);
}

async function tell(command: string, error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  log.error(`${command}: ${details(error)}`);
  const show = vscode.l10n.t('Show log');
  const words = error instanceof Error ? error.message : String(error);
  if ((await vscode.window.showErrorMessage(words, show)) === show) log.show();
}
