// The output of a command in a terminal of VS Code: to be searched and scrolled like any other, but it only shows.
import * as vscode from 'vscode';
import type { SessionId, ToolCall } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';

const CLEAR = '\u001b[2J\u001b[3J\u001b[H';
const DIM = (words: string): string => `\u001b[2m${words}\u001b[0m`;

export interface ShownCommand {
  readonly sessionId: SessionId;
  readonly toolCallId: string;
  readonly title: string;
  /** What it has put out so far. */
  readonly text: string;
  readonly isRunning: boolean;
}

export function showOutput(command: ShownCommand, connection: Pick<Connection, 'on'>): void {
  const pty = terminalOf(command, connection);
  const name = plain(command.title, 60) || t('Output');
  vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon('output') }).show(true);
}

/** Follows for as long as the command runs and the session is shown. */
export function terminalOf(command: ShownCommand, connection: Pick<Connection, 'on'>): vscode.Pseudoterminal {
  const written = new vscode.EventEmitter<string>();
  let { text, isRunning } = command;
  let shown = '';
  let isOpen = false;
  const draw = (): void => {
    // It takes VS Code a moment to open it: what comes meanwhile is drawn then.
    if (!isOpen) return;
    written.fire(text.startsWith(shown) ? harmless(text.slice(shown.length)) : CLEAR + harmless(text));
    shown = text;
    if (!isRunning) written.fire(`\r\n${DIM(t('The command is over.'))}\r\n`);
  };
  const following = connection.on('session.events', ({ sessionId, events }) => {
    if (sessionId !== command.sessionId) return;
    for (const event of events) {
      if (!isRunning || event.type !== 'tool_update' || event.toolCallId !== command.toolCallId) continue;
      if (event.content !== undefined) text = outputOf(event.content);
      isRunning = event.status !== 'completed' && event.status !== 'failed';
      draw();
    }
    if (!isRunning) following.dispose();
  });
  return {
    onDidWrite: written.event,
    open() {
      isOpen = true;
      draw();
    },
    close: () => following.dispose(),
  };
}

const outputOf = (content: ToolCall['content']): string =>
  content
    .map((piece) => (piece.type === 'text' ? piece.text : piece.type === 'other' ? piece.summary : ''))
    .filter(Boolean)
    .join('\n');

/** Colours stay. Whatever else steers a terminal, its title, its clipboard or its cursor, is made visible instead. */
export const harmless = (text: string): string =>
  text.replaceAll(PIECES, (piece) => {
    if (/^[\r\n]/.test(piece)) return '\r\n';
    return piece === '\t' || piece.length > 1 ? piece : name(piece);
  });

/** A colour, a line's end, or one character that steers. */
const PIECES = new RegExp(String.raw`\u001b\[[\d;:]*m|\r?\n|\p{Cc}|\p{Bidi_Control}`, 'gu');

const name = (char: string): string =>
  `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
