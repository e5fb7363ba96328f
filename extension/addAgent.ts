// Agents that are not here yet: which there are, what installs each, and how a program of one's own becomes one.
import * as vscode from 'vscode';
import type { Agent } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';

interface Choice extends vscode.QuickPickItem {
  readonly pick?: Agent;
  readonly act?: () => Promise<void>;
}

export async function addAgent(connection: Connection, agents: Agents): Promise<void> {
  const list = await agents.refresh();
  const again = async (): Promise<void> => {
    const location = vscode.ProgressLocation.Notification;
    await vscode.window.withProgress({ location, title: t('Asking the ACP registry') }, () =>
      connection.call('agent.refresh', {}),
    );
    await addAgent(connection, agents);
  };
  const choices: Choice[] = [
    ...absentAgents(agents, list.agents),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: t('Another program...'), iconPath: new vscode.ThemeIcon('terminal'), act: describeOwn },
    {
      label: t('Ask the ACP registry for new agents'),
      iconPath: new vscode.ThemeIcon('refresh'),
      act: again,
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, {
    title: t('Add an agent'),
    placeHolder: t('Which agent?'),
    matchOnDetail: true,
  });
  if (choice?.pick) await sayHowToInstall(choice.pick);
  await choice?.act?.();
}

/** What is known and cannot be started, under headings of its own. */
export function absentAgents(agents: Agents, all: readonly Agent[]): Choice[] {
  const absent = all.filter(({ state }) => state !== 'installed');
  const under = (heading: string, those: readonly Agent[]): Choice[] =>
    those.length === 0
      ? []
      : [
          { label: heading, kind: vscode.QuickPickItemKind.Separator },
          ...those.map((agent) => agentItem(agents, agent)),
        ];
  return [
    ...under(
      t('Not ready'),
      absent.filter(({ source }) => source !== 'registry'),
    ),
    ...under(
      t('In the ACP registry'),
      absent.filter(({ source }) => source === 'registry'),
    ),
  ];
}

export const agentItem = (agents: Agents, agent: Agent): Choice => ({
  label: plainLabel(agent.name),
  detail: plainLabel(agent.detail),
  iconPath: new vscode.ThemeIcon(agents.icon(agent.agent)),
  pick: agent,
});

/** The person runs it: the command is written into a terminal, and Enter is theirs. */
export async function sayHowToInstall({ name, detail, state }: Agent): Promise<void> {
  const command = state === 'installable' ? /`([^`]+)`/.exec(detail)?.[1] : undefined;
  const terminal = t('Write It into a Terminal');
  const choice = await vscode.window.showInformationMessage(
    plainLabel(name),
    { modal: true, detail: plainLabel(detail, 400) },
    ...(command === undefined ? [] : [terminal]),
  );
  if (choice !== terminal || command === undefined) return;
  const shell = vscode.window.createTerminal({ name: plainLabel(name) });
  shell.show();
  shell.sendText(command, false);
}

async function describeOwn(): Promise<void> {
  const find = t('Find the File');
  const choice = await vscode.window.showInformationMessage(
    t('Any program that speaks ACP, or answers on its standard output, can be an agent.'),
    {
      modal: true,
      detail: t(
        'Name its command under "agents" in config.json, then restart the gateway. Doctor says where the file is.',
      ),
    },
    find,
  );
  if (choice === find) await vscode.commands.executeCommand('holdfast.doctor');
}
