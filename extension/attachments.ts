// What goes along with a prompt: files of the workspace, and lines that are selected in an editor.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Message } from '../gateway/protocol/index.ts';
import type { Attachment } from './chatMessages.ts';
import { placeInside } from './inside.ts';

/** The prompt with its files as links. The panel names files; whether they may go along is decided here. */
export async function withAttachments(
  text: string,
  attachments: readonly Attachment[],
  sessionFolder: string | undefined,
): Promise<Message> {
  if (attachments.length === 0) return text;
  for (const { uri } of attachments) await mustBeInside(uri, sessionFolder);
  return [
    { type: 'text', text },
    ...attachments.map(({ uri, name }) => ({ type: 'resource_link' as const, uri, name })),
  ];
}

async function mustBeInside(text: string, sessionFolder: string | undefined): Promise<void> {
  const uri = vscode.Uri.parse(text, true);
  // An authority would be another machine's file.
  if (uri.scheme !== 'file' || uri.authority !== '') {
    throw new Error(`Only files of this machine go along with a prompt. Remove ${text} and send again.`);
  }
  await placeInside(uri.fsPath, sessionFolder);
}

/** The selected lines of the editor, or the whole file when nothing is selected. */
export async function selectionOf(
  editor: vscode.TextEditor | undefined,
  sessionFolder: string | undefined,
): Promise<Attachment> {
  if (!editor) throw new Error('No editor is open. Select something in a file, then add it again.');
  const { document, selection } = editor;
  if (document.uri.scheme !== 'file') throw new Error('Save the file first: the agent reads it from disk.');
  await placeInside(document.uri.fsPath, sessionFolder);
  const name = basename(document.uri.fsPath);
  if (selection.isEmpty) return { uri: document.uri.toString(), name };
  const first = selection.start.line + 1;
  // A selection that ends before the first character of a line does not hold that line.
  const last = Math.max(first, selection.end.line + (selection.end.character === 0 ? 0 : 1));
  const lines = first === last ? `${first}` : `${first} to ${last}`;
  const uri = document.uri.with({ fragment: `L${first}-${last}` });
  return { uri: uri.toString(), name: `${name} ${lines}` };
}
