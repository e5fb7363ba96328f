// Sessions through the commands that trees, menus and keys call.
import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Session } from '../../gateway/protocol/index.ts';
import { connect } from '../../gateway/rpc/connect.ts';
import { connected, holdfast, waitFor } from './holdfast.ts';

describe('sessions', () => {
  it('one command starts the demo agent in the folder of the window, and opens it in the chat', async () => {
    const api = await holdfast();
    await vscode.commands.executeCommand('holdfast.tryDemo');
    const session = await waitFor('the new session', () => open(api));
    assert.equal(session.agent, 'demo');
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.equal(session.path, realpathSync(folder?.uri.fsPath ?? ''));
  });

  it('what another client does is seen at once', async () => {
    const api = await holdfast();
    await connected(api);
    const session = await waitFor('an open session', () => open(api));
    await using other = await connect({ name: 'another client' });
    await other.call('session.rename', { sessionId: session.sessionId, title: 'Named elsewhere' });
    await waitFor('the new title', () => (open(api)?.title === 'Named elsewhere' ? true : undefined));
    await other.call('session.send', { sessionId: session.sessionId, message: 'ask' });
    await waitFor('the question', () => (open(api)?.pendingPermissions === 1 ? true : undefined));
    await vscode.commands.executeCommand('holdfast.interruptSession', session.sessionId);
    await waitFor('the end of the turn', () => (open(api)?.status === 'idle' ? true : undefined));
  });

  it('an archived session leaves the chat alone; a destroyed one leaves it', async () => {
    const api = await holdfast();
    await connected(api);
    const { sessionId } = await waitFor('an open session', () => open(api));
    // It ends only when its notification, with Undo on it, is gone.
    void vscode.commands.executeCommand('holdfast.archiveSession', sessionId);
    await waitFor('the session to be archived', () => (open(api)?.archived === true ? true : undefined));
    await using other = await connect({ name: 'another client' });
    await other.call('session.destroy', { sessionId });
    await waitFor('the chat to be empty', () => (api.openSession() === undefined ? true : undefined));
    assert.deepEqual(
      api.sessions().filter((session) => session.sessionId === sessionId),
      [],
    );
  });
});

const open = (api: {
  sessions(): readonly Session[];
  openSession(): string | undefined;
}): Session | undefined => api.sessions().find(({ sessionId }) => sessionId === api.openSession());
