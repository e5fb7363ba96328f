// The chat in the sidebar: VS Code's frame around the panel. It hands messages on and shows the session's title.
import * as vscode from 'vscode';
import type { Agents } from './agents.ts';
import { chatHtml, panelRoots } from './chatHtml.ts';
import { FromPanel, type ToPanel } from './chatMessages.ts';
import { setContext } from './context.ts';
import type { OpenSession } from './openSession.ts';
import { plain } from './plainText.ts';
import type { Sessions } from './sessions.ts';

export const CHAT_VIEW = 'holdfast.chat';

export interface ChatViewParts {
  readonly extensionUri: vscode.Uri;
  readonly open: OpenSession;
  readonly sessions: Sessions;
  readonly agents: Agents;
  readonly act: (message: FromPanel) => void;
  readonly log: vscode.LogOutputChannel;
}

export class ChatView implements vscode.WebviewViewProvider {
  #view: vscode.WebviewView | undefined;
  #parts: ChatViewParts | undefined;

  /** The parts need `post`, so they come after the view is made. */
  connect(parts: ChatViewParts): void {
    this.#parts = parts;
    parts.open.onDidChange(() => this.#retitle());
    parts.agents.onDidChange(() => this.#retitle());
    parts.sessions.onDidChange((changes) => {
      const id = parts.open.id;
      const change = changes.findLast(({ before, after }) => (after ?? before)?.sessionId === id);
      if (!change) return;
      if (!change.after) return parts.open.open(undefined);
      if (this.visible) this.post({ type: 'sessionChanged', session: change.after });
      this.#retitle();
    });
    this.#retitle();
  }

  get visible(): boolean {
    return this.#view?.visible === true;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const parts = this.#parts;
    if (!parts) return;
    this.#view = view;
    view.webview.options = {
      enableScripts: true,
      enableForms: false,
      enableCommandUris: false,
      localResourceRoots: panelRoots(parts.extensionUri),
    };
    view.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    // Out of sight the page is thrown away; it comes back new, with a `ready` of its own.
    view.onDidChangeVisibility(() => {
      if (!view.visible) parts.open.hide();
    });
    view.onDidDispose(() => {
      this.#view = undefined;
      parts.open.hide();
    });
    view.webview.html = chatHtml(view.webview, parts.extensionUri);
    this.#retitle();
  }

  post(message: ToPanel): void {
    // False means that the page is gone meanwhile; the next one starts from a snapshot.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window's: VS Code's own takes one
    void this.#view?.webview.postMessage(message);
  }

  /** Brings the chat into view; the keyboard stays where it is unless `focus`. */
  async reveal(focus: boolean): Promise<void> {
    if (this.#view && !focus) this.#view.show(true);
    else await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`, { preserveFocus: !focus });
  }

  #receive(message: unknown): void {
    const parts = this.#parts;
    if (!parts) return;
    const checked = FromPanel.safeParse(message);
    if (!checked.success) return parts.log.warn(`Dropped a message of the panel: ${checked.error.message}`);
    if (checked.data.type === 'ready') return parts.open.show();
    parts.act(checked.data);
  }

  #retitle(): void {
    const parts = this.#parts;
    if (!parts) return;
    const session = parts.open.id === undefined ? undefined : parts.sessions.get(parts.open.id);
    void setContext('holdfast.working', session?.status === 'busy' || session?.status === 'waiting');
    if (!this.#view) return;
    this.#view.title = session
      ? plain(session.title, 80) || vscode.l10n.t('Untitled')
      : vscode.l10n.t('Chat');
    this.#view.description = session ? plain(parts.agents.name(session.agent), 40) : '';
  }
}
