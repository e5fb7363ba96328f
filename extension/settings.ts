// The settings, read where they are used and never remembered, so that a change counts at once.
import * as vscode from 'vscode';

export const settings = {
  /** Machine scope: a workspace cannot choose where the state lives or what is run. Empty: the gateway's own default. */
  home: (): string => read('gateway.home', ''),
  /** The Node that runs the gateway. Empty: the one that runs VS Code. */
  nodePath: (): string => read('gateway.nodePath', ''),
  /** Enter sends now while the agent works, and Alt+Enter queues. */
  steers: (): boolean => read<string>('chat.whileWorking', 'queue') === 'sendNow',
  notifies: (): boolean => read('notifications.permission', true),
  /** Which ends of turns are told in a notification. */
  tellsEnd: (outcome: 'finished' | 'failed'): boolean => {
    const which = read<string>('notifications.turns', 'failed');
    return which === 'all' || which === outcome;
  },
};

function read<T extends string | boolean>(name: string, fallback: T): T {
  // What stands in settings.json can be anything.
  const value = vscode.workspace.getConfiguration('holdfast').get<unknown>(name);
  return typeof value === typeof fallback ? (value as T) : fallback;
}

/** True when the change decides which gateway this window talks to, or what runs it. */
export const changesGateway = (change: vscode.ConfigurationChangeEvent): boolean =>
  change.affectsConfiguration('holdfast.gateway');
