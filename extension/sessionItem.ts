// A session in the tree: its icon in the colour of its group, and more of it in the tooltip.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import { errorColour, tooltipOf, warningColour } from './itemLooks.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';
import { sessionUri } from './sessionBadges.ts';
import { isRunning, titleOf, type SessionRow } from './sessionGroups.ts';
import { modeName } from './sessionSettings.ts';

/** `isHeard`: the gateway is not known to be away. */
export function sessionItem(row: SessionRow, agents: Agents, isHeard: boolean): vscode.TreeItem {
  const { session } = row;
  const highlights = row.match?.highlights.map(([start, end]): [number, number] => [start, end]) ?? [];
  const item = new vscode.TreeItem({ label: row.label, highlights }, vscode.TreeItemCollapsibleState.None);
  item.id = row.id;
  item.description = row.description;
  item.iconPath = new vscode.ThemeIcon(agents.icon(session.agent), tint(row, isHeard));
  item.resourceUri = sessionUri(session.sessionId);
  item.contextValue = [
    'session',
    row.isOld ? 'unheard' : row.group,
    ...(isRunning(session) ? ['running'] : []),
    ...(session.peer === undefined ? [] : ['remote']),
  ].join('.');
  item.accessibilityInformation = {
    label: `${row.label}, ${agents.name(session.agent)}, ${row.description}`,
  };
  item.command = { command: 'holdfast.openSession', title: t('Open'), arguments: [row] };
  return item;
}

/** Colour repeats what the group says. Nobody is shown at work who is not heard from. */
function tint({ session, group, isOld }: SessionRow, isHeard: boolean): vscode.ThemeColor | undefined {
  if (isOld || (group === 'working' && !isHeard)) return undefined;
  if (session.status === 'error') return errorColour();
  switch (group) {
    case 'needsYou':
      return warningColour();
    case 'working':
      return new vscode.ThemeColor('textLink.foreground');
    case 'stopped':
      return new vscode.ThemeColor('descriptionForeground');
    case 'idle':
      return undefined;
  }
}

/** `machine`: where it runs, in words, when that is elsewhere. `said`: the last sentence in it. */
export function sessionTooltip(
  session: Session,
  agent: string,
  machine: string,
  said: string,
): vscode.MarkdownString {
  const { status, step, queued, usage } = session;
  return tooltipOf(
    titleOf(session),
    [agent, modeName(session.mode), session.model ?? ''].filter((part) => part !== '').join(' · '),
    session.path,
    machine,
    status === 'busy' && step ? t('Step {0} of {1}: {2}', step.at, step.of, plain(step.content, 200)) : '',
    said,
    queued > 0 ? t('{0} queued', queued) : '',
    usage?.cost ? `${usage.cost.amount.toFixed(2)} ${usage.cost.currency}` : '',
  );
}
