// Registers a table of commands: whoever uses one wants a gateway, and there is one place where failures are told.
import * as vscode from 'vscode';
import { messageOf } from '../gateway/language.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { details } from './log.ts';

/** `from`: what VS Code gives a command: a row of a tree, or what a link or a key says. */
export type Command<P> = (parts: P, from: unknown) => Promise<unknown>;

interface TableParts {
  readonly connection: Connection;
  readonly log: vscode.LogOutputChannel;
}

export function registerTable<P extends TableParts>(
  table: Readonly<Record<string, Command<P>>>,
  parts: P,
): vscode.Disposable {
  const registered = Object.entries(table).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (from: unknown) => {
      parts.connection.want();
      await run(parts, from).catch((error: unknown) => tell(id, error, parts.log));
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function tell(command: string, error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  log.error(`${command}: ${details(error)}`);
  const show = t('Show log');
  const words = messageOf(error);
  if ((await vscode.window.showErrorMessage(words, show)) === show) log.show();
}
