// The status bar item: the connection's truth in words; a click opens what can be done about it.
import * as vscode from 'vscode';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import type { Machines } from './machines/machines.ts';
import type { Sessions } from './sessions.ts';
import { statusText } from './statusText.ts';

export function showStatus(
  connection: Connection,
  sessions: Sessions,
  machines: Machines,
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('holdfast.status', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Holdfast';
  item.command = 'holdfast.menu';
  const draw = (): void => {
    const { link } = connection;
    // Where nothing may be started, no gateway is no news.
    const wanted = connection.wanted && vscode.workspace.isTrusted;
    const heard = sessions.all.filter((session) => machines.isLive(session));
    const status = statusText(link, heard, { known: sessions.known, wanted });
    const words = `Holdfast: ${status.text}`;
    item.text = `$(${status.icon}) ${words}`;
    item.accessibilityInformation = { label: words, role: 'button' };
    item.tooltip = tooltip(connection);
    item.backgroundColor = status.warns
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    item.show();
  };
  draw();
  return vscode.Disposable.from(
    item,
    connection.onDidChangeLink(draw),
    sessions.onDidChange(draw),
    machines.onDidChange(draw),
  );
}

/** 14:02:07. By hand: the first time in the words of a locale takes longer than all else that activation does. */
const clockTime = (date: Date): string =>
  [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');

function tooltip({ link, client }: Connection): string {
  const since = clockTime(new Date(link.since));
  if (link.state === 'connected' && client) {
    const { version, pid, home } = client.info;
    return t('Gateway {0}, process {1}, state in {2}. Connected since {3}.', version, pid, home, since);
  }
  if (link.state === 'offline') {
    return t('The gateway does not answer since {0}. {1}', since, link.reason);
  }
  return t('Looking for the gateway since {0}.', since);
}
