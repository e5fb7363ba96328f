// The log of this window, in the Output panel: View, Output, Holdfast.
import * as vscode from 'vscode';

export const openLog = (): vscode.LogOutputChannel =>
  vscode.window.createOutputChannel('Holdfast', { log: true });

/** An error for the log: with its stack and causes. */
export function details(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${details(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
