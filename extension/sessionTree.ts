// The tree of sessions: draws the rows of sessionGroups.ts with what a TreeItem can do, and counts on the badge.
import * as vscode from 'vscode';
import type { Session, SessionId } from '../gateway/protocol/index.ts';
import { stopped } from './age.ts';
import type { Agents } from './agents.ts';
import type { Place } from './chatMessages.ts';
import type { Connection } from './connection.ts';
import type { Folders } from './folders.ts';
import { t } from './l10n.ts';
import { lastSentence } from './lastSentence.ts';
import { machineItem } from './machines/machineItem.ts';
import { isLive, machineGroup, timeOf, type MachinesRow } from './machines/machineRows.ts';
import type { Machines } from './machines/machines.ts';
import { plain } from './plainText.ts';
import { SessionBadges } from './sessionBadges.ts';
import {
  arrange,
  needsYou,
  type FolderRow,
  type GroupRow,
  type Row,
  type SessionRow,
} from './sessionGroups.ts';
import type { SessionFilter } from './sessionFilter.ts';
import { sessionItem, sessionTooltip } from './sessionItem.ts';
import type { Sessions } from './sessions.ts';
import { needing } from './statusText.ts';
import { TreeSelection } from './treeSelection.ts';

export const SESSIONS_VIEW = 'holdfast.sessions';
/** What changes all the time and stands in no row; marks are decorations of rows that stay. */
const UNSEEN: ReadonlySet<string> = new Set([
  'lastActivityAt',
  'lastHeartbeatAt',
  'readSeq',
  'rttMs',
  'sessions',
  'unread',
]);
/** Many changes in a moment are one refresh. */
const COALESCE_MS = 100;
const MINUTE_MS = 60_000;
const STALE_MS = 10_000;

export interface SessionTreeParts {
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly folders: Folders;
  readonly filter: SessionFilter;
  readonly machines: Machines;
}

