// The rows of the session tree, worked out from a list of sessions: what needs me first, this folder before others.
import type { Peer, PeerName, Session } from '../gateway/protocol/index.ts';
import { age } from './age.ts';
import { locale, t } from './l10n.ts';
import { plain } from './plainText.ts';
import { asOf, isLive, type MachineRow, type MachinesRow } from './machines/machineRows.ts';
import { matchOf, type Filter, type Match } from './sessionMatch.ts';

export type GroupId = 'needsYou' | 'working' | 'idle' | 'stopped';

export interface SessionRow {
  readonly kind: 'session';
  readonly id: string;
  readonly group: GroupId;
  readonly session: Session;
  readonly label: string;
  readonly description: string;
  /** Its machine is not linked now: what is shown is what was last heard. */
  readonly isOld: boolean;
  /** Why the filter let it through, while there is one. */
  readonly match?: Match;
}

export interface FolderRow {
  readonly kind: 'folder';
  readonly id: string;
  readonly path: string;
  readonly label: string;
  readonly description: string;
  readonly children: readonly SessionRow[];
}

export interface GroupRow {
  readonly kind: 'group';
  /** Another one while a filter is on: then it stands open, whoever has folded it. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Folded until somebody opens it. */
  readonly folded: boolean;
  readonly children: readonly (SessionRow | FolderRow)[];
}

export type Row = GroupRow | FolderRow | SessionRow | MachinesRow | MachineRow;

/** From where, and when, one looks at the sessions. */
export interface Viewpoint {
  /** The folders of this window, symbolic links resolved; none: the window has no folder. */
  readonly folders: readonly string[];
  readonly now: number;
  /** When the session came into its status, in milliseconds since the epoch. */
  readonly since: (session: Session) => number;
  /** When the gateway was last heard, while it is not: what worked then need not work now. */
  readonly heardAt?: number;
  readonly filter?: Filter | undefined;
  /** The machine that a session runs on; undefined: this one. */
  readonly machineOf?: (session: Session) => Peer | undefined;
  /** Only sessions of this machine are shown. */
  readonly only?: PeerName | undefined;
}

const GROUPS: readonly { id: GroupId; label: () => string; folded: boolean }[] = [
  { id: 'needsYou', label: () => t('Needs you'), folded: false },
  { id: 'working', label: () => t('Working'), folded: false },
  { id: 'idle', label: () => t('Idle'), folded: false },
  { id: 'stopped', label: () => t('Stopped'), folded: true },
];

export function groupOf(session: Session): GroupId {
  // A question outlives the turn and the gateway that asked it, so it is looked at before the status.
  if (session.pendingPermissions > 0 || session.uncertain > 0) return 'needsYou';
  switch (session.status) {
    case 'waiting':
      return 'needsYou';
    case 'starting':
    case 'busy':
      return 'working';
    case 'idle':
    case 'error':
      return 'idle';
    case 'stopped':
      // One that never had an agent is new, and waits for its first prompt where it can be seen.
      return session.agentSessionId === null ? 'idle' : 'stopped';
  }
}

export const needsYou = (session: Session): boolean => !session.archived && groupOf(session) === 'needsYou';

/** A turn runs. */
export const isRunning = ({ status }: Session): boolean => status === 'busy' || status === 'waiting';

export const titleOf = ({ title }: Session, max?: number): string => plain(title, max) || t('Untitled');

/** All groups that have a session, in their fixed order. Archived sessions are out of sight. */
export function arrange(sessions: readonly Session[], view: Viewpoint): readonly GroupRow[] {
  const seen = sessions.filter(
    ({ archived, peer }) => !archived && (view.only === undefined || peer === view.only),
  );
  return GROUPS.flatMap(({ id, label, folded }) => {
    const members = seen.filter((session) => groupOf(session) === id).toSorted(newestFirst(id, view));
    if (view.filter) return filtered(members, id, label(), view, view.filter);
    if (members.length === 0) return [];
    // "Needs you" never folds anything away; and without a folder of one's own no folder is the other one.
    const children =
      id === 'needsYou' || view.folders.length === 0
        ? members.map((session) => row(session, id, view, !isHere(session, view.folders)))
        : hereThenElsewhere(members, id, view);
    return [{ kind: 'group', id, label: label(), description: String(members.length), folded, children }];
  });
}

