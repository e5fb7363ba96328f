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
  'holdfast.reconnect': reconnect,
  'holdfast.restartGateway': restartGateway,
  'holdfast.drainGateway': drainGateway,
  'holdfast.doctor': ({ reports }: GatewayCommandParts) => reports.show('Holdfast doctor', ['doctor']),
  'holdfast.showKeys': ({ reports }: GatewayCommandParts) =>
    reports.showText('Holdfast keys.md', keysHelp(settings.steers())),
  'holdfast.showGatewayLog': ({ reports }: GatewayCommandParts) =>
    reports.show('gateway.log', ['logs', '--lines', LOG_LINES]),
};

/** Where a gateway runs that does not fit, it makes way for ours, or this window loads what is installed by now. */
async function reconnect(parts: GatewayCommandParts): Promise<void> {
  const { connection } = parts;
  const { link } = connection;
  connection.want();
  if (link.state !== 'offline' || link.misfit === undefined) return connection.retryNow();
  const [cure, detail] =
    link.misfit === 'older'
      ? [t('Restart'), t('Running turns will be cut. Sessions and queued prompts stay.')]
      : [t('Reload Window'), ''];
  const choice = await vscode.window.showWarningMessage(link.reason, { modal: true, detail }, cure);
  if (choice !== cure) return;
  if (link.misfit === 'older') await restartGateway(parts);
  else await vscode.commands.executeCommand('workbench.action.reloadWindow');
}

async function restartGateway(parts: GatewayCommandParts): Promise<void> {
  const { connection, sessions, reports } = parts;
  // Nothing starts for an untrusted workspace: what is ended here would not come back.
  if (!(await isTrusted())) return;
  const busy = sessions.all.filter(isRunning).length;
  if (busy > 0) {
    const restart = t('Restart');
    const question = t('Restart the gateway while sessions work?');
    const detail =
      busy === 1
        ? t('1 running turn will be cut. Queued prompts stay.')
        : t('{0} running turns will be cut. Queued prompts stay.', busy);
    const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, restart);
    if (choice !== restart) return;
  }
  // One that cannot be spoken with may run all the same. If none does, the next try starts one.
  if (connection.client) await connection.call('gateway.stop', {});
  else await reports.ask(['down']);
  connection.retryNow();
}

/** For an update, or a setting: what runs may end first. The next gateway is started when this one has gone. */
async function drainGateway({ connection }: GatewayCommandParts): Promise<void> {
  if (!(await isTrusted())) return;
  const { turns } = await connection.call('gateway.drain', {});
  await vscode.window.showInformationMessage(
    turns === 0
      ? t('The gateway restarts now.')
      : turns === 1
        ? t('The gateway restarts when the running turn has ended. Until then it takes no new prompts.')
        : t(
            'The gateway restarts when {0} running turns have ended. Until then it takes no new prompts.',
            turns,
          ),
  );
}
