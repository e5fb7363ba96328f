// What can be done with one session, by name: open, rename, stop, archive, destroy.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { plain } from './plainText.ts';
import { isTrusted } from './trust.ts';

/** Brings a session into the chat. */
export type OpenInChat = (session: Session, options: { focus: boolean }) => Promise<void>;

export interface SessionCommandParts {
  readonly connection: Connection;
  readonly openInChat: OpenInChat;
}

type Action = (session: Session, parts: SessionCommandParts) => Promise<unknown>;

export const sessionCommands = {
  'holdfast.renameSession': rename,
  'holdfast.interruptSession': ({ sessionId }, { connection }) =>
    connection.call('session.interrupt', { sessionId }),
  'holdfast.resumeSession': resume,
  'holdfast.archiveSession': archive,
  'holdfast.destroySession': destroy,
  'holdfast.copySessionId': async ({ sessionId }) => vscode.env.clipboard.writeText(sessionId),
} satisfies Record<string, Action>;

async function rename({ sessionId, title }: Session, { connection }: SessionCommandParts): Promise<void> {
  const input = await vscode.window.showInputBox({
    title: vscode.l10n.t('Rename session'),
    value: title,
    validateInput: (text) =>
      text.trim() === '' || text.trim().length > 200
        ? vscode.l10n.t('Between 1 and 200 characters.')
        : undefined,
  });
  if (input === undefined || input.trim() === title) return;
  await connection.call('session.rename', { sessionId, title: input.trim() });
}

async function resume(session: Session, { connection, openInChat }: SessionCommandParts): Promise<void> {
  if (!(await isTrusted())) return;
  await openInChat(session, { focus: false });
  // Whether the agent remembers is in the transcript.
  await connection.call('session.resume', { sessionId: session.sessionId });
}

async function archive(session: Session, { connection, openInChat }: SessionCommandParts): Promise<void> {
  const { sessionId, title, archived } = session;
  await connection.call('session.archive', { sessionId, archived: !archived });
  if (archived) return openInChat(session, { focus: false });
  const undo = vscode.l10n.t('Undo');
  const said = vscode.window.showInformationMessage(
    vscode.l10n.t('{0} is archived.', plain(title, 80)),
    undo,
  );
  if ((await said) === undo) await connection.call('session.archive', { sessionId, archived: false });
}

async function destroy({ sessionId, title }: Session, { connection }: SessionCommandParts): Promise<void> {
  const yes = vscode.l10n.t('Destroy');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Destroy {0}?', plain(title, 80)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Its agent ends, and its transcript and queued prompts are removed. This cannot be undone.',
      ),
    },
    yes,
  );
  if (choice === yes) await connection.call('session.destroy', { sessionId });
}