/** What the filter lets through stands flat and open. */
function filtered(
  members: readonly Session[],
  group: GroupId,
  label: string,
  view: Viewpoint,
  filter: Filter,
): GroupRow[] {
  const children = members.flatMap((session): SessionRow[] => {
    const match = matchOf(session, titleOf(session), filter);
    if (!match) return [];
    const plainRow = row(session, group, view, !isHere(session, view.folders));
    if (!match.inTranscript) return [{ ...plainRow, match }];
    const { count } = match.inTranscript;
    const description = `${t('{0} in transcript', count)} · ${ageOf(session, group, view)}`;
    return [{ ...plainRow, match, description }];
  });
  if (children.length === 0) return [];
  const description = t('{0} of {1}', children.length, members.length);
  return [{ kind: 'group', id: `filter:${group}`, label, description, folded: false, children }];
}

/** A session is here when its folder is one of the window's, or lies in one. A path of another machine is another one. */
export const isHere = ({ path, peer }: Pick<Session, 'path' | 'peer'>, folders: readonly string[]): boolean =>
  peer === undefined &&
  folders.some((folder) => path === folder || (path.startsWith(folder) && endsAt(path, folder.length)));

/** Does a folder's name end here? On Windows there is another sign between folders. */
const endsAt = (path: string, at: number): boolean => /[\\/]/.test(path.slice(at - 1, at + 1));

/** The last part of a path, for people. */
export const folderName = (path: string): string =>
  path.split(/[\\/]/).findLast((part) => part !== '') ?? path;

/** What a working session did last changes all the time: rows would dance. Its start does not. */
const newestFirst = (group: GroupId, view: Viewpoint) => {
  const when = (session: Session): number =>
    group === 'working' ? view.since(session) : Date.parse(session.lastActivityAt);
  return (a: Session, b: Session): number => when(b) - when(a) || (a.sessionId < b.sessionId ? -1 : 1);
};

function hereThenElsewhere(
  members: readonly Session[],
  group: GroupId,
  view: Viewpoint,
): (SessionRow | FolderRow)[] {
  // Those of other machines name theirs, and fold into no folder.
  const isFlat = (session: Session): boolean => session.peer !== undefined || isHere(session, view.folders);
  const here = members.filter(isFlat);
  const elsewhere = Map.groupBy(
    members.filter((session) => !isFlat(session)),
    (session) => session.path,
  );
  const names = Map.groupBy(elsewhere.keys(), folderName);
  const folders = [...elsewhere].map(([path, inside]): FolderRow => {
    const name = folderName(path);
    const twin = (names.get(name)?.length ?? 0) > 1;
    return {
      kind: 'folder',
      id: `${group}:${path}`,
      path,
      // Two folders of one name: the folder above tells them apart.
      label: plain(twin ? `${folderName(path.slice(0, -name.length))}/${name}` : name),
      description: String(inside.length),
      children: inside.map((session) => row(session, group, view, false)),
    };
  });
  return [
    ...here.map((session) => row(session, group, view, false)),
    ...folders.toSorted((a, b) => a.label.localeCompare(b.label, 'en') || (a.path < b.path ? -1 : 1)),
  ];
}

function row(session: Session, group: GroupId, view: Viewpoint, namesFolder: boolean): SessionRow {
  const machine = view.machineOf?.(session);
  const isOld = !isLive(machine);
  const place = session.peer ?? (namesFolder ? folderName(session.path) : '');
  const facts =
    isOld && machine
      ? [asOf(session, machine, view.now)]
      : [fact(session), plain(place, 24), ageOf(session, group, view)];
  return {
    kind: 'session',
    // A session that changes its group is another row: the tree would move the old one's selection along.
    id: session.sessionId,
    group,
    session,
    isOld,
    label: titleOf(session),
    description: facts.filter((part) => part !== '').join(' · '),
  };
}

function ageOf(session: Session, group: GroupId, { since, heardAt, now }: Viewpoint): string {
  if (group !== 'working') return age(Date.parse(session.lastActivityAt), now);
  if (heardAt === undefined) return age(since(session), now);
  const time = new Date(heardAt).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
  return t('as of {0}', time);
}

function fact(session: Session): string {
  const { pendingPermissions: asked, pendingQuestions: questions = 0 } = session;
  if (asked > 1) return asked === questions ? t('{0} questions', asked) : t('{0} permissions', asked);
  if (asked === 1) return questions === 1 ? t('Question') : t('Permission');
  if (session.uncertain > 0) return t('Uncertain');
  switch (session.status) {
    case 'waiting':
      return t('Question');
    case 'starting':
      return t('Starting');
    case 'error':
      return t('Failed');
    case 'busy':
      return session.step ? t('Step {0} of {1}', session.step.at, session.step.of) : '';
    case 'idle':
    case 'stopped':
      return '';
  }
}
