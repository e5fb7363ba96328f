// Commands that lead into the chat: to one of its parts, or with something for the next prompt.
import * as vscode from 'vscode';
import { selectionOf } from './attachments.ts';
import type { ToPanel } from './chatMessages.ts';
import type { ChatView } from './chatView.ts';
import { searchSessions } from './searchSessions.ts';
import type { SessionCommandParts } from './sessionCommands.ts';
import { sessionFor, type PickParts } from './sessionPick.ts';

export interface ChatCommandParts extends PickParts, SessionCommandParts {
  readonly chat: ChatView;
}

type FocusPart = Extract<ToPanel, { type: 'focusPart' }>['part'];

const focus =
  (part: FocusPart) =>
  async ({ chat, open }: ChatCommandParts): Promise<void> => {
    await chat.reveal(true);
    open.wish({ type: 'focusPart', part });
  };

export const chatCommands = {
  'holdfast.focusInput': async ({ chat, open }: ChatCommandParts) => {
    await chat.reveal(true);
    open.wish({ type: 'focusInput' });
  },
  'holdfast.focusLastMessage': focus('lastMessage'),
  'holdfast.focusPermission': focus('permission'),
  'holdfast.focusPlan': focus('plan'),
  'holdfast.focusQueue': focus('queue'),
  'holdfast.addSelection': addSelection,
  'holdfast.searchSessions': async (parts: ChatCommandParts) => {
    const found = await searchSessions(parts);
    const session = found && parts.sessions.get(found.sessionId);
    if (!session) return;
    await parts.openInChat(session, { focus: false });
    parts.open.wish({ type: 'reveal', place: found.place });
  },
};

async function addSelection(parts: ChatCommandParts): Promise<void> {
  // Asked first: the editor is the active one only as long as nothing else has the focus.
  const editor = vscode.window.activeTextEditor;
  const session = await sessionFor(undefined, parts);
  if (!session) return;
  const attachment = await selectionOf(editor, session.path);
  await parts.openInChat(session, { focus: true });
  parts.open.wish({ type: 'attach', attachment });
}
