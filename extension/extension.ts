// Holdfast in VS Code. `activate` is the table of contents: what there is, and what each part needs.
import * as vscode from 'vscode';
import type { Session, SessionId } from '../gateway/protocol/index.ts';
import { Agents } from './agents.ts';
import { Archived } from './archived.ts';
import type { Link } from './chatMessages.ts';
import { Chats } from './chats.ts';
import { ChatTabs } from './chatTabs.ts';
import { CHAT_VIEW, ChatView } from './chatView.ts';
import { Clippings } from './clippings.ts';
import { registerCommands, startSession } from './commands.ts';
import { Connection } from './connection.ts';
import { dialer, gatewayProgram, whoAmI } from './dial.ts';
import { Diffs } from './diffs.ts';
import type { Listen } from './emitter.ts';
import { Folders } from './folders.ts';
import { speak } from './l10n.ts';
import { Keepsakes } from './keepsakes.ts';
import { details, openLog } from './log.ts';
import { handleLinks } from './links.ts';
import { Machines } from './machines/machines.ts';
import { showMail } from './mail/mail.ts';
import { showNotifications } from './notifications.ts';
import { Reports } from './reports.ts';
import { Sessions } from './sessions.ts';
import { SessionFilter } from './sessionFilter.ts';
import { SessionTree } from './sessionTree.ts';
import { changesGateway } from './settings.ts';
import { showStatus } from './statusBar.ts';
import { showStart } from './welcome.ts';

/** What other extensions, and our tests, can see. */
export interface HoldfastApi {
  readonly link: () => Link;
  readonly onDidChangeLink: Listen<Link>;
  readonly sessions: () => readonly Session[];
  /** The session in front: in the active tab, else in the side bar. */
  readonly openSession: () => SessionId | undefined;
  /** The sessions that have a tab. */
  readonly tabs: () => readonly SessionId[];
}

export function activate(context: vscode.ExtensionContext): HoldfastApi {
  speak(vscode.l10n.t, vscode.env.language);
  const log = openLog();
  const warn = (message: string): void => log.warn(message);
  const me = whoAmI(context);

  // What we know.
  const connection = new Connection(dialer(context, me, log), log);
  const agents = new Agents(connection, context.globalState, warn);
  const sessions = new Sessions(connection, warn);
  const machines = new Machines(connection, warn);
  connection.machineOf = (id) => sessions.get(id)?.peer;
  const folders = new Folders(context);
  const known = { connection, agents, sessions, machines, folders, log };

  // What is seen.
  const filter = new SessionFilter(connection, sessions);
  const tree = new SessionTree({ ...known, filter });
  const diffs = new Diffs();
  const clippings = new Clippings(vscode.Uri.joinPath(context.globalStorageUri, 'clippings').fsPath);
  const own = context.storageUri ?? context.globalStorageUri;
  const keepsakes = new Keepsakes(vscode.Uri.joinPath(own, 'kept').fsPath);
  const { extensionUri } = context;
  const chatParts = { ...known, extensionUri, diffs, clippings, keepsakes, me };
  const view = new ChatView(chatParts, lastOpen(context));
  const tabs = new ChatTabs(chatParts);
  const chats = new Chats(view, tabs);

  // What can be done.
  const reports = new Reports((args) => gatewayProgram(context, args));
  const archived = new Archived(connection);
  const parts = { ...known, chats, tree, filter, archived, reports };
  context.subscriptions.push(
    log,
    tree,
    filter,
    connection,
    diffs.register(),
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, view),
    tabs.register(),
    registerCommands(parts),
    handleLinks(({ path, text }) =>
      startSession(parts, { draft: text, ...(path === undefined ? {} : { path }) }),
    ),
    reports,
    archived,
    showStatus(connection, sessions, machines),
    showMail({ ...known, extensionUri, chats }),
    showStart({ ...known, tree }),
    showNotifications({ ...known, chats }),
    chats.onDidChange(() => {
      tree.select(chats.current.open.id);
      void context.workspaceState.update(OPEN, chats.sideBar.open.id);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => connection.retryNow()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (changesGateway(change)) connection.redial();
    }),
  );

  if (chats.current.open.id !== undefined) {
    tree.select(chats.current.open.id);
    connection.want();
  }
  for (const kept of [clippings, keepsakes]) {
    kept.tidy(Date.now()).catch((error: unknown) => log.warn(details(error)));
  }
  // Only after VS Code was told of everything above: loading the schemas takes a moment, in which it can build its views.
  setTimeout(() => {
    connection.run().catch((error: unknown) => log.error(details(error)));
    if (chats.current.open.id !== undefined) void import('./chatMessages.ts');
  });
  return {
    link: () => connection.link,
    onDidChangeLink: connection.onDidChangeLink,
    sessions: () => sessions.all,
    openSession: () => chats.current.open.id,
    tabs: () => tabs.ids,
  };
}

/** The open session is remembered for this workspace, so that a reload is a non-event. */
const OPEN = 'openSession';

const lastOpen = (context: vscode.ExtensionContext): SessionId | undefined =>
  context.workspaceState.get<SessionId>(OPEN);
