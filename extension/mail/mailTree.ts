// The list of mail: threads in VS Code's own tree, the last written first.
import * as vscode from 'vscode';
import type { MailThread } from '../../gateway/protocol/index.ts';
import { age } from '../age.ts';
import { setContext } from '../context.ts';
import { errorColour, warningColour } from '../itemLooks.ts';
import { t } from '../l10n.ts';
import { plain } from '../plainText.ts';
import type { MailBook } from './mailBook.ts';

export const MAIL_VIEW = 'holdfast.mail';
const SCHEME = 'holdfast-mail';
const MINUTE_MS = 60_000;

export class MailTree
  implements vscode.TreeDataProvider<MailThread>, vscode.FileDecorationProvider, vscode.Disposable
{
  readonly #book: MailBook;
  readonly #view: vscode.TreeView<MailThread>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #decorated = new vscode.EventEmitter<undefined>();
  readonly #parts: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;
  readonly onDidChangeFileDecorations = this.#decorated.event;

  constructor(book: MailBook) {
    this.#book = book;
    this.#view = vscode.window.createTreeView(MAIL_VIEW, { treeDataProvider: this });
    const minutes = setInterval(() => this.#changed.fire(), MINUTE_MS);
    this.#parts = vscode.Disposable.from(
      this.#view,
      this.#changed,
      this.#decorated,
      vscode.window.registerFileDecorationProvider(this),
      book.onDidChange(() => this.#draw()),
      { dispose: () => clearInterval(minutes) },
    );
  }

  getChildren(thread?: MailThread): MailThread[] {
    return thread === undefined ? [...this.#book.threads] : [];
  }

  getTreeItem(thread: MailThread): vscode.TreeItem {
    const { threadId, subject, lastAt } = thread;
    const item = new vscode.TreeItem(plain(subject, 120) || t('(no text)'));
    item.id = threadId;
    item.description = `${factOf(thread)} · ${age(Date.parse(lastAt), Date.now())}`;
    item.iconPath = iconOf(thread);
    item.resourceUri = vscode.Uri.from({ scheme: SCHEME, path: `/${threadId}`, query: marks(thread) });
    item.contextValue = thread.held > 0 ? 'thread.held' : 'thread';
    item.tooltip = tooltipOf(thread);
    item.command = { command: 'holdfast.openThread', title: t('Open'), arguments: [thread] };
    return item;
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== SCHEME || uri.query === '') return undefined;
    const tooltip = uri.query === 'held' ? t('Held') : t('Unread');
    return new vscode.FileDecoration('●', tooltip);
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #draw(): void {
    const { threads } = this.#book;
    void setContext('holdfast.hasMail', threads.length > 0);
    this.#view.description = countsOf(threads);
    this.#changed.fire();
    this.#decorated.fire(undefined);
  }
}

const marks = ({ held, unread }: MailThread): string => (held > 0 ? 'held' : unread > 0 ? 'unread' : '');

/** "1 held, 2 unread", or nothing. */
function countsOf(threads: readonly MailThread[]): string {
  const sum = (of: (thread: MailThread) => number): number =>
    threads.reduce((total, thread) => total + of(thread), 0);
  const held = sum((thread) => thread.held);
  const unread = sum((thread) => thread.unread);
  return [...(held > 0 ? [t('{0} held', held)] : []), ...(unread > 0 ? [t('{0} unread', unread)] : [])].join(
    ', ',
  );
}

function factOf({ held, dead, waiting, lastFrom }: MailThread): string {
  if (held > 0) return t('Held');
  if (dead > 0) return t('Not delivered');
  if (waiting > 0) return t('Waiting');
  return plain(lastFrom, 24);
}

function iconOf({ held, dead, unread }: MailThread): vscode.ThemeIcon {
  if (held > 0) return new vscode.ThemeIcon('mail', warningColour());
  if (dead > 0) return new vscode.ThemeIcon('error', errorColour());
  return new vscode.ThemeIcon(unread > 0 ? 'mail' : 'mail-read');
}

const tooltipOf = ({ subject, participants, messages }: MailThread): string =>
  [
    plain(subject, 400),
    plain(participants.join(', '), 400),
    messages === 1 ? t('1 message') : t('{0} messages', messages),
  ].join('\n');
