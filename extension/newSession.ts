// Starts a session: which agent, in which folder, in which mode; asks only where there is a choice.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Agent, Mode, SessionId } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';
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

export async function pickAgent(agents: Agents): Promise<string | undefined> {
  const list = await agents.refresh();
  // The demo agent shows Holdfast; whoever has another one came for that.
  const rank = ({ agent }: Agent): number => (agent === list.defaultAgent ? 0 : agent === DEMO ? 2 : 1);
  const ready = list.agents
    .filter(({ state }) => state === 'installed')
    .toSorted((a, b) => rank(a) - rank(b));
  const absent = list.agents.filter(({ state, source }) => state !== 'installed' && source !== 'registry');
  const others = list.agents.filter(({ state, source }) => state !== 'installed' && source === 'registry');
  const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items: (vscode.QuickPickItem & { readonly pick?: Agent })[] = [
    ...ready.map((agent) => item(agents, agent)),
    ...(absent.length > 0 ? [separator(t('Not ready'))] : []),
    ...absent.map((agent) => item(agents, agent)),
    ...(others.length > 0 ? [separator(t('In the ACP registry'))] : []),
    ...others.map((agent) => item(agents, agent)),
  ];
  const choice = await vscode.window.showQuickPick(items, {
    title: t('New session'),
    placeHolder: t('Which agent?'),
    matchOnDescription: true,
  });
  const pick = choice?.pick;
  if (!pick) return undefined;
  if (pick.state === 'installed') return pick.agent;
  await vscode.window.showInformationMessage(`${plainLabel(pick.name)}: ${plainLabel(pick.detail, 400)}`, {
    modal: true,
  });
  return undefined;
}

const item = (agents: Agents, agent: Agent): vscode.QuickPickItem & { readonly pick: Agent } => ({
  label: plainLabel(agent.name),
  detail: plainLabel(agent.detail),
  iconPath: new vscode.ThemeIcon(agents.icon(agent.agent)),
  pick: agent,
});

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
