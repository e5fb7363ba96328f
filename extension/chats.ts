// The chats of this window: one in the side bar and any number in tabs. A session is shown in one of them, never twice.
import type { SessionId } from '../gateway/protocol/index.ts';
import type { Chat } from './chat.ts';
import type { ToPanel } from './chatMessages.ts';
import type { ChatTabs } from './chatTabs.ts';
import type { ChatView } from './chatView.ts';
import { setContext } from './context.ts';
import { Emitter } from './emitter.ts';
import type { Wish } from './openSession.ts';

export class Chats {
  readonly #view: ChatView;
  readonly #tabs: ChatTabs;
  #last: Chat;
  readonly #changed = new Emitter<undefined>();
  /** Another session is shown, or another chat is in front. */
  readonly onDidChange = this.#changed.event;
  readonly #viewed = new Emitter<undefined>();
  /** Another conversation is in view, or none any more. */
  readonly onDidChangeView = this.#viewed.event;
  #said = '';

  constructor(view: ChatView, tabs: ChatTabs) {
    this.#view = view;
    this.#tabs = tabs;
    this.#last = view.chat;
    const focused = (chat: Chat): void => {
      if (chat === this.#last) return;
      this.#last = chat;
      this.#become();
    };
    view.chat.onDidFocus(focused);
    tabs.onDidFocus(focused);
    view.chat.onDidChangeView(() => this.#viewed.fire(undefined));
    view.chat.open.onDidChange(() => {
      this.#last = view.chat;
      this.#become();
    });
    tabs.onDidChange(() => this.#become());
    this.#become();
  }

  /** In the side bar. */
  get sideBar(): Chat {
    return this.#view.chat;
  }

  /** The one that a person means who names none: where the keyboard was last. */
  get current(): Chat {
    return this.all.includes(this.#last) && this.#last.open.id !== undefined ? this.#last : this.sideBar;
  }

  get all(): readonly Chat[] {
    return [this.sideBar, ...this.#tabs.chats];
  }

  /** The sessions whose conversation is in view. */
  get showing(): readonly SessionId[] {
    return this.all.flatMap(({ visible, open }) => (visible && open.id !== undefined ? [open.id] : []));
  }

  /** Shows a session where it is open already, else in the side bar. With a wish the keyboard goes there as well. */
  async show(id: SessionId, ...wishes: readonly Wish[]): Promise<void> {
    const focus = wishes.length > 0;
    const tab = this.#tabs.find(id);
    if (tab) this.#tabs.reveal(id, focus);
    else {
      this.sideBar.open.open(id);
      await this.#view.reveal(focus);
    }
    for (const wish of wishes) (tab ?? this.sideBar).open.wish(wish);
  }

  /** Moves a session into a tab of its own. */
  showInTab(id: SessionId): void {
    if (this.#tabs.find(id)) return this.#tabs.reveal(id, true);
    if (this.sideBar.open.id === id) this.sideBar.open.open(undefined);
    this.#tabs.open(id).open.focusInput();
  }

  async showInSideBar(id: SessionId): Promise<void> {
    this.#tabs.close(id);
    await this.show(id, { type: 'focusInput' });
  }

  /** Brings the keyboard to a part of the current chat. */
  async focus(wish: Extract<ToPanel, { type: 'focusInput' | 'focusPart' }>): Promise<void> {
    const { id } = this.current.open;
    if (id !== undefined) await this.show(id, wish);
  }

  #become(): void {
    // After a reload the tab comes back by itself, and the side bar may remember the same session.
    const { id } = this.sideBar.open;
    if (id !== undefined && this.#tabs.find(id)) return this.sideBar.open.open(undefined);
    void setContext('holdfast.hasSession', id !== undefined || this.#tabs.ids.length > 0);
    const now = [this.current.open.id, id, ...this.#tabs.ids].join(' ');
    if (now !== this.#said) this.#changed.fire(undefined);
    this.#said = now;
    this.#viewed.fire(undefined);
  }
}
