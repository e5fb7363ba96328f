// What can be done with machines: link one, call it otherwise, say what it may do, forget it.
import * as vscode from 'vscode';
import { isRecord } from '../../gateway/language.ts';
import type { Nearby, Peer } from '../../gateway/protocol/index.ts';
import type { Command } from '../commandTable.ts';
import { locale, t } from '../l10n.ts';
import { plain } from '../plainText.ts';
import { machineRow } from './machineRows.ts';
import type { Machines } from './machines.ts';
import { pickNearby } from './nearbyPick.ts';
import { newSessionThere, type ThereParts } from './newSessionThere.ts';
import { pickPolicy } from './policyPick.ts';

export interface MachineCommandParts extends ThereParts {
  readonly machines: Machines;
}

type Act = (machine: Peer, parts: MachineCommandParts) => Promise<unknown>;

/** What is done with one machine: it is asked for where the command gives none. */
const acts: Record<string, Act> = {
  newSessionThere,
  reconnectMachine: ({ name }, { connection }) => connection.call('peers.reconnect', { name }),
  showOnlyMachine: async ({ name }, { machines }) => machines.showOnly(name),
  renameMachine: rename,
  machinePolicy: async ({ name, policy: now }, { connection }) => {
    const policy = await pickPolicy(name, now);
    if (policy) await connection.call('peers.policy', { name, ...policy });
  },
  removeMachine: remove,
};

export const machineCommands: Readonly<Record<string, Command<MachineCommandParts>>> = {
  'holdfast.linkMachine': link,
  'holdfast.showAllMachines': async ({ machines }) => machines.showOnly(undefined),
  ...Object.fromEntries(
    Object.entries(acts).map(([name, act]): [string, Command<MachineCommandParts>] => [
      `holdfast.${name}`,
      async (parts, from) => {
        const machine = await machineFor(from, parts);
        if (machine) await act(machine, parts);
      },
    ]),
  ),
};

async function machineFor(from: unknown, { machines }: MachineCommandParts): Promise<Peer | undefined> {
  const given = isRecord(from) ? from['peer'] : undefined;
  const name = isRecord(given) ? given['name'] : undefined;
  if (typeof name === 'string') return machines.get(name);
  const rows = machines.all.map((peer) => {
    const { label, description, icon } = machineRow(peer, Date.now());
    return { label: `$(${icon}) ${label}`, description, peer };
  });
  if (rows.length === 0) throw new Error(t('No machine is linked. Link one first.'));
  const choice = await vscode.window.showQuickPick(rows, { placeHolder: t('Which machine?') });
  return choice?.peer;
}

async function link(parts: MachineCommandParts): Promise<void> {
  const ways = [
    {
      label: t('Make a code'),
      detail: t('For the other machine: it is used there once, within ten minutes'),
      run: invite,
    },
    { label: t('Use a code'), detail: t('That was made on the other machine'), run: join },
    {
      label: t('Find it on this network'),
      detail: t('If it lets itself be found; then use a code'),
      run: joinNearby,
    },
  ];
  const way = await vscode.window.showQuickPick(ways, { title: t('Link a machine') });
  await way?.run(parts);
}

async function invite({ connection }: MachineCommandParts): Promise<void> {
  const { code, expiresAt } = await connection.call('peers.invite', {});
  const time = new Date(expiresAt).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
  const copy = t('Copy');
  const words = t('Use this code on the other machine, once, until {0}:', time);
  const how = t('There: Holdfast: Link a Machine, or holdfast peers join.');
  const choice = await vscode.window.showInformationMessage(
    words,
    { modal: true, detail: `${code}\n\n${how}` },
    copy,
  );
  if (choice === copy) await vscode.env.clipboard.writeText(code);
}

async function joinNearby(parts: MachineCommandParts): Promise<void> {
  const machine = await pickNearby(parts.connection);
  if (machine) await join(parts, machine);
}

/** The code must be of the machine that was found, if one was. */
async function join({ connection, machines }: MachineCommandParts, found?: Nearby): Promise<void> {
  const code = await vscode.window.showInputBox({
    title: t('Use a code'),
    prompt: found
      ? t('The code that was made on {0}: holdfast peers invite', plain(found.name))
      : t('The code that was made on the other machine'),
    ignoreFocusOut: true,
    password: true,
  });
  if (code === undefined || code.trim() === '') return;
  const { PeerPolicy } = await import('../../gateway/protocol/peer.ts');
  const policy = await pickPolicy(t('Link a machine'), PeerPolicy.parse({}));
  if (!policy) return;
  const expected = found ? { fingerprint: found.fingerprint } : {};
  const joining = connection.call('peers.join', { code: code.trim(), policy, ...expected });
  const location = vscode.ProgressLocation.Notification;
  const peer = await vscode.window.withProgress({ location, title: t('Linking the machine') }, () => joining);
  const show = t('Show its sessions');
  const choice = await vscode.window.showInformationMessage(t('{0} is linked.', peer.name), show);
  if (choice === show) machines.showOnly(peer.name);
}

async function rename({ name }: Peer, { connection }: MachineCommandParts): Promise<void> {
  const { PeerName } = await import('../../gateway/protocol/ids.ts');
  const given = await vscode.window.showInputBox({
    title: t('Rename machine'),
    value: name,
    validateInput: (text) =>
      PeerName.safeParse(text).success ? undefined : t('1 to 64 of a-z, 0-9, dot, dash and underscore'),
  });
  const newName = PeerName.safeParse(given).data;
  if (newName !== undefined && newName !== name) await connection.call('peers.rename', { name, newName });
}

async function remove({ name }: Peer, { connection }: MachineCommandParts): Promise<void> {
  const yes = t('Remove');
  const detail = t('Its link is cut, and its key is worth nothing here any more. Its sessions go on there.');
  const words = t('Remove {0} from your machines?', name);
  const choice = await vscode.window.showWarningMessage(words, { modal: true, detail }, yes);
  if (choice === yes) await connection.call('peers.remove', { name });
}
