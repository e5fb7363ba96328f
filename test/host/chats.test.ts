// Chats in tabs and in the side bar, and the commands that lead to them.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { connect } from '../../gateway/rpc/connect.ts';
import { connected, holdfast, waitFor } from './holdfast.ts';

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`holdfast.${command}`, ...args);

describe('chats', () => {
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('a session moves into a tab and back; two stand side by side', async () => {
    const api = await holdfast();
    // The first command of the day starts the gateway.
    await run('tryDemo');
    const first = await waitFor('the first session', () => api.openSession());
    await run('openInTab', first);
    await waitFor('its tab', () => (api.tabs().includes(first) ? true : undefined));
    await run('tryDemo');
    const second = await waitFor('the second session', () =>
      api.openSession() === first ? undefined : api.openSession(),
    );
    assert.deepEqual(api.tabs(), [first]);
    await run('openInTab', second);
    await waitFor('two tabs', () => (api.tabs().length === 2 ? true : undefined));
    // A second time leads to the tab that is there.
    await run('openInTab', first);
    await run('openSession', first);
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await waitFor('two tabs in the window', () => (tabs().length === 2 ? true : undefined));
    await waitFor('the first tab in front', () => (api.openSession() === first ? true : undefined));
    await run('openInSideBar', first);
    await waitFor('one tab', () => (api.tabs().join() === second ? true : undefined));
    await waitFor('it in the side bar', () => (api.openSession() === first ? true : undefined));
  });

  it('the tab of a destroyed session closes', async () => {
    const api = await holdfast();
    const [id] = api.tabs();
    assert.ok(id);
    await using other = await connect({ name: 'another client' });
    await other.call('session.destroy', { sessionId: id });
    await waitFor('the tab to close', () => (api.tabs().length === 0 ? true : undefined));
  });

  it('the last session goes on with one command, and the title in the side bar means the side bar', async () => {
    const api = await holdfast();
    await using other = await connect({ name: 'another client' });
    const path = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    const { sessionId } = await other.call('session.create', { path, agent: 'demo', title: 'Newest' });
    await other.call('session.send', { sessionId, message: 'echo hi' });
    await waitFor('the newest session', () =>
      api.sessions().some((session) => session.sessionId === sessionId && session.status === 'idle')
        ? true
        : undefined,
    );
    await run('continueLast');
    await waitFor('it in the chat', () => (api.openSession() === sessionId ? true : undefined));
    await run('sideBar.copySessionId');
    assert.equal(await vscode.env.clipboard.readText(), sessionId);
  });

  it('doctor and the log of the gateway are texts that one can read', async () => {
    const api = await holdfast();
    await connected(api);
    await run('doctor');
    const text = (name: string) =>
      vscode.window.visibleTextEditors
        .find(({ document }) => document.uri.path.endsWith(name))
        ?.document.getText();
    const findings = await waitFor('the findings', () => text('Holdfast doctor'));
    assert.match(findings, /ok\s+Gateway\s+answers/);
    assert.match(findings, /ok\s+Database\s+reads/);
    await run('showGatewayLog');
    assert.match(await waitFor('the log', () => text('gateway.log')), /ready/);
    assert.equal(vscode.window.activeTextEditor?.document.isDirty, false);
  });

  it('a question is led to by its id; nothing is answered by that', async () => {
    const api = await holdfast();
    await using other = await connect({ name: 'another client' });
    const sessionId = await waitFor('an open session', () => api.openSession());
    await other.call('session.send', { sessionId, message: 'ask' });
    await waitFor('the question', () =>
      api.sessions().find((session) => session.sessionId === sessionId)?.pendingPermissions === 1
        ? true
        : undefined,
    );
    const { permissions } = await other.call('permission.list', { sessionId });
    await run('tryDemo');
    await waitFor('another session', () => (api.openSession() === sessionId ? undefined : true));
    await run('answerPermission', permissions[0]?.permissionId);
    await waitFor('the session that asks', () => (api.openSession() === sessionId ? true : undefined));
    assert.equal((await other.call('permission.list', { sessionId })).permissions.length, 1);
    await other.call('session.interrupt', { sessionId });
  });
});
