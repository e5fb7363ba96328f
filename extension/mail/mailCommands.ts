// What can be done with mail from the palette, the list and the thread: a table.
import * as vscode from 'vscode';
import type { MailThread, SessionId, ThreadMessage } from '../../gateway/protocol/index.ts';
import { registerTable, type Command } from '../commandTable.ts';
import type { Connection } from '../connection.ts';
import { t } from '../l10n.ts';
import { plainLabel } from '../plainText.ts';
import { isTrusted } from '../trust.ts';
import type { MailBook } from './mailBook.ts';
import { pickAddress, pickPolicy, policyName } from './mailPick.ts';
import { markRead } from './markRead.ts';
import type { MailThreadView } from './mailThreadView.ts';

export interface MailCommandParts {
  readonly connection: Connection;
  readonly book: MailBook;
  readonly view: MailThreadView;
  readonly titleOf: (sessionId: SessionId) => string | undefined;
  readonly openSession: (sessionId: SessionId) => Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

/** Mail makes agents go on, as prompts do. */
const driving =
  (run: Command<MailCommandParts>): Command<MailCommandParts> =>
  async (parts, from) => {
    if (await isTrusted()) await run(parts, from);
  };

const commands: Record<string, Command<MailCommandParts>> = {
  'holdfast.composeMail': driving(compose),
  'holdfast.openThread': async (parts, from) => {
    const thread = await threadFor(parts, from);
    if (thread) await parts.view.open(thread.threadId, { focus: false });
  },
  'holdfast.replyMail': async (parts, from) => {
    const thread = await threadFor(parts, from);
    if (thread) await parts.view.open(thread.threadId, { focus: true });
  },
  'holdfast.closeThread': ({ view }) => view.close(),
  'holdfast.acceptMail': driving((parts, from) => decide(parts, from, 'accept')),
  'holdfast.refuseMail': driving((parts, from) => decide(parts, from, 'refuse')),
  'holdfast.markMailRead': markThreadRead,
  'holdfast.requeueMail': driving(requeue),
  'holdfast.openMailSession': openSessionOf,
  'holdfast.mailPolicy': driving(async ({ connection, book }) => {
    const boxes = book.here.map((mailbox) => ({
      label: plainLabel(mailbox.name),
      description: policyName(mailbox.policy),
      mailbox,
    }));
    const choice = await vscode.window.showQuickPick(boxes, { title: t('Which mailbox?') });
    if (choice) await pickPolicy(connection, choice.mailbox);
  }),
};

export const registerMailCommands = (parts: MailCommandParts): vscode.Disposable =>
  registerTable(commands, parts);

async function compose({ connection, book, view }: MailCommandParts): Promise<void> {
  const to = await pickAddress(book.mailboxes);
  if (to === undefined) return;
  const message = await vscode.window.showInputBox({
    title: t('Write to {0}', plainLabel(to)),
    prompt: t('It is sent as yourself. It cannot answer a permission.'),
    ignoreFocusOut: true,
  });
  if (message === undefined || message.trim() === '') return;
  const { broker_message_id: threadId } = await connection.call('mail.send', {
    to,
    message: message.trim(),
  });
  await view.open(threadId, { focus: false });
}

/** The thread of a row, the one that is shown, or one that the person picks. */
async function threadFor({ book, view }: MailCommandParts, from: unknown): Promise<MailThread | undefined> {
  const given = typeof from === 'object' && from !== null && 'threadId' in from ? from.threadId : undefined;
  const id = given ?? view.shown?.thread.threadId;
  const known = book.threads.find(({ threadId }) => threadId === id);
  if (known) return known;
  const rows = book.threads.map((thread) => ({
    label: plainLabel(thread.subject, 100),
    description: plainLabel(thread.participants.join(', '), 80),
    thread,
  }));
  return (await vscode.window.showQuickPick(rows, { title: t('Which thread?') }))?.thread;
}

const messagesOf = async (
  { connection }: MailCommandParts,
  { threadId }: MailThread,
): Promise<readonly ThreadMessage[]> => (await connection.call('mail.thread', { threadId })).messages;

async function decide(parts: MailCommandParts, from: unknown, decision: 'accept' | 'refuse'): Promise<void> {
  const thread = await threadFor(parts, from);
  if (!thread) return;
  const held = (await messagesOf(parts, thread)).flatMap(({ id, content, deliveries }) =>
    deliveries
      .filter(({ state }) => state === 'held')
      .map(({ mailbox }) => ({ label: plainLabel(content, 120), description: mailbox, mailbox, id })),
  );
  if (held.length === 0) {
    void vscode.window.showInformationMessage(t('Nothing is held in this thread.'));
    return;
  }
  const title = decision === 'accept' ? t('Accept which message?') : t('Refuse which message?');
  // Whoever decides sees the text first, also when there is only one.
  const choice = await vscode.window.showQuickPick(held, { title });
  if (choice)
    await parts.connection.call('mail.decide', { mailbox: choice.mailbox, id: choice.id, decision });
}

async function markThreadRead(parts: MailCommandParts, from: unknown): Promise<void> {
  const thread = await threadFor(parts, from);
  if (!thread) return;
  await markRead(parts.connection, await messagesOf(parts, thread));
}

async function requeue(parts: MailCommandParts, from: unknown): Promise<void> {
  const thread = await threadFor(parts, from);
  if (!thread) return;
  const late = (await messagesOf(parts, thread))
    .filter(({ outgoing }) => outgoing !== null && ['pending', 'inflight', 'dead'].includes(outgoing.status))
    .map(({ id, content, to, outgoing }) => ({
      label: plainLabel(content, 120),
      description: plainLabel(to),
      detail: plainLabel(outgoing?.lastError ?? '', 200),
      id,
    }));
  if (late.length === 0) {
    void vscode.window.showInformationMessage(t('Everything in this thread has arrived.'));
    return;
  }
  const choice = await vscode.window.showQuickPick(late, {
    title: t('Send which message again?'),
  });
  if (choice) await parts.connection.call('mail.requeue', { id: choice.id });
}

/** The session that a thread concerns: whose agent wrote in it or was written to. */
async function openSessionOf(parts: MailCommandParts, from: unknown): Promise<void> {
  const { book, titleOf, openSession } = parts;
  const thread = await threadFor(parts, from);
  if (!thread) return;
  const rows = thread.participants.flatMap((name) => {
    const sessionId = book.mailbox(name)?.sessionId;
    if (sessionId === undefined) return [];
    return [{ label: plainLabel(titleOf(sessionId) ?? name, 100), description: plainLabel(name), sessionId }];
  });
  if (rows.length === 0) {
    void vscode.window.showInformationMessage(t('No session here takes part in this thread.'));
    return;
  }
  const [only, second] = rows;
  const choice =
    second === undefined ? only : await vscode.window.showQuickPick(rows, { title: t('Which session?') });
  if (choice) await openSession(choice.sessionId);
}
