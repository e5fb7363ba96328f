// Starts a session: which agent, in which folder, in which mode; asks only where there is a choice.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Agent, Mode, SessionId } from '../gateway/protocol/index.ts';
import { absentAgents, agentItem, sayHowToInstall } from './addAgent.ts';
import type { Agents } from './agents.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { chooseMode } from './sessionSettings.ts';

export const DEMO = 'demo';

/** The new session; undefined: the person left one of the questions. */
export async function newSession(
  connection: Connection,
  agents: Agents,
  wish: { readonly agent?: string; readonly path?: string; readonly mode?: Mode } = {},
): Promise<SessionId | undefined> {
  const agent = wish.agent ?? (await pickAgent(agents));
  if (agent === undefined) return undefined;
  const path = wish.path ?? (await pickFolder());
  if (path === undefined) return undefined;
  const mode = wish.mode ?? (await chooseMode({ title: t('New session') }));
  if (mode === undefined) return undefined;
  // The gateway checks both, and says what to do when it knows no such agent or folder.
  const { sessionId } = await connection.call('session.create', { agent, path, mode });
  return sessionId;
}

export const pickAgent = async (agents: Agents): Promise<string | undefined> =>
  askForAgent(agents, await agents.refresh(), t('New session'));

/** One of these; what is not installed is told about instead. */
export async function askForAgent(
  agents: Agents,
  list: { readonly agents: readonly Agent[]; readonly defaultAgent: string },
  title: string,
): Promise<string | undefined> {
  // The demo agent shows Holdfast; whoever has another one came for that.
  const rank = ({ agent }: Agent): number => (agent === list.defaultAgent ? 0 : agent === DEMO ? 2 : 1);
  const ready = list.agents
    .filter(({ state }) => state === 'installed')
    .toSorted((a, b) => rank(a) - rank(b));
  const items = [...ready.map((agent) => agentItem(agents, agent)), ...absentAgents(agents, list.agents)];
  const choice = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: t('Which agent?'),
    matchOnDescription: true,
  });
  const pick = choice?.pick;
  if (pick === undefined) return undefined;
  if (pick.state === 'installed') return pick.agent;
  await sayHowToInstall(pick);
  return undefined;
}

async function pickFolder(): Promise<string | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 1) return folders[0]?.uri.fsPath;
  if (folders.length > 1) {
    const folder = await vscode.window.showWorkspaceFolderPick({
      placeHolder: t('In which folder?'),
    });
    return folder?.uri.fsPath;
  }
  const picked = await vscode.window.showOpenDialog({
    title: t('In which folder shall the agent work?'),
    openLabel: t('Start here'),
    canSelectFolders: true,
    canSelectFiles: false,
    defaultUri: vscode.Uri.file(homedir()),
  });
  return picked?.[0]?.fsPath;
}
