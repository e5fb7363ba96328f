// Opens what the panel points at: links, files, code. What an agent wrote decides neither where nor whether.
import * as vscode from 'vscode';
import { currentEditor } from './attachments.ts';
import { placeInside } from './inside.ts';
import { t } from './l10n.ts';

/** Shows the whole address as it will be asked for, and asks. */
export async function openLink(text: string): Promise<void> {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(t('Only http and https addresses are opened. Copy this one if you trust it.'));
  }
  const open = t('Open');
  // `href` is ASCII: letters that look like others stand as they are.
  const choice = await vscode.window.showInformationMessage(
    t('Open this address in the browser?'),
    { modal: true, detail: url.href },
    open,
  );
  // VS Code takes text as well, and opens it as it stands; a Uri it would write anew, with & for %26.
  if (choice === open) await vscode.env.openExternal(url.href as unknown as vscode.Uri);
}

/** Opens a file of the session's folder or of this workspace; `line` counts from 1. */
export async function openFile(
  path: string,
  sessionFolder: string | undefined,
  line?: number,
): Promise<void> {
  const file = await placeInside(path, sessionFolder);
  const uri = vscode.Uri.file(file);
  const row = Math.max(0, (line ?? 1) - 1);
  const selection = line === undefined ? {} : { selection: new vscode.Range(row, 0, row, 0) };
  const { type } = await vscode.workspace.fs.stat(uri);
  if (type === vscode.FileType.Directory) await vscode.commands.executeCommand('revealInExplorer', uri);
  else
    await vscode.window
      .showTextDocument(uri, { preview: true, ...selection })
      // An image, or whatever else is no text: VS Code knows what shows it.
      .then(undefined, () => vscode.commands.executeCommand('vscode.open', uri));
}

export async function insertAtCursor(text: string): Promise<void> {
  const editor = currentEditor();
  if (!editor) throw new Error(t('No editor is open. Open a file and place the cursor, then insert again.'));
  const done = await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, text);
  });
  if (!done) throw new Error(t('The editor did not take the text. The file may be read-only.'));
}
