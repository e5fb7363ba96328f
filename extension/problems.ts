// The problems of the current file, as a text that goes along with a prompt.
import * as vscode from 'vscode';
import { basename } from 'node:path';
import { t } from './l10n.ts';

const MOST = 100;
const LONGEST = 500;

export interface Problems {
  /** "3 problems in login.ts" */
  readonly name: string;
  readonly count: number;
  readonly file: string;
  readonly text: string;
}

const WORDS: Readonly<Record<vscode.DiagnosticSeverity, string>> = {
  [vscode.DiagnosticSeverity.Error]: 'error',
  [vscode.DiagnosticSeverity.Warning]: 'warning',
  [vscode.DiagnosticSeverity.Information]: 'information',
  [vscode.DiagnosticSeverity.Hint]: 'hint',
};

/** undefined: no editor is open, or its file has none. */
export function problemsOf(editor: vscode.TextEditor | undefined): Problems | undefined {
  if (editor?.document.uri.scheme !== 'file') return undefined;
  const { uri } = editor.document;
  const found = vscode.languages.getDiagnostics(uri);
  if (found.length === 0) return undefined;
  const file = basename(uri.fsPath);
  const count = found.length;
  const name = count === 1 ? t('1 problem in {0}', file) : t('{0} problems in {1}', count, file);
  // For the agent, so not translated.
  const lines = found.slice(0, MOST).map(({ severity, range, message, source }) => {
    const from = source === undefined ? '' : ` (${source})`;
    return `- ${WORDS[severity]} in line ${range.start.line + 1}: ${message.slice(0, LONGEST).toWellFormed()}${from}`;
  });
  return { name, count, file, text: `Problems in ${uri.fsPath}:\n${lines.join('\n')}\n` };
}
