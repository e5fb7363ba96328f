// The processes of agents that run now, the largest first: nothing that eats memory is out of sight.
import * as vscode from 'vscode';
import { age } from './age.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';
import { titleOf } from './sessionGroups.ts';
import type { PickParts } from './sessionPick.ts';
import type { SessionCommandParts } from './sessionCommands.ts';

const MEGABYTE = 1024 * 1024;

export async function showProcesses(parts: PickParts & SessionCommandParts): Promise<void> {
  const { connection, agents, chats } = parts;
  const { sessions } = await connection.call('monitor.sessions', {});
  const running = sessions
    .flatMap((session) => (session.process ? [{ session, ...session.process }] : []))
    .toSorted((a, b) => (b.rss ?? 0) - (a.rss ?? 0));
  if (running.length === 0) {
    await vscode.window.showInformationMessage(t('No agent runs now. The next prompt starts one.'));
    return;
  }
  const items = running.map(({ session, pid, rss }) => ({
    label: plainLabel(titleOf(session, 80)),
    description: [
      plainLabel(agents.name(session.agent), 40),
      ...(rss === null ? [] : [t('{0} MB', Math.round(rss / MEGABYTE))]),
      t('process {0}', pid),
      age(Date.parse(session.lastActivityAt), Date.now()),
    ].join(' · '),
    detail: plainLabel(session.path),
    iconPath: new vscode.ThemeIcon(agents.icon(session.agent)),
    id: session.sessionId,
  }));
  const all = running.reduce((sum, { rss }) => sum + (rss ?? 0), 0);
  const title = t('Agent processes: {0}, {1} MB', running.length, Math.round(all / MEGABYTE));
  const placeHolder = t('One that nobody needs ends by itself. Which session?');
  const choice = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  if (choice) await chats.show(choice.id, { type: 'focusInput' });
}
