// How a session's agent works: its mode and its model, asked for in VS Code's own lists.
import * as vscode from 'vscode';
import type { Mode, Session } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { plain } from './plainText.ts';

/** The most careful one first. */
const MODES: Readonly<Record<Mode, { readonly name: () => string; readonly explained: () => string }>> = {
  ask: {
    name: () => vscode.l10n.t('Ask'),
    explained: () => vscode.l10n.t('Asks before each change and each command'),
  },
  plan: {
    name: () => vscode.l10n.t('Plan'),
    explained: () => vscode.l10n.t('Reads and plans, changes nothing'),
  },
  code: {
    name: () => vscode.l10n.t('Code'),
    explained: () => vscode.l10n.t('Edits files without asking, asks before the rest'),
  },
  auto: {
    name: () => vscode.l10n.t('Auto'),
    explained: () => vscode.l10n.t('Asks nothing. Everything the agent wants to do is done'),
  },
};

export async function pickMode(session: Session, connection: Connection): Promise<void> {
  // Keys of a literal table of all modes.
  const all = Object.keys(MODES) as Mode[];
  const items = all.map((mode) => ({
    label: MODES[mode].name(),
    description: mode === session.mode ? vscode.l10n.t('now') : '',
    detail: MODES[mode].explained(),
    mode,
  }));
  const choice = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Mode of {0}', plain(session.title, 60)),
    placeHolder: vscode.l10n.t('How much may the agent do without asking?'),
  });
  if (!choice || choice.mode === session.mode) return;
  await connection.call('session.set_mode', { sessionId: session.sessionId, mode: choice.mode });
}

/** The gateway does not know which models an agent has: one is named, and the agent says whether it is one. */
export async function pickModel(session: Session, connection: Connection): Promise<void> {
  const input = await vscode.window.showInputBox({
    title: vscode.l10n.t('Model of {0}', plain(session.title, 60)),
    prompt: vscode.l10n.t("As the agent names it. Empty: the agent's own choice, from its next start on."),
    value: session.model ?? '',
  });
  if (input === undefined) return;
  const model = input.trim() === '' ? null : input.trim();
  if (model === session.model) return;
  await connection.call('session.set_model', { sessionId: session.sessionId, model });
}
