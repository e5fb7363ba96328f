// Mail in VS Code: what is known, the list, the thread in place of it, and what can be done.
import * as vscode from 'vscode';
import type { Agents } from '../agents.ts';
import type { Chats } from '../chats.ts';
import type { Connection } from '../connection.ts';
import type { Sessions } from '../sessions.ts';
import { MailBook } from './mailBook.ts';
import { registerMailCommands } from './mailCommands.ts';
import { MAIL_THREAD_VIEW, MailThreadView } from './mailThreadView.ts';
import { MailTree } from './mailTree.ts';

export interface MailParts {
  readonly extensionUri: vscode.Uri;
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly chats: Chats;
  readonly log: vscode.LogOutputChannel;
}

export function showMail(parts: MailParts): vscode.Disposable {
  const { extensionUri, connection, sessions, agents, chats, log } = parts;
  const book = new MailBook(connection, (message) => log.warn(message));
  const view = new MailThreadView({
    extensionUri,
    connection,
    book,
    titleOf: (sessionId) => sessions.get(sessionId)?.title,
    iconOf: (agent) => agents.icon(agent),
    openSession: (sessionId) => chats.show(sessionId, { type: 'focusInput' }),
    log,
  });
  return vscode.Disposable.from(
    book,
    view,
    new MailTree(book),
    vscode.window.registerWebviewViewProvider(MAIL_THREAD_VIEW, view),
    registerMailCommands({ connection, book, view, log }),
  );
}
