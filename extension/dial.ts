// How this window reaches its gateway: who it says it is, and how a gateway is started when none answers.
import * as vscode from 'vscode';
import type { Actor, ClientId } from '../gateway/protocol/index.ts';
import type { Dial } from './connection.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';
import { settings } from './settings.ts';

/** The same over reloads, so that "here" stays here. */
export function whoAmI(context: vscode.ExtensionContext): Actor {
  const kept = context.workspaceState.get<ClientId>('clientId');
  // A UUID has the shape of an id.
  const clientId = kept ?? (`window-${crypto.randomUUID()}` as ClientId);
  if (kept === undefined) void context.workspaceState.update('clientId', clientId);
  const workspace = vscode.workspace.name;
  return { clientId, name: plain(workspace ? `window ${workspace}` : 'a window without a folder', 80) };
}

export function dialer(context: vscode.ExtensionContext, me: Actor, log: vscode.LogOutputChannel): Dial {
  return async ({ start, signal }) => {
    const home = settings.home();
    const { connect, NotStartedError } = await import('../gateway/rpc/connect.ts');
    const gateway = connect({
      clientId: me.clientId,
      name: me.name,
      signal,
      onProgress: (step) => log.debug(`Gateway: ${step}`),
      ...(home === '' ? {} : { home }),
      // An untrusted workspace may read what is there; it starts nothing.
      ...(start && vscode.workspace.isTrusted
        ? { start: gatewayProgram(context, ['up', '--foreground']) }
        : {}),
    });
    return gateway.catch((error: unknown) => {
      // Perhaps it is that program which cannot run it.
      if (error instanceof NotStartedError && settings.nodePath() !== '')
        error.message += ` ${nodePathWords(settings.nodePath())}`;
      throw error;
    });
  };
}

/** Whose choice it was that this program runs the gateway. */
export const nodePathWords = (program: string): string =>
  t('It was to run with {0}, as the setting holdfast.gateway.nodePath says.', program);

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The packaged gateway, which is also its command line. */
export function gatewayProgram(context: vscode.ExtensionContext, args: readonly string[]): Program {
  const home = settings.home();
  return {
    command: settings.nodePath() || process.execPath,
    args: [vscode.Uri.joinPath(context.extensionUri, 'dist', 'gateway.cjs').fsPath, ...args],
    // On the desktop process.execPath is Electron; this makes it Node. Others ignore it.
    env: { ELECTRON_RUN_AS_NODE: '1', ...(home === '' ? {} : { HOLDFAST_HOME: home }) },
  };
}
