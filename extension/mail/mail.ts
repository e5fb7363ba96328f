// Mail in VS Code: what is known, the list, the thread in place of it, and what can be done.
import * as vscode from 'vscode';
import type { Agents } from '../agents.ts';
import type { Chats } from '../chats.ts';
import type { Connection } from '../connection.ts';
import type { SessionId } from '../../gateway/protocol/index.ts';
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
  const { connection, sessions, agents, chats, log } = parts;
  const book = new MailBook(connection, (message) => log.warn(message));
  const titleOf = (sessionId: SessionId): string | undefined => sessions.get(sessionId)?.title;
  const openSession = (sessionId: SessionId): Promise<void> => chats.show(sessionId, { type: 'focusInput' });
  const iconOf = (agent: string): string => agents.icon(agent);
  const known = { ...parts, book, titleOf, openSession };
  const view = new MailThreadView({ ...known, iconOf });
  return vscode.Disposable.from(
    book,
    view,
    new MailTree(book),
    vscode.window.registerWebviewViewProvider(MAIL_THREAD_VIEW, view),
    registerMailCommands({ ...known, view }),
  );
}
