// Chats in editor tabs: one for each session, and after a reload the same ones again.
import * as vscode from 'vscode';
import type { SessionId } from '../gateway/protocol/index.ts';
import { Chat, type ChatParts } from './chat.ts';
import { setContext } from './context.ts';
import { Emitter } from './emitter.ts';
import { t } from './l10n.ts';
import { titleOf } from './sessionGroups.ts';

const CHAT_TAB = 'holdfast.session';

interface Tab {
  readonly panel: vscode.WebviewPanel;
  readonly chat: Chat;
}

export class ChatTabs implements vscode.WebviewPanelSerializer {
  readonly #parts: ChatParts;
  readonly #tabs = new Map<SessionId, Tab>();
  readonly #focused = new Emitter<Chat>();
  readonly onDidFocus = this.#focused.event;
  readonly #changed = new Emitter<undefined>();
  /** A tab came, went, or is another one in front. */
  readonly onDidChange = this.#changed.event;

  constructor(parts: ChatParts) {
    this.#parts = parts;
  }

  register(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(CHAT_TAB, this);
  }

  get ids(): readonly SessionId[] {
    return [...this.#tabs.keys()];
  }

  get chats(): readonly Chat[] {
    return [...this.#tabs.values()].map(({ chat }) => chat);
  }

  get #active(): Chat | undefined {
    return [...this.#tabs.values()].find(({ panel }) => panel.active)?.chat;
  }

  find(id: SessionId): Chat | undefined {
    return this.#tabs.get(id)?.chat;
  }

  open(id: SessionId): Chat {
    const session = this.#parts.sessions.get(id);
    const title = session ? titleOf(session, 80) : t('Chat');
    const panel = vscode.window.createWebviewPanel(CHAT_TAB, title, vscode.ViewColumn.Active, {
      enableFindWidget: true,
    });
    return this.#fill(panel, id);
  }

  reveal(id: SessionId, focus: boolean): void {
    this.#tabs.get(id)?.panel.reveal(undefined, !focus);
  }

  close(id: SessionId): void {
    this.#tabs.get(id)?.panel.dispose();
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    this.#parts.connection.want();
    const { KeptPlace } = await import('./chatMessages.ts');
    const kept = KeptPlace.safeParse(state).data;
    // Without a session there is nothing to show, and a session stands in one place of a window.
    if (kept === undefined || this.#tabs.has(kept.sessionId)) return void panel.dispose();
    this.#fill(panel, kept.sessionId);
  }

  #fill(panel: vscode.WebviewPanel, id: SessionId): Chat {
    const chat = new Chat(this.#parts, id);
    const tab = { panel, chat };
    this.#tabs.set(id, tab);
    chat.onDidFocus((focused) => this.#focused.fire(focused));
    chat.onDidChange(() => {
      // Destroyed, or unknown to this gateway.
      if (chat.open.id === undefined) panel.dispose();
      else this.#retitle(tab);
    });
    panel.onDidChangeViewState(() => {
      // In front is not where the keyboard is: VS Code brings another tab to the front when one closes.
      chat.seenOrNot();
      this.#become();
    });
    panel.onDidDispose(() => {
      this.#tabs.delete(id);
      chat.dispose();
      this.#become();
    });
    this.#retitle(tab);
    chat.enter(panel);
    if (panel.active) this.#focused.fire(chat);
    this.#become();
    return chat;
  }

  #retitle({ panel, chat }: Tab): void {
    const { session } = chat;
    // Until the gateway has told of it, the title of before the reload stands.
    if (session) {
      panel.title = titleOf(session, 80);
      panel.iconPath = new vscode.ThemeIcon(this.#parts.agents.icon(session.agent));
    }
    if (panel.active) this.#working();
  }

  #become(): void {
    this.#working();
    this.#changed.fire(undefined);
  }

  #working(): void {
    void setContext('holdfast.tabWorking', this.#active?.isWorking === true);
  }
}
