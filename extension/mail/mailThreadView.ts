// A thread in place of the list: the page around it, what it shows, and what a person does in it.
import * as vscode from 'vscode';
import { messageOf } from '../../gateway/language.ts';
import type { MailThread, MessageId, SessionId, ThreadMessage } from '../../gateway/protocol/index.ts';
import { Problem } from '../../gateway/protocol/problems.ts';
import { showPage } from '../chatHtml.ts';
import type { Connection } from '../connection.ts';
import { setContext } from '../context.ts';
import { details } from '../log.ts';
import { plain } from '../plainText.ts';
import { mustBeTrusted } from '../trust.ts';
import type { MailBook } from './mailBook.ts';
import { markRead } from './markRead.ts';
import type { FromThread, Reply, ToThread } from './mailMessages.ts';
import { pickAddress, pickPolicy, pickPriority } from './mailPick.ts';
import { replyAddress } from './replyAddress.ts';

export const MAIL_THREAD_VIEW = 'holdfast.mailThread';
/** How long a message that was sent waits for the gateway to come back. */
const SEND_WAIT_MS = 30_000;

export interface MailThreadParts {
  readonly extensionUri: vscode.Uri;
  readonly connection: Connection;
  readonly book: MailBook;
  readonly titleOf: (sessionId: SessionId) => string | undefined;
  readonly iconOf: (agent: string) => string;
  readonly openSession: (sessionId: SessionId) => Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

export class MailThreadView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #parts: MailThreadParts;
  readonly #listening: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  #threadId: MessageId | undefined;
  #shown: { readonly thread: MailThread; readonly messages: readonly ThreadMessage[] } | undefined;
  /** What the person chose for this thread; undefined: an answer to whoever wrote last. */
  #reply: Partial<Reply> = {};

  constructor(parts: MailThreadParts) {
    this.#parts = parts;
    this.#listening = vscode.Disposable.from(
      parts.book.onDidChange(() => void this.#refresh()),
      // What came while nobody looked is read now.
      vscode.window.onDidChangeWindowState(({ focused }) => void (focused && this.#refresh())),
      parts.connection.onDidChangeLink(({ state }) =>
        this.#post({ type: 'link', isLinked: state === 'connected' }),
      ),
    );
  }

  /** The thread that is shown, for commands that concern it. */
  get shown(): { readonly thread: MailThread; readonly messages: readonly ThreadMessage[] } | undefined {
    return this.#shown;
  }

  async open(threadId: MessageId, options: { readonly focus: boolean }): Promise<void> {
    if (this.#threadId !== threadId) this.#reply = {};
    this.#threadId = threadId;
    await setContext('holdfast.mailThread', true);
    await vscode.commands.executeCommand(`${MAIL_THREAD_VIEW}.focus`, { preserveFocus: !options.focus });
    await this.#refresh();
    if (options.focus) this.#post({ type: 'focusInput' });
  }

  /** Back to the list. */
  async close(): Promise<void> {
    this.#threadId = undefined;
    this.#shown = undefined;
    await setContext('holdfast.mailThread', false);
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { extensionUri } = this.#parts;
    this.#view = view;
    view.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    view.onDidDispose(() => {
      // A page that goes late must not take the next one with it.
      if (this.#view === view) this.#view = undefined;
    });
    showPage(view.webview, extensionUri, 'mail');
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #post(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window's: VS Code's own takes one
    void this.#view?.webview.postMessage(message);
  }

  async #refresh(): Promise<void> {
    const threadId = this.#threadId;
    const { connection } = this.#parts;
    if (threadId === undefined || !connection.client) return;
    try {
      const shown = await connection.call('mail.thread', { threadId });
      if (this.#threadId !== threadId) return;
      this.#shown = shown;
      this.#draw();
      await this.#read(shown.messages);
    } catch (error) {
      // Its mailbox was removed with all that was in it.
      if (error instanceof Problem && error.problem === 'mail.unknown') return this.close();
      this.#parts.log.warn(`The thread could not be read: ${details(error)}`);
    }
  }

  /** What a person has before their eyes is read. */
  async #read(messages: readonly ThreadMessage[]): Promise<void> {
    if (this.#view?.visible !== true || !vscode.window.state.focused) return;
    await markRead(this.#parts.connection, messages);
  }

  #draw(): void {
    if (!this.#shown || !this.#view) return;
    const { book, titleOf, iconOf } = this.#parts;
    const titles = book.here.flatMap(({ name, sessionId }): [string, string][] => {
      const title = sessionId === undefined ? undefined : titleOf(sessionId);
      return title === undefined ? [] : [[name, title]];
    });
    const agents = this.#shown.messages.flatMap(({ provenance }) => provenance.agent ?? []);
    this.#view.description = plain(this.#shown.thread.subject, 60);
    this.#post({
      type: 'thread',
      ...this.#shown,
      reply: this.#replyNow,
      titles: Object.fromEntries(titles),
      icons: Object.fromEntries(agents.map((agent) => [agent, iconOf(agent)])),
    });
  }

  get #replyNow(): Reply {
    const to = this.#reply.to ?? replyAddress(this.#shown?.messages ?? []);
    return { to, priority: this.#reply.priority ?? 'next' };
  }

  async #receive(message: unknown): Promise<void> {
    const { FromThread } = await import('./mailMessages.ts');
    const checked = FromThread.safeParse(message);
    if (!checked.success) {
      this.#parts.log.warn(`Dropped a message of the mail page: ${checked.error.message}`);
      return;
    }
    this.#act(checked.data).catch((error: unknown) => {
      this.#post({ type: 'refused', message: messageOf(error) });
    });
  }

