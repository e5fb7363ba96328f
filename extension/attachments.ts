// What goes along with a prompt: files of the workspace, and lines that are selected in an editor.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ContentBlock, Message } from '../gateway/protocol/index.ts';
import type { Attachment, FoundContext } from './chatMessages.ts';
import { isClipping, type Clippings } from './clippings.ts';
import { placeInside } from './inside.ts';
import { t } from './l10n.ts';
import { problemsOf } from './problems.ts';

/** What one message to the gateway holds, with some room for what is around it. */
const MOST = 1_000_000;

/** Where the session is that a prompt is for. */
export interface Where {
  readonly folder: string | undefined;
  readonly isElsewhere: boolean;
  readonly clippings: Clippings;
}

/** The prompt with what goes along. The panel names files; whether they may go along is decided here. */
export async function withAttachments(
  text: string,
  attachments: readonly Attachment[],
  where: Where,
): Promise<Message> {
  const message = attachments.length === 0 ? text : await blocksOf(text, attachments, where);
  if (Buffer.byteLength(JSON.stringify(message)) <= MOST) return message;
  throw new Error(
    Buffer.byteLength(JSON.stringify(text)) > MOST
      ? t('A prompt holds at most 1 MB. Put the text into a file of the folder, and name that with @.')
      : t('All that goes along is more than 1 MB together. Remove an image and send again.'),
  );
}

async function blocksOf(
  text: string,
  attachments: readonly Attachment[],
  { folder, isElsewhere, clippings }: Where,
): Promise<ContentBlock[]> {
  // A picture may say it all.
  const blocks: ContentBlock[] = text.trim() === '' ? [] : [{ type: 'text', text }];
  for (const { uri, name } of attachments) {
    if (isClipping(uri)) blocks.push(await clippings.block(uri, name));
    else {
      await mustBeInside(uri, folder);
      blocks.push(isElsewhere ? await contentOf(uri) : { type: 'resource_link', uri, name });
    }
  }
  return blocks;
}

/** What a file, or some of its lines, says: an agent on another machine cannot read it by its name. */
async function contentOf(text: string): Promise<ContentBlock> {
  const uri = vscode.Uri.parse(text, true);
  const bytes = await vscode.workspace.fs.readFile(uri.with({ fragment: '' }));
  try {
    const lines = new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\n');
    const [, first, last] = /^L(\d+)-(\d+)$/.exec(uri.fragment) ?? [];
    const chosen = first === undefined ? lines : lines.slice(Number(first) - 1, Number(last));
    return { type: 'resource', resource: { uri: text, text: chosen.join('\n') } };
  } catch {
    throw new Error(t('Only text goes along to another machine. Remove {0} and send again.', uri.fsPath));
  }
}

/** Files that were dropped into the panel. */
export async function filesOf(
  dropped: readonly string[],
  sessionFolder: string | undefined,
): Promise<Attachment[]> {
  const uris = dropped.map(asSeenHere);
  for (const uri of uris) await mustBeInside(uri.toString(), sessionFolder);
  return uris.map((uri) => ({ uri: uri.toString(), name: basename(uri.fsPath).slice(0, 200) }));
}

/** In a window over SSH, or into a container, what is a file here has the address that leads here from the desktop. */
function asSeenHere(text: string): vscode.Uri {
  const uri = vscode.Uri.parse(text, true);
  const isHere = uri.scheme === 'vscode-remote' && vscode.env.remoteName !== undefined;
  return isHere ? uri.with({ scheme: 'file', authority: '' }) : uri;
}

/** The editor that somebody works in, or has worked in before the chat got the focus. */
export const currentEditor = (): vscode.TextEditor | undefined =>
  vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];

/** The problems of the current file as they stand now. */
export async function problemsIn(
  editor: vscode.TextEditor | undefined,
  clippings: Clippings,
): Promise<Attachment> {
  const problems = problemsOf(editor);
  if (problems === undefined) throw new Error(t('The current file has no problems.'));
  return { name: problems.name, uri: await clippings.keep(Buffer.from(problems.text), 'txt') };
}

/** What the current editor could give to a prompt now. */
export function contextOf(editor: vscode.TextEditor | undefined): FoundContext[] {
  if (editor?.document.uri.scheme !== 'file') return [];
  const problems = problemsOf(editor);
  return [
    ...(editor.selection.isEmpty ? [] : [{ kind: 'selection' as const, name: linesOf(editor).name }]),
    ...(problems === undefined ? [] : [{ kind: 'problems' as const, count: problems.count }]),
  ];
}

async function mustBeInside(text: string, sessionFolder: string | undefined): Promise<void> {
  const uri = vscode.Uri.parse(text, true);
  // An authority would be another machine's file.
  if (uri.scheme !== 'file' || uri.authority !== '') {
    throw new Error(t('Only files of this machine go along with a prompt. Remove {0} and send again.', text));
  }
  await placeInside(uri.fsPath, sessionFolder);
}

/** The selected lines of the editor, or the whole file when nothing is selected. */
export async function selectionOf(
  editor: vscode.TextEditor | undefined,
  sessionFolder: string | undefined,
): Promise<Attachment> {
  if (!editor) throw new Error(t('No editor is open. Select something in a file, then add it again.'));
  const { document } = editor;
  if (document.uri.scheme !== 'file')
    throw new Error(t('Save the file first: the agent reads it from disk.'));
  await placeInside(document.uri.fsPath, sessionFolder);
  return linesOf(editor);
}

function linesOf({ document, selection }: vscode.TextEditor): Attachment {
  const name = basename(document.uri.fsPath);
  if (selection.isEmpty) return { uri: document.uri.toString(), name };
  const first = selection.start.line + 1;
  // A selection that ends before the first character of a line does not hold that line.
  const last = Math.max(first, selection.end.line + (selection.end.character === 0 ? 0 : 1));
  const lines = first === last ? `${first}` : t('{0} to {1}', first, last);
  const uri = document.uri.with({ fragment: `L${first}-${last}` });
  return { uri: uri.toString(), name: `${name} ${lines}` };
}
