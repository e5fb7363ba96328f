// Starts a session on another machine: with one of its agents, in one of its folders.
import * as vscode from 'vscode';
import type { Mode, Peer } from '../../gateway/protocol/index.ts';
import type { Agents } from '../agents.ts';
import type { Chats } from '../chats.ts';
import type { Connection } from '../connection.ts';
import { t } from '../l10n.ts';
import { askForAgent } from '../newSession.ts';
import { plain, plainLabel } from '../plainText.ts';
import type { Sessions } from '../sessions.ts';
import { chooseMode } from '../sessionSettings.ts';
import { isTrusted } from '../trust.ts';

export interface ThereParts {
  readonly connection: Connection;
  readonly agents: Agents;
  readonly sessions: Sessions;
  readonly chats: Chats;
}

/** Other modes answer permissions in advance. */
const ASKING: readonly Mode[] = ['ask', 'plan'];

export async function newSessionThere({ name: peer, allows }: Peer, parts: ThereParts): Promise<void> {
  const { connection, agents, sessions, chats } = parts;
  if (!(await isTrusted())) return;
  if (allows !== null && !allows.prompt) {
    const change = t('Set What a Machine May Do Here');
    throw new Error(t('{0} only shows you its sessions. Allow more there: {1}.', plain(peer), change));
  }
  const title = t('New session on {0}', plain(peer));
  const list = await connection.call('agent.list', { peer });
  const installed = { ...list, agents: list.agents.filter(({ state }) => state === 'installed') };
  const agent = await askForAgent(agents, installed, title);
  if (agent === undefined) return;
  const path = await pickFolder(peer, title, sessions);
  if (path === undefined) return;
  const offered = allows?.answer === false ? ASKING : [];
  const mode = await chooseMode({ title, offered });
  if (mode === undefined) return;
  const { sessionId } = await connection.call('session.create', { peer, agent, path, mode });
  await sessions.whenKnown(sessionId);
  await chats.show(sessionId, { type: 'focusInput' });
}

interface Folder extends vscode.QuickPickItem {
  readonly path?: string;
}

/** Its disk cannot be looked into from here: where sessions are already, or whatever somebody writes. */
async function pickFolder(peer: string, title: string, { all }: Sessions): Promise<string | undefined> {
  const there = all
    .filter((session) => session.peer === peer)
    .toSorted((a, b) => b.lastActivityAt.localeCompare(a.lastActivityAt));
  const paths = [...new Set(there.map(({ path }) => path))];
  const other = { label: t('Another folder...'), iconPath: new vscode.ThemeIcon('edit') };
  const rows: Folder[] = paths.map((path) => ({
    label: plainLabel(path),
    iconPath: new vscode.ThemeIcon('folder'),
    path,
  }));
  const choice: Folder | undefined =
    rows.length === 0
      ? other
      : await vscode.window.showQuickPick([...rows, other], { title, placeHolder: t('In which folder?') });
  if (choice === undefined || choice.path !== undefined) return choice?.path;
  const written = await vscode.window.showInputBox({
    title,
    prompt: t('The whole path of a folder on {0}; ~ is the home folder there', plain(peer)),
    value: '~/',
    validateInput: (path) => (path.trim() === '' ? t('In which folder?') : undefined),
  });
  return written?.trim();
}
