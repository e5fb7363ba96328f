// The context keys that `when` clauses in package.json read.
import * as vscode from 'vscode';

export interface ContextKeys {
  'holdfast.link': 'connected' | 'connecting' | 'offline';
  /** The gateway has told its list, and the tree is empty. */
  'holdfast.known': boolean;
  /** A session is open in the chat. */
  'holdfast.hasSession': boolean;
  /** The open session works. */
  'holdfast.working': boolean;
}

const now = new Map<string, unknown>();

export async function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): Promise<void> {
  if (now.get(key) === value) return;
  now.set(key, value);
  await vscode.commands.executeCommand('setContext', key, value);
}
