// A machine in the tree: its state in words, and more of it in the tooltip.
import * as vscode from 'vscode';
import { tooltipOf, warningColour } from '../itemLooks.ts';
import { t } from '../l10n.ts';
import { plain } from '../plainText.ts';
import { policyWords } from './policyPick.ts';
import type { MachineRow } from './machineRows.ts';

export function machineItem(row: MachineRow): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, vscode.TreeItemCollapsibleState.None);
  item.iconPath = new vscode.ThemeIcon(row.icon, row.warns ? warningColour() : undefined);
  item.tooltip = tooltip(row);
  item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
  return Object.assign(item, {
    id: row.id,
    description: row.description,
    contextValue: row.peer.state === 'connected' ? 'machine.connected' : 'machine',
  });
}

const tooltip = ({ label, description, peer }: MachineRow): vscode.MarkdownString =>
  tooltipOf(
    label,
    description,
    plain(peer.reason ?? '', 300),
    plain(peer.address ?? '', 300),
    t('May do here: {0}', policyWords(peer.policy)),
    peer.allows === null ? '' : t('Lets you: {0}', policyWords(peer.allows)),
    t('Key {0}', peer.fingerprint.slice(0, 16)),
  );