export class SessionTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #parts: SessionTreeParts;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #badges = new SessionBadges();
  readonly view: vscode.TreeView<Row>;
  readonly #disposables: vscode.Disposable[];
  #groups: readonly (GroupRow | MachinesRow)[] = [];
  #drawn = '';
  #pending: NodeJS.Timeout | undefined;
  readonly #selection = new TreeSelection({
    selected: () => this.view.selection[0]?.id,
    placeOf: (id) => {
      const row = this.#rowOf(id);
      return row && this.getParent(row)?.id;
    },
    canShow: (id, isMoved) => {
      // A group that is folded stays so.
      const open = childrenOf(this.#groups.filter(({ folded }) => !folded));
      return this.view.visible && (isMoved ? rowsIn(open) : open).some((row) => row.id === id);
    },
    reveal: async (id) => {
      const row = this.#rowOf(id);
      if (row) await this.view.reveal(row, { select: true, focus: false });
    },
  });

  constructor(parts: SessionTreeParts) {
    this.#parts = parts;
    this.view = vscode.window.createTreeView(SESSIONS_VIEW, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    const soon = (): void => this.#refreshSoon();
    const clock = setInterval(soon, MINUTE_MS);
    // How long ago a machine was heard is told in seconds, as long as that matters.
    const quick = setInterval(() => {
      if (parts.machines.all.some(({ state }) => state === 'stale')) soon();
    }, STALE_MS);
    this.#disposables = [
      this.view,
      this.#badges,
      this.#changed,
      parts.sessions.onDidChange(soon),
      parts.agents.onDidChange(soon),
      parts.folders.onDidChange(soon),
      parts.connection.onDidChangeLink(soon),
      parts.filter.onDidChange(() => this.#refresh()),
      parts.machines.onDidChange(soon),
      vscode.window.onDidChangeActiveColorTheme(soon),
      this.view.onDidChangeVisibility(() => this.#headline()),
      this.view.onDidChangeSelection(({ selection: [row] }) => this.#selection.said(row?.id)),
      { dispose: () => clearInterval(clock) },
      { dispose: () => clearInterval(quick) },
      { dispose: () => clearTimeout(this.#pending) },
    ];
    this.#headline();
  }

  /** The session that the keyboard is on. VS Code tells only what is selected, and arrows do not select. */
  async focused(): Promise<Session | undefined> {
    const selected = this.#selection.id ?? this.#selection.wanted;
    await vscode.commands.executeCommand('list.toggleSelection');
    const toggled = this.view.selection.map(({ id }) => id);
    await vscode.commands.executeCommand('list.toggleSelection');
    const id = toggled.find((one) => one !== selected) ?? selected;
    return id === undefined ? undefined : this.#parts.sessions.get(id);
  }

  /** Where the words of the filter stand in a session's transcript. */
  placeIn(id: SessionId): Place | undefined {
    return this.#rowOf(id)?.match?.inTranscript?.place;
  }

  /** Selects a session's row, where that opens no group that is folded on purpose. */
  select(id: string | undefined): void {
    this.#selection.want(id);
    this.#refreshSoon();
  }

  getChildren(row?: Row): Row[] {
    if (!row) return [...this.#groups];
    return 'children' in row ? [...row.children] : [];
  }

  getParent(row: Row): Row | undefined {
    for (const group of this.#groups) {
      for (const child of group.children) {
        if (child.id === row.id) return group;
        if (child.kind === 'folder' && child.children.some(({ id }) => id === row.id)) return child;
      }
    }
    return undefined;
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const { agents, connection } = this.#parts;
    switch (row.kind) {
      case 'group':
        return this.#groupItem(row);
      case 'folder': {
        const item = new vscode.TreeItem(row.label, vscode.TreeItemCollapsibleState.Collapsed);
        item.iconPath = new vscode.ThemeIcon('folder');
        item.tooltip = row.path;
        // Else the whole path would be read aloud.
        item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
        return Object.assign(item, { id: row.id, description: row.description, contextValue: 'folder' });
      }
      case 'session':
        return sessionItem(row, agents, connection.link.state !== 'offline');
      case 'machine':
        return machineItem(row);
    }
  }

  /** The tooltip of a session is made when somebody wants to see it. */
  async resolveTreeItem(item: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    if (row.kind !== 'session') return item;
    const { agents, connection } = this.#parts;
    const { session } = row;
    const history = await connection
      .call('session.history', { sessionId: session.sessionId, limit: 1 })
      // Without a link, or with none to its machine, the rest of it still is known.
      .catch(() => ({ messages: [] }));
    const said = lastSentence(history.messages);
    item.tooltip = sessionTooltip(session, agents.name(session.agent), this.#machineWords(session), said);
    return item;
  }

  dispose(): void {
    for (const part of this.#disposables) part.dispose();
  }

  #groupItem(row: GroupRow | MachinesRow): vscode.TreeItem {
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(row.label, row.folded ? Collapsed : Expanded);
    return Object.assign(item, { id: row.id, description: row.description, contextValue: `group.${row.id}` });
  }

  #machineWords(session: Session): string {
    const machine = this.#parts.machines.of(session);
    if (!machine) return '';
    if (isLive(machine)) return t('On {0}', plain(machine.name));
    const heard = timeOf(machine.lastHeartbeatAt ?? machine.since, Date.now());
    return t('On {0}, as of {1}', plain(machine.name), heard);
  }

  #refreshSoon(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.#refresh();
    }, COALESCE_MS);
  }

  /** Fires only when something is to be seen: a redraw closes an open tooltip. */
  #refresh(): void {
    const { sessions, agents, folders, filter, machines } = this.#parts;
    const { link } = this.#parts.connection;
    const { all } = sessions;
    const now = Date.now();
    const groups = arrange(all, {
      folders: folders.paths,
      now,
      since: (session) => sessions.since(session),
      machineOf: (session) => machines.of(session),
      only: machines.only,
      ...(link.state === 'offline' ? { heardAt: link.since } : {}),
      filter: filter.now,
    });
    this.#groups = filter.now ? groups : [...groups, ...machineGroup(machines.all, now)];
    this.#badges.update(all.map((one) => (machines.sharesMarks(one) ? one : { ...one, unread: false })));
    this.#headline();
    const icons = all.map(({ agent }) => agents.icon(agent));
    const { kind } = vscode.window.activeColorTheme;
    const drawn = JSON.stringify([this.#groups, icons, kind, link.state], (key, value: unknown) =>
      UNSEEN.has(key) ? undefined : value,
    );
    if (drawn !== this.#drawn) {
      this.#selection.drawing();
      this.#drawn = drawn;
      this.#changed.fire(undefined);
    }
    this.#selection.turn();
  }

  #rowOf(id: string | undefined): SessionRow | undefined {
    return rowsIn(childrenOf(this.#groups)).find((row) => row.id === id);
  }

  /** What stands around the rows: badge, description and, when the rows are not fresh, why. */
  #headline(): void {
    const { sessions, machines } = this.#parts;
    // What is not heard from may have been answered long ago.
    const count = sessions.all.filter((one) => needsYou(one) && machines.isLive(one)).length;
    const words = needing(count);
    this.view.badge = count === 0 ? undefined : { value: count, tooltip: words };
    // Folded, the title is all that is seen of the view.
    this.view.description = !this.view.visible && count > 0 ? words : (vscode.workspace.name ?? '');
    this.view.message = this.#message();
  }

  /** Without a row the welcome text has the place, see welcome.ts: a message would hide it. */
  #message(): string {
    const { sessions, connection, filter, machines } = this.#parts;
    const { link } = connection;
    if (sessions.all.length === 0) return '';
    const all = sessions.all.filter(({ archived }) => !archived).length;
    const shown = rowsIn(childrenOf(this.#groups)).length;
    return [
      link.state === 'offline'
        ? t('The gateway does not answer. {0} {1}', stopped(link.since, Date.now()), plain(link.reason, 300))
        : '',
      machines.only && !filter.now ? t('Only {0}. {1} of {2} sessions.', machines.only, shown, all) : '',
      filter.now ? t('Filter: {0}. {1} of {2} sessions.', plain(filter.now.words, 80), shown, all) : '',
    ]
      .filter((part) => part !== '')
      .join('\n');
  }
}

/** Without the machines. */
const childrenOf = (groups: readonly (GroupRow | MachinesRow)[]): (SessionRow | FolderRow)[] =>
  groups.flatMap((group) => (group.id === 'machines' ? [] : (group as GroupRow).children));

/** With those in folders. */
const rowsIn = (rows: readonly (SessionRow | FolderRow)[]): SessionRow[] =>
  rows.flatMap((row) => (row.kind === 'folder' ? row.children : [row]));
