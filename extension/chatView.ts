// The chat in the side bar: VS Code's frame around a panel, with the session's title.
import * as vscode from 'vscode';
import type { SessionId } from '../gateway/protocol/index.ts';
import { Chat, type ChatParts } from './chat.ts';
import { setContext } from './context.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';
import { titleOf } from './sessionGroups.ts';

export const CHAT_VIEW = 'holdfast.chat';

export class ChatView implements vscode.WebviewViewProvider {
  readonly chat: Chat;
  readonly #agentName: (agent: string) => string;
  #view: vscode.WebviewView | undefined;

  constructor(parts: ChatParts, id?: SessionId) {
    this.chat = new Chat(parts, id);
    this.#agentName = parts.agents.name.bind(parts.agents);
    this.chat.onDidChange(() => this.#retitle());
    this.#retitle();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.onDidChangeVisibility(() => {
      this.chat.seenOrNot();
      this.#retitle();
    });
    view.onDidDispose(() => {
      // A page that goes late must not take the next one with it.
      if (this.#view !== view) return;
      this.#view = undefined;
      this.chat.leave();
      this.#retitle();
    });
    this.chat.enter(view);
    this.#retitle();
  }

  /** Brings the chat into view; the keyboard stays where it is unless `focus`. */
  async reveal(focus: boolean): Promise<void> {
    if (this.#view && !focus) this.#view.show(true);
    else await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`, { preserveFocus: !focus });
  }

  #retitle(): void {
    const { session, open } = this.chat;
    void setContext('holdfast.sideBarEmpty', open.id === undefined);
    void setContext('holdfast.working', this.chat.isWorking);
    void setContext('holdfast.chatFocused', this.chat.hasKeyboard);
    if (!this.#view) return;
    this.#view.title = session ? titleOf(session, 80) : t('Chat');
    // Where it runs matters more than who works there.
    const where = session?.peer ?? (session ? this.#agentName(session.agent) : '');
    this.#view.description = plain(where, 40);
  }
}
