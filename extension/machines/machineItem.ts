// A machine in the tree: its state in words, and more of it in the tooltip.
import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import { plain } from '../plainText.ts';
import { policyWords } from './policyPick.ts';
import type { MachineRow } from './machineRows.ts';

export function machineItem(row: MachineRow): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, vscode.TreeItemCollapsibleState.None);
  const colour = row.warns ? new vscode.ThemeColor(warning()) : undefined;
  item.iconPath = new vscode.ThemeIcon(row.icon, colour);
  item.tooltip = tooltip(row);
  item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
  return Object.assign(item, {
    id: row.id,
    description: row.description,
    contextValue: row.peer.state === 'connected' ? 'machine.connected' : 'machine',
  });
}

/** High contrast leaves the colours of lists undefined. */
function warning(): string {
  const { HighContrast, HighContrastLight } = vscode.ColorThemeKind;
  const isHigh = [HighContrast, HighContrastLight].includes(vscode.window.activeColorTheme.kind);
  return isHigh ? 'editorWarning.foreground' : 'list.warningForeground';
}

function tooltip({ label, description, peer }: MachineRow): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', false);
  text.supportHtml = false;
  text.isTrusted = false;
  const line = (words: string): unknown => text.appendText(words).appendMarkdown('\n\n');
  line(label);
  line(description);
  if (peer.reason !== null) line(plain(peer.reason, 300));
  if (peer.address !== null) line(plain(peer.address, 300));
  line(t('May do here: {0}', policyWords(peer.policy)));
  if (peer.allows !== null) line(t('Lets you: {0}', policyWords(peer.allows)));
  line(t('Key {0}', peer.fingerprint.slice(0, 16)));
  return text;
}
