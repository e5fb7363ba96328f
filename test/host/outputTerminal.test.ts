// The output of a command in a terminal: it follows, and nothing in it steers the terminal.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { harmless, showOutput, terminalOf } from '../../extension/outputTerminal.ts';
import { waitFor } from './holdfast.ts';
import { SessionId, type NotificationName, type NotificationParams } from '../../gateway/protocol/index.ts';

describe('the output of a command in a terminal', () => {
  it('keeps colours and shows all else that would steer', () => {
    assert.equal(harmless('\u001b[32mok\u001b[0m\nnext\ttab'), '\u001b[32mok\u001b[0m\r\nnext\ttab');
    assert.equal(harmless('10%\r20%'), '10%\r\n20%');
    const evil = '\u001b]0;title\u0007\u001b]52;c;AAAA\u0007\u001b[2J\u009b3J\u202e';
    assert.doesNotMatch(harmless(evil), /[\p{Cc}\p{Bidi_Control}]/u);
  });

  it('is whole, with its end, also where that came before VS Code had opened the terminal', async () => {
    const sessionId = SessionId.parse('s-out');
    let isFollowing = true;
    let hear = (_news: NotificationParams<'session.events'>): void => undefined;
    const on = <N extends NotificationName>(_name: N, listener: (params: NotificationParams<N>) => void) => {
      // It listens to events, and to nothing else.
      hear = listener as typeof hear;
      return { dispose: () => void (isFollowing = false) };
    };
    const written: string[] = [];
    const pty = terminalOf(
      { sessionId, toolCallId: 't1', title: '', text: 'one\n', isRunning: true },
      { on },
    );
    pty.onDidWrite((text) => written.push(text));
    // Only what the terminal reads of it.
    const news = {
      type: 'tool_update',
      toolCallId: 't1',
      status: 'completed',
      content: [{ type: 'text', text: 'one\ntwo\n' }],
    };
    hear({ sessionId, events: [news], cursor: 'l:1' } as unknown as NotificationParams<'session.events'>);
    assert.equal(isFollowing, false);
    pty.open(undefined);
    assert.equal(written.join(''), 'one\r\ntwo\r\n\r\n\u001b[2mThe command is over.\u001b[0m\r\n');
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
