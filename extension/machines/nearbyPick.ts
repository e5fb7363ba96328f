// Machines on the local network that let themselves be found: one is picked, and its code is asked for all the same.
import * as vscode from 'vscode';
import type { Nearby } from '../../gateway/protocol/index.ts';
import type { Connection } from '../connection.ts';
import { t } from '../l10n.ts';
import { plain } from '../plainText.ts';

export async function pickNearby(connection: Connection): Promise<Nearby | undefined> {
  const location = vscode.ProgressLocation.Notification;
  const title = t('Looking for machines on this network');
  const { found } = await vscode.window.withProgress({ location, title }, () =>
    connection.call('peers.discover', {}),
  );
  const rows = found.flatMap((machine) => {
    const { name, addresses, fingerprint, peer } = machine;
    if (peer !== null) return [];
    const detail = t('Its fingerprint begins with {0}', fingerprint);
    return [
      {
        label: `$(vm) ${plain(name)}`,
        description: addresses.map((one) => plain(one)).join(', '),
        detail,
        machine,
      },
    ];
  });
  if (rows.length === 0) {
    const how = t(
      'No other machine lets itself be found. On it: "peers": { "announce": true } in its configuration.',
    );
    await vscode.window.showInformationMessage(how);
    return undefined;
  }
  const placeHolder = t('Anybody can call himself so: only a code that was made there links it');
  return (await vscode.window.showQuickPick(rows, { placeHolder }))?.machine;
}
