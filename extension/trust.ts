// Restricted mode: agents run programs, so an untrusted workspace may read sessions and not drive them.
import * as vscode from 'vscode';
import { t } from './l10n.ts';

const untrusted = (): string =>
  t(
    'This workspace is in restricted mode: sessions can be read here, not driven. Trust the workspace to go on.',
  );

/** For what a page asks, which shows the refusal beside it. */
export function mustBeTrusted(): void {
  if (!vscode.workspace.isTrusted) throw new Error(untrusted());
}

/** Says so, and leads to VS Code's own decision, when the workspace is not trusted. */
export async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = t('Manage trust');
  const choice = await vscode.window.showInformationMessage(untrusted(), manage);
  if (choice === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return vscode.workspace.isTrusted;
}
