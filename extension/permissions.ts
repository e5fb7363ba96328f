// Leads to an open permission. It is answered on its card, where all that will be run is in full view, never in a list.
import * as vscode from 'vscode';
import type { Permission } from '../gateway/protocol/index.ts';
import { age } from './age.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';
import { titleOf } from './sessionGroups.ts';
import type { PickParts } from './sessionPick.ts';
import type { SessionCommandParts } from './sessionCommands.ts';

type Parts = PickParts & SessionCommandParts;

/** `from`: the id of the permission that a notification told of. */
export async function answerPermission(parts: Parts, from: unknown): Promise<void> {
  const permissions = await openPermissions(parts);
  const told = permissions.find(({ permissionId }) => permissionId === from);
  if (typeof from === 'string' && !told)
    return say(t('Nothing is left to do: it has been answered already.'));
  if (permissions.length === 0) return say(t('No agent asks for permission now.'));
  const chosen = told ?? (permissions.length === 1 ? permissions[0] : await pick(permissions, parts));
  if (chosen) await parts.chats.show(chosen.sessionId, { type: 'focusPart', part: 'permission' });
}

/** Those of this machine, and of the linked ones that are there and have any. */
async function openPermissions({ connection, sessions }: Parts): Promise<readonly Permission[]> {
  const asking = sessions.all.filter(({ pendingPermissions }) => pendingPermissions > 0);
  const peers = new Set(asking.flatMap(({ peer }) => (peer === undefined ? [] : [peer])));
  const lists = await Promise.all([
    connection.call('permission.list', {}),
    // One that does not answer keeps nobody from the others.
    ...[...peers].map((peer) =>
      connection.call('permission.list', { peer }).catch(() => ({ permissions: [] })),
    ),
  ]);
  return lists.flatMap(({ permissions }) => permissions);
}

async function pick(
  permissions: readonly Permission[],
  { sessions, agents }: Parts,
): Promise<Permission | undefined> {
  const items = permissions.map((permission) => {
    const session = sessions.get(permission.sessionId);
    const since = age(Date.parse(permission.createdAt), Date.now());
    return {
      label: session ? plainLabel(titleOf(session, 80)) : t('Untitled'),
      description: session ? `${plainLabel(agents.name(session.agent), 40)} · ${since}` : since,
      detail: plainLabel(permission.title),
      iconPath: new vscode.ThemeIcon(session ? agents.icon(session.agent) : 'robot'),
      permission,
    };
  });
  const placeHolder = t('Which question? It is answered in its chat.');
  const options = {
    title: t('Open permissions'),
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  };
  return (await vscode.window.showQuickPick(items, options))?.permission;
}

const say = async (words: string): Promise<void> => void (await vscode.window.showInformationMessage(words));
