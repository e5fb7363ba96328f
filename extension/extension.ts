// Holdfast in VS Code. `activate` is the table of contents: what there is, and what each part needs.
import * as vscode from 'vscode';
import { SessionId, type Session } from '../gateway/protocol/index.ts';
import { Agents } from './agents.ts';
import type { Link } from './chatMessages.ts';
import { CHAT_VIEW, ChatView } from './chatView.ts';
import { registerCommands } from './commands.ts';
import { Connection } from './connection.ts';
import { setContext } from './context.ts';
import { dialer, whoAmI } from './dial.ts';
import { Diffs } from './diffs.ts';
import type { Disposable, Listen } from './emitter.ts';
import { Folders } from './folders.ts';
import { details, openLog } from './log.ts';
import { notifyPermissions } from './notifications.ts';
import { OpenSession } from './openSession.ts';
import { panelActions } from './panelActions.ts';
import type { OpenInChat } from './sessionCommands.ts';
import { Sessions } from './sessions.ts';
import { SessionTree } from './sessionTree.ts';
import { changesGateway } from './settings.ts';
import { showStatus } from './statusBar.ts';
import { showStart } from './welcome.ts';

/** What other extensions, and our tests, can see. */
export interface HoldfastApi {
  readonly link: () => Link;
  readonly onDidChangeLink: Listen<Link>;
  readonly sessions: () => readonly Session[];
  /** The session in the chat. */
  readonly openSession: () => SessionId | undefined;
}

export function activate(context: vscode.ExtensionContext): HoldfastApi {
  const log = openLog();
  const warn = (message: string): void => log.warn(message);
  const me = whoAmI(context);

  // What we know.
  const connection = new Connection(dialer(context, me, log), log);
  const agents = new Agents(connection, context.globalState, warn);
  const sessions = new Sessions(connection, warn);
  const folders = new Folders(context);

  // What is seen.
  const tree = new SessionTree({ connection, sessions, agents, folders });
  const chat = new ChatView();
  const post = chat.post.bind(chat);
  const agentName = agents.name.bind(agents);
  const open = new OpenSession({ connection, me, agentName, post, warn }, lastOpen(context));
  const diffs = new Diffs();
  const act = panelActions({ connection, open, sessions, diffs, post, log });
  chat.connect({ extensionUri: context.extensionUri, open, sessions, agents, act, log });

  // What can be done.
  const openInChat: OpenInChat = async ({ sessionId }, { focus }) => {
    open.open(sessionId);
    await chat.reveal(focus);
    if (focus) open.focusInput();
  };
  context.subscriptions.push(
    log,
    tree,
    connection,
    diffs.register(),
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, chat),
    registerCommands({ connection, sessions, agents, folders, open, tree, chat, openInChat, log }),
    showStatus(connection, sessions),
    showStart({ connection, sessions, tree }),
    notifyPermissions({
      sessions,
      agents,
      folders,
      inView: ({ sessionId }) => chat.visible && open.id === sessionId && vscode.window.state.focused,
      open: (session) => openInChat(session, { focus: true }),
    }),
    rememberOpen(context, open),
    open.onDidChange((id) => tree.select(id)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (changesGateway(change)) connection.redial();
    }),
  );

  if (open.id !== undefined) {
    tree.select(open.id);
    connection.want();
  }
  connection.run().catch((error: unknown) => log.error(details(error)));
  return {
    link: () => connection.link,
    onDidChangeLink: connection.onDidChangeLink,
    sessions: () => sessions.all,
    openSession: () => open.id,
  };
}

/** The open session is remembered for this workspace, so that a reload is a non-event. */
const OPEN = 'openSession';

function lastOpen(context: vscode.ExtensionContext): SessionId | undefined {
  const id = SessionId.safeParse(context.workspaceState.get(OPEN)).data;
  void setContext('holdfast.hasSession', id !== undefined);
  return id;
}

const rememberOpen = (context: vscode.ExtensionContext, open: OpenSession): Disposable =>
  open.onDidChange((id) => {
    void context.workspaceState.update(OPEN, id);
    void setContext('holdfast.hasSession', id !== undefined);
  });
