// Commands about the gateway itself: what is wrong with it, what it has logged, and its end.
import * as vscode from 'vscode';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { keysHelp } from './keysHelp.ts';
import type { Reports } from './reports.ts';
import { isRunning } from './sessionGroups.ts';
import type { Sessions } from './sessions.ts';
import { settings } from './settings.ts';
import { isTrusted } from './trust.ts';

/** As many lines as one looks through. */
const LOG_LINES = '1000';

export interface GatewayCommandParts {
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly reports: Reports;
}

export const gatewayCommands = {
  'holdfast.restartGateway': restartGateway,
  'holdfast.drainGateway': drainGateway,
  'holdfast.doctor': ({ reports }: GatewayCommandParts) => reports.show('Holdfast doctor', ['doctor']),
  'holdfast.showKeys': ({ reports }: GatewayCommandParts) =>
    reports.showText('Holdfast keys', keysHelp(settings.steers())),
  'holdfast.showGatewayLog': ({ reports }: GatewayCommandParts) =>
    reports.show('gateway.log', ['logs', '--lines', LOG_LINES]),
};

async function restartGateway(parts: GatewayCommandParts): Promise<void> {
  const { connection, sessions } = parts;
  // Nothing starts for an untrusted workspace: what is ended here would not come back.
  if (!(await isTrusted())) return;
  const busy = sessions.all.filter(isRunning).length;
  if (busy > 0) {
    const restart = t('Restart');
    const question = t('Restart the gateway while sessions work?');
    const detail = t('{0} running turns will be cut. Queued prompts stay.', busy);
    const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, restart);
    if (choice !== restart) return;
  }
  // Without an answer there is nothing to stop; the next try starts one.
  if (connection.client) await connection.call('gateway.stop', {});
  connection.retryNow();
}

/** For an update, or a setting: what runs may end first. The next gateway is started when this one has gone. */
async function drainGateway({ connection }: GatewayCommandParts): Promise<void> {
  if (!(await isTrusted())) return;
  const { turns } = await connection.call('gateway.drain', {});
  await vscode.window.showInformationMessage(
    turns === 0
      ? t('The gateway restarts now.')
      : t(
          'The gateway restarts when {0} running turns have ended. Until then it takes no new prompts.',
          turns,
        ),
  );
}
