// The context keys that `when` clauses in package.json read.
import * as vscode from 'vscode';

export interface ContextKeys {
  'holdfast.link': 'connected' | 'connecting' | 'offline';
  /** It takes a moment to be linked: before that, words about it would only flash up. */
  'holdfast.starting': boolean;
  /** The gateway has told its list, and the tree is empty. */
  'holdfast.empty': boolean;
  /** Which agents are installed: the welcome text names them. others: some that it has no line for. */
  [found: `holdfast.found.${string}`]: boolean;
  /** The tree shows only what its filter lets through. */
  'holdfast.filtered': boolean;
  /** Other machines are linked. */
  'holdfast.hasMachines': boolean;
  /** The tree shows the sessions of one machine only. */
  'holdfast.oneMachine': boolean;
  /** A session is shown in this window: in the side bar or in a tab. */
  'holdfast.hasSession': boolean;
  /** No session is open in the side bar. Before activation nobody knows: the chat has its place, and is made meanwhile. */
  'holdfast.sideBarEmpty': boolean;
  /** The keyboard is in the chat in the side bar. */
  'holdfast.chatFocused': boolean;
  /** The session in the side bar works. */
  'holdfast.working': boolean;
  /** The session in the tab in front works. */
  'holdfast.tabWorking': boolean;
  /** There is mail. */
  'holdfast.hasMail': boolean;
  /** A thread is shown in place of the list. */
  'holdfast.mailThread': boolean;
}

const now = new Map<string, unknown>();

export async function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): Promise<void> {
  if (now.get(key) === value) return;
  now.set(key, value);
  await vscode.commands.executeCommand('setContext', key, value);
}
