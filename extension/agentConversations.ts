// Conversations that an agent remembers by itself, as one begun in a terminal: the person picks one, and it goes on here.
import * as vscode from 'vscode';
import type { AgentSession, SessionId } from '../gateway/protocol/index.ts';
import { age } from './age.ts';
import type { Agents } from './agents.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { pickAgent } from './newSession.ts';
import { plainLabel } from './plainText.ts';

/** The session in which it goes on; undefined: the person left, or there is none to choose. */
export async function continueConversation(
  connection: Connection,
  agents: Agents,
): Promise<SessionId | undefined> {
  const agent = await pickAgent(agents);
  if (agent === undefined) return undefined;
  // Starting the agent to ask it takes a moment: the list says so while it does.
  const rows = connection.call('agent.sessions', { agent }).then(({ sessions }) => sessions.map(row));
  const choice = await vscode.window.showQuickPick(rows, {
    title: t('Continue a conversation of {0}', agents.name(agent)),
    placeHolder: t('Its agent remembers it, and shows here what it tells of it.'),
    matchOnDescription: true,
  });
  if (choice === undefined) return undefined;
  const { sessionId, agentSessionId, path, title } = choice.past;
  if (sessionId !== null) return sessionId;
  const named = title?.trim().slice(0, 200) ?? '';
  const wanted = { agent, path, agentSessionId, ...(named === '' ? {} : { title: named }) };
  // The agent is started at once, and tells what was said.
  const waiting = { location: vscode.ProgressLocation.Window, title: t('Taking up the conversation') };
  const created = await vscode.window.withProgress(waiting, () => connection.call('session.create', wanted));
  return created.sessionId;
}

const row = (past: AgentSession): vscode.QuickPickItem & { readonly past: AgentSession } => ({
  label: plainLabel(past.title ?? '', 100) || t('Untitled'),
  description: past.updatedAt === null ? '' : age(Date.parse(past.updatedAt), Date.now()),
  detail: plainLabel(past.path, 200),
  past,
});
