// The rows of the machines, and what a row of a session says that runs on one: what is known, and since when.
import type { Peer, Session } from '../../gateway/protocol/index.ts';
import { locale, t } from '../l10n.ts';
import { plain } from '../plainText.ts';

export interface MachineRow {
  readonly kind: 'machine';
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: 'vm-active' | 'vm-pending' | 'vm-outline' | 'debug-disconnect';
  readonly warns: boolean;
  readonly peer: Peer;
}

export interface MachinesRow {
  readonly kind: 'group';
  readonly id: 'machines';
  readonly label: string;
  readonly description: string;
  readonly folded: boolean;
  readonly children: readonly MachineRow[];
}

/** No machine, no group. */
export function machineGroup(machines: readonly Peer[], now: number): readonly MachinesRow[] {
  if (machines.length === 0) return [];
  const children = machines.map((peer) => machineRow(peer, now));
  const description = String(machines.length);
  return [{ kind: 'group', id: 'machines', label: t('Machines'), description, folded: false, children }];
}

export const machineRow = (peer: Peer, now: number): MachineRow => ({
  kind: 'machine',
  id: `machine:${peer.name}`,
  label: plain(peer.name),
  peer,
  ...standing(peer, now),
});

type Standing = Pick<MachineRow, 'icon' | 'warns' | 'description'>;

function standing({ state, since, lastHeartbeatAt, rttMs }: Peer, now: number): Standing {
  switch (state) {
    case 'connected': {
      const words = rttMs === null ? t('Connected') : t('Connected · {0} ms', Math.max(1, Math.round(rttMs)));
      return { icon: 'vm-active', warns: false, description: words };
    }
    case 'connecting':
      return { icon: 'vm-pending', warns: false, description: t('Connecting') };
    case 'stale': {
      const heard = lasted(now - Date.parse(lastHeartbeatAt ?? since));
      return { icon: 'vm-outline', warns: true, description: t('Stale · heard {0} ago', heard) };
    }
    case 'disconnected': {
      const words = t('Offline since {0}', timeOf(since, now));
      return { icon: 'debug-disconnect', warns: false, description: words };
    }
  }
}

/** Whether what is shown of a session is how it is now. Sessions of this machine always are. */
export const isLive = (machine: Pick<Peer, 'state'> | undefined): boolean =>
  machine === undefined || machine.state === 'connected';

/** "workstation · as of 14:02": no time counts on for what is not heard from. */
export const asOf = (session: Session, machine: Peer, now: number): string =>
  `${plain(session.peer ?? machine.name, 24)} · ${t('as of {0}', timeOf(machine.lastHeartbeatAt ?? machine.since, now))}`;

/** 1m 40s, 40s, 2h 5m. */
function lasted(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t('{0}s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('{0}m {1}s', minutes, seconds % 60);
  return t('{0}h {1}m', Math.floor(minutes / 60), minutes % 60);
}

/** 14:02; of another day with its date. */
export function timeOf(at: string, now: number): string {
  const date = new Date(at);
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  return date.toDateString() === new Date(now).toDateString()
    ? date.toLocaleTimeString(locale(), time)
    : date.toLocaleString(locale(), { day: 'numeric', month: 'short', ...time });
}
