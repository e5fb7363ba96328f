// Commands that lead into the chat: to one of its parts, or with something for the next prompt.
import * as vscode from 'vscode';
import { selectionOf } from './attachments.ts';
import type { ToPanel } from './chatMessages.ts';
import { CHAT_VIEW } from './chatView.ts';
import { searchSessions } from './searchSessions.ts';
import { sessionFor, type PickParts } from './sessionPick.ts';
import type { SessionCommandParts } from './sessionCommands.ts';
import { soonConnected } from './soonConnected.ts';

export type ChatCommandParts = PickParts & SessionCommandParts;

type FocusPart = Extract<ToPanel, { type: 'focusPart' }>['part'];

const focus =
  (part: FocusPart) =>
  async ({ chats }: ChatCommandParts): Promise<void> =>
    chats.focus({ type: 'focusPart', part });

/** What Enter does, for whoever gives it keys of his own. A chat that is not in sight sends nothing. */
const submit =
  (steer: boolean) =>
  async ({ chats }: ChatCommandParts): Promise<void> => {
    const { current } = chats;
    if (current.visible) current.open.wish({ type: 'submit', steer });
  };

/** Into the container of this name: VS Code remembers where a view was moved to, by hand or by this. */
const moveChat = (container: string) => async (): Promise<void> => {
  const destinationId = `workbench.view.extension.${container}`;
  await vscode.commands.executeCommand('vscode.moveViews', { viewIds: [CHAT_VIEW], destinationId });
  // A side bar that was closed opens with it.
  await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
};

export const chatCommands = {
  'holdfast.focusInput': async ({ chats }: ChatCommandParts) => chats.focus({ type: 'focusInput' }),
  'holdfast.focusLastMessage': focus('lastMessage'),
  'holdfast.nextMessage': focus('nextMessage'),
  'holdfast.previousMessage': focus('previousMessage'),
  'holdfast.sendPrompt': submit(false),
  'holdfast.sendPromptNow': submit(true),
  'holdfast.focusPermission': focus('permission'),
  'holdfast.focusPlan': focus('plan'),
  'holdfast.focusQueue': focus('queue'),
  'holdfast.chatBeside': moveChat('holdfastBeside'),
  'holdfast.chatBelow': moveChat('holdfast'),
  'holdfast.addSelection': addSelection,
  'holdfast.searchSessions': async (parts: ChatCommandParts) => {
    const found = await searchSessions(parts);
    if (found) await parts.chats.show(found.sessionId, { type: 'reveal', place: found.place });
  },
};

async function addSelection(parts: ChatCommandParts): Promise<void> {
  // Asked first: the editor is the active one only as long as nothing else has the focus.
  const editor = vscode.window.activeTextEditor;
  await soonConnected(parts);
  // The first selection begins the first session.
  if (parts.sessions.all.length === 0) await vscode.commands.executeCommand('holdfast.newSession');
  const id = parts.chats.current.open.id ?? (await sessionFor(undefined, parts))?.sessionId;
  if (id === undefined) return;
  const attachment = await selectionOf(editor, parts.sessions.get(id)?.path);
  await parts.chats.show(id, { type: 'focusInput' }, { type: 'attach', attachment });
}