  async #act(message: FromThread): Promise<void> {
    const { connection, book, openSession } = this.#parts;
    switch (message.type) {
      case 'ready':
        this.#post({ type: 'link', isLinked: connection.link.state === 'connected' });
        this.#draw();
        return this.#refresh();
      case 'send':
        return this.#send(message);
      case 'pickTo':
        return this.#choose({
          to: await pickAddress(book.mailboxes, this.#shown?.thread.participants),
        });
      case 'pickPriority':
        return this.#choose({ priority: await pickPriority() });
      case 'decide': {
        const { mailbox, id, decision } = message;
        mustBeTrusted();
        await connection.call('mail.decide', { mailbox, id, decision });
        return;
      }
      case 'requeue':
        mustBeTrusted();
        await connection.call('mail.requeue', { id: message.id });
        return;
      case 'policy':
        mustBeTrusted();
        return pickPolicy(connection, book.mailbox(message.mailbox) ?? { name: message.mailbox });
      case 'openSession':
        return openSession(message.sessionId);
    }
  }

  #choose(choice: { readonly [K in keyof Reply]?: Reply[K] | undefined }): void {
    // Undefined: the person left the list, and what was chosen before stays.
    if (choice.to !== undefined) this.#reply = { ...this.#reply, to: choice.to };
    if (choice.priority !== undefined) this.#reply = { ...this.#reply, priority: choice.priority };
    this.#post({ type: 'reply', reply: this.#replyNow });
  }

  async #send({ threadId, clientMessageId, text }: Extract<FromThread, { type: 'send' }>): Promise<void> {
    const last = this.#shown?.thread.threadId === threadId ? this.#shown.messages.at(-1) : undefined;
    const { to, priority } = this.#replyNow;
    try {
      mustBeTrusted();
      const params = {
        to,
        message: text,
        priority,
        client_message_id: clientMessageId,
        reply_to_id: last?.id ?? threadId,
      };
      await this.#parts.connection.callSurely('mail.send', params, SEND_WAIT_MS);
      this.#post({ type: 'sent', clientMessageId });
    } catch (error) {
      const message = messageOf(error);
      this.#post({ type: 'refused', clientMessageId, message });
    }
  }
}
