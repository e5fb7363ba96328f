// Which session a command is about: the row it was called on, the one with the keyboard, the open one, or one to pick.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import type { Chats } from './chats.ts';
import type { Folders } from './folders.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';
import { arrange, type SessionRow } from './sessionGroups.ts';
import type { Sessions } from './sessions.ts';
import type { SessionTree } from './sessionTree.ts';

export interface PickParts {
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly folders: Folders;
  readonly chats: Chats;
  readonly tree: SessionTree;
}

/** `from`: what VS Code gives a command: a row of the tree, or what the keybinding says. */
export async function sessionFor(from: unknown, parts: PickParts): Promise<Session | undefined> {
  const { sessions, chats, tree } = parts;
  const id = idOf(from);
  // A row can be older than the list.
  if (id !== undefined) return sessions.get(id);
  if (from === 'focused') return tree.focused();
  return chats.current.session ?? pickSession(parts);
}

function idOf(from: unknown): string | undefined {
  if (typeof from === 'string' && from !== 'focused') return from;
  if (typeof from !== 'object' || from === null || !('kind' in from) || from.kind !== 'session')
    return undefined;
  return 'id' in from && typeof from.id === 'string' ? from.id : undefined;
}

export async function pickSession(
  parts: PickParts,
  options: { archived?: boolean; placeHolder?: string } = {},
): Promise<Session | undefined> {
  const { sessions, agents, folders } = parts;
  const archived = options.archived ?? false;
  // Put in the tree's order; archived ones are shown to it as if they were not.
  const shown = sessions.all
    .filter((session) => session.archived === archived)
    .map((session) => ({ ...session, archived: false }));
  const groups = arrange(shown, {
    folders: folders.paths,
    now: Date.now(),
    since: (session) => sessions.since(session),
  });
  const items = groups.flatMap(({ label, children }) => [
    { label, kind: vscode.QuickPickItemKind.Separator },
    ...children
      .flatMap((child) => (child.kind === 'folder' ? child.children : [child]))
      .map((row) => item(row, agents)),
  ]);
  if (items.length === 0) {
    await vscode.window.showInformationMessage(
      archived ? t('No session is archived.') : t('There is no session yet.'),
    );
    return undefined;
  }
  const choice: (vscode.QuickPickItem & { readonly id?: string }) | undefined =
    await vscode.window.showQuickPick(items, {
      placeHolder: options.placeHolder ?? t('Which session?'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
  return choice?.id === undefined ? undefined : sessions.get(choice.id);
}

const item = (row: SessionRow, agents: Agents): vscode.QuickPickItem & { readonly id: string } => ({
  label: plainLabel(row.label),
  description: plainLabel(row.description),
  detail: plainLabel(row.session.path),
  iconPath: new vscode.ThemeIcon(agents.icon(row.session.agent)),
  id: row.id,
});
