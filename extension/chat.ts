// One panel and the session that it shows: the same in the side bar and in an editor tab.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Actor, Session, SessionId } from '../gateway/protocol/index.ts';
import type { Agents } from './agents.ts';
import { Changes } from './changes.ts';
import { showPage } from './chatHtml.ts';
import type { FromPanel, ToPanel } from './chatMessages.ts';
import type { Clippings } from './clippings.ts';
import type { Connection } from './connection.ts';
import type { Diffs } from './diffs.ts';
import { Emitter, type Disposable } from './emitter.ts';
import type { Keepsakes } from './keepsakes.ts';
import { machineNow, type Machines } from './machines/machines.ts';
import { OpenSession } from './openSession.ts';
import { panelActions, type Asked } from './panelActions.ts';
import { isRunning } from './sessionGroups.ts';
import type { Sessions } from './sessions.ts';
import { settings } from './settings.ts';

export interface ChatParts {
  readonly extensionUri: vscode.Uri;
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly machines: Machines;
  readonly agents: Agents;
  readonly diffs: Diffs;
  readonly clippings: Clippings;
  readonly keepsakes: Keepsakes;
  /** This window. */
  readonly me: Actor;
  readonly log: vscode.LogOutputChannel;
}

/** What VS Code puts around a panel: a view of the side bar, or an editor tab. */
export interface Frame {
  readonly webview: vscode.Webview;
  readonly visible: boolean;
}

export class Chat implements Disposable {
  readonly #parts: ChatParts;
  readonly #act: (message: Asked) => void;
  readonly #changed = new Emitter<undefined>();
  /** Another session is shown, or the shown one has changed. */
  readonly onDidChange = this.#changed.event;
  readonly #focused = new Emitter<Chat>();
  /** The keyboard has come here. */
  readonly onDidFocus = this.#focused.event;
  readonly #viewed = new Emitter<undefined>();
  /** It came into view, or left it. */
  readonly onDidChangeView = this.#viewed.event;
  readonly #listening: Disposable[];
  readonly open: OpenSession;
  readonly #changes: Changes;
  #frame: Frame | undefined;
  #hasKeyboard = false;
  /** The seq up to which the gateway was told that the session was read here. */
  #marked = 0;

  constructor(parts: ChatParts, id?: SessionId) {
    this.#parts = parts;
    const { connection, me, agents, sessions, machines, log, diffs, keepsakes } = parts;
    const post = this.#post.bind(this);
    const agentName = agents.name.bind(agents);
    this.open = new OpenSession(
      {
        connection,
        me,
        agentName,
        post,
        home: homedir(),
        machine: (session) => {
          const machine = machines.of(sessions.get(session));
          return machine && machineNow(machine);
        },
        warn: (words) => log.warn(words),
        kept: async (session) => {
          // Where it lives comes with the list: before that, a session of another machine would be unknown.
          await sessions.whenListed();
          return keepsakes.kept(session);
        },
      },
      id,
    );
    this.#changes = new Changes(post, diffs);
    this.#act = panelActions({ ...parts, open: this.open, changes: this.#changes, post });
    const changed = (): void => this.#changed.fire(undefined);
    this.#listening = [
      this.open,
      this.#changes,
      this.open.onDidChange(() => {
        this.#changes.forgetAll();
        this.#marked = 0;
        changed();
      }),
      agents.onDidChange(changed),
      machines.onDidChange(() => {
        this.open.machineChanged();
        changed();
      }),
      sessions.onDidChange((changes) => {
        const change = changes.findLast(({ before, after }) => (after ?? before)?.sessionId === this.open.id);
        if (!change) return;
        if (!change.after) return this.open.open(undefined);
        if (change.before?.peer !== change.after.peer) this.open.machineChanged();
        if (this.visible) post({ type: 'sessionChanged', session: change.after });
        this.#markRead();
        changed();
      }),
      this.open.onDidTell(() => this.#markRead()),
      vscode.window.onDidChangeWindowState(() => this.#markRead()),
      vscode.workspace.onDidChangeConfiguration(() => {
        if (this.visible) this.#tellSettings();
      }),
    ];
  }

  get session(): Session | undefined {
    return this.open.id === undefined ? undefined : this.#parts.sessions.get(this.open.id);
  }

  /** A turn runs, as far as is known now. */
  get isWorking(): boolean {
    const { session } = this;
    return session !== undefined && isRunning(session) && this.#parts.machines.isLive(session);
  }

  get visible(): boolean {
    return this.#frame?.visible === true;
  }

  /** The keyboard is in the panel: VS Code says so of trees, and of no webview. */
  get hasKeyboard(): boolean {
    return this.#hasKeyboard;
  }

  /** The panel starts in this frame. */
  enter(frame: Frame): void {
    const { extensionUri, log } = this.#parts;
    this.#frame = frame;
    const { webview } = frame;
    webview.onDidReceiveMessage(async (message: unknown) => {
      const { FromPanel } = await import('./chatMessages.ts');
      const { data, error } = FromPanel.safeParse(message);
      if (data === undefined) log.warn(`Dropped a message of the panel: ${error.message}`);
      else this.#receive(data);
    });
    showPage(webview, extensionUri, 'main');
    this.#viewed.fire(undefined);
  }

  #receive(message: FromPanel): void {
    if (message.type === 'ready') this.#begin();
    else if (message.type === 'focused' || message.type === 'blurred') {
      this.#hasKeyboard = message.type === 'focused';
      this.#changed.fire(undefined);
      if (this.#hasKeyboard) this.#focused.fire(this);
    } else this.#act(message);
  }

  /** The page is new and knows nothing. */
  #begin(): void {
    this.#tellSettings();
    this.#changes.forgetAll();
    this.open.show();
  }

  #tellSettings(): void {
    this.#post({ type: 'steers', steers: settings.steers() });
  }

  /** Out of sight the page is thrown away; it comes back new, with a `ready` of its own. */
  seenOrNot(): void {
    if (!this.visible) this.#away();
    this.#viewed.fire(undefined);
  }

  /** The frame is gone. */
  leave(): void {
    this.#frame = undefined;
    this.#away();
    this.#viewed.fire(undefined);
  }

  #away(): void {
    this.open.hide();
    this.#hasKeyboard = false;
  }

  dispose(): void {
    this.leave();
    for (const part of this.#listening) part.dispose();
  }

  /** What stands in front of somebody is read, for all windows. */
  #markRead(): void {
    const { session } = this;
    const seq = this.open.told;
    if (!session?.unread || !this.#parts.machines.sharesMarks(session)) return;
    if (!this.visible || !vscode.window.state.focused) return;
    if (seq <= Math.max(session.readSeq, this.#marked)) return;
    this.#marked = seq;
    const { sessionId } = session;
    this.#parts.connection.call('session.mark_read', { sessionId, seq }).catch(() => {
      // The link is gone: the session is told anew over the next one, and marked then.
      this.#marked = 0;
    });
  }

  #post(message: ToPanel): void {
    // False means that the page is gone meanwhile; the next one starts from a snapshot.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window's: VS Code's own takes one
    void this.#frame?.webview.postMessage(message);
  }
}
