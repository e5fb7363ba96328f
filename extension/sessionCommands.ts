// What can be done with one session, by name: open, rename, stop, archive, destroy.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import type { Archived } from './archived.ts';
import type { Chats } from './chats.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { titleOf } from './sessionGroups.ts';
import type { Sessions } from './sessions.ts';
import type { SessionTree } from './sessionTree.ts';
import { isTrusted } from './trust.ts';

export interface SessionCommandParts {
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly chats: Chats;
  readonly tree: SessionTree;
  readonly archived: Archived;
}

type Action = (session: Session, parts: SessionCommandParts) => Promise<unknown>;

export const sessionCommands = {
  openSession: open,
  openInTab: async ({ sessionId }, { chats }) => chats.showInTab(sessionId),
  openInSideBar: ({ sessionId }, { chats }) => chats.showInSideBar(sessionId),
  renameSession: rename,
  interruptSession: ({ sessionId }, { connection }) => connection.call('session.interrupt', { sessionId }),
  resumeSession: resume,
  forkSession: fork,
  archiveSession: archive,
  destroySession: destroy,
  copySessionId: async ({ sessionId }) => vscode.env.clipboard.writeText(sessionId),
} satisfies Record<string, Action>;

/** Opens a session; one that the filter has found by its transcript, at the place that was found. */
async function open({ sessionId }: Session, { chats, tree }: SessionCommandParts): Promise<void> {
  const place = tree.placeIn(sessionId);
  await chats.show(sessionId, ...(place ? [{ type: 'reveal', place } as const] : []));
}

async function rename({ sessionId, title }: Session, { connection }: SessionCommandParts): Promise<void> {
  const input = await vscode.window.showInputBox({
    title: t('Rename session'),
    value: title,
    validateInput: (text) =>
      text.trim() === '' || text.trim().length > 200 ? t('Between 1 and 200 characters.') : undefined,
  });
  if (input === undefined || input.trim() === title) return;
  await connection.call('session.rename', { sessionId, title: input.trim() });
}

async function resume(session: Session, { connection, chats }: SessionCommandParts): Promise<void> {
  if (!(await isTrusted())) return;
  await chats.show(session.sessionId);
  // Whether the agent remembers is in the transcript.
  await connection.call('session.resume', { sessionId: session.sessionId });
}

/** The agent remembers all so far, and from here on the two go their own ways. */
async function fork(
  { sessionId }: Session,
  { connection, sessions, chats }: SessionCommandParts,
): Promise<void> {
  if (!(await isTrusted())) return;
  const forked = await connection.call('session.fork', { sessionId });
  await sessions.whenKnown(forked.sessionId);
  await chats.show(forked.sessionId, { type: 'focusInput' });
}

async function archive(
  session: Session,
  { connection, chats, archived: told }: SessionCommandParts,
): Promise<void> {
  const { sessionId, archived } = session;
  await connection.call('session.archive', { sessionId, archived: !archived });
  if (archived) return chats.show(sessionId);
  told.tell(session);
}

async function destroy(session: Session, { connection }: SessionCommandParts): Promise<void> {
  const { sessionId } = session;
  const yes = t('Destroy');
  const choice = await vscode.window.showWarningMessage(
    t('Destroy {0}?', titleOf(session, 80)),
    {
      modal: true,
      detail: t('Its agent ends, and its transcript and queued prompts are removed. This cannot be undone.'),
    },
    yes,
  );
  if (choice === yes) await connection.call('session.destroy', { sessionId });
}
