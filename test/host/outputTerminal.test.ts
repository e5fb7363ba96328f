// The output of a command in a terminal: it follows, and nothing in it steers the terminal.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { harmless, showOutput } from '../../extension/outputTerminal.ts';
import { waitFor } from './holdfast.ts';
import { SessionId, type NotificationName, type NotificationParams } from '../../gateway/protocol/index.ts';

describe('the output of a command in a terminal', () => {
  it('keeps colours and shows all else that would steer', () => {
    assert.equal(harmless('\u001b[32mok\u001b[0m\nnext\ttab'), '\u001b[32mok\u001b[0m\r\nnext\ttab');
    assert.equal(harmless('10%\r20%'), '10%\r\n20%');
    const evil = '\u001b]0;title\u0007\u001b]52;c;AAAA\u0007\u001b[2J\u009b3J\u202e';
    assert.doesNotMatch(harmless(evil), /[\p{Cc}\p{Bidi_Control}]/u);
  });

  it('is a terminal of its own that ends to follow when it is closed', async () => {
    let isFollowing = true;
    const on = <N extends NotificationName>(
      _name: N,
      _listener: (params: NotificationParams<N>) => void,
    ) => ({
      dispose: () => void (isFollowing = false),
    });
    const opened = new Promise<vscode.Terminal>((resolve) => {
      const listening = vscode.window.onDidOpenTerminal((terminal) => {
        listening.dispose();
        resolve(terminal);
      });
    });
    const sessionId = SessionId.parse('s-out');
    showOutput({ sessionId, toolCallId: 't1', title: 'Run tests', text: 'one\n', isRunning: true }, { on });
    const terminal = await opened;
    assert.equal(terminal.name, 'Run tests');
    const closed = new Promise<void>((resolve) => {
      const listening = vscode.window.onDidCloseTerminal(() => {
        listening.dispose();
        resolve();
      });
    });
    terminal.dispose();
    await closed;
    await waitFor('the end of following', () => !isFollowing || undefined);
  });
});
