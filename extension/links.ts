// vscode://holdfast.holdfast/new?path=...&text=...: prepares a session. Anybody can write a link, so it only ever
// pre-fills: a person sees all of it before anything is made, and nothing is sent.
import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../gateway/language.ts';
import { t } from './l10n.ts';
import { plainLines } from './plainText.ts';

/** What can be read in a dialog before one agrees. */
const MOST_TEXT = 2000;
const MOST_PATH = 1000;

export interface Prepared {
  readonly path?: string;
  readonly text: string;
}

/** Takes what it knows of the link, and nothing else: no address, token, agent or mode. Throws what is wrong with it. */
export function readLink({ path: way, query }: Pick<vscode.Uri, 'path' | 'query'>): Prepared {
  if (way !== '/new') throw new Error(t('This link means nothing to Holdfast. It knows only /new.'));
  const given = new URLSearchParams(query);
  const [path, text] = [given.get('path') ?? '', plainLines(given.get('text') ?? '')];
  if (text.length > MOST_TEXT)
    throw new Error(
      t('The text of this link is too long to be read first. Copy it into a session yourself.'),
    );
  if (path === '') return { text };
  if (!isAbsolute(path) || path.length > MOST_PATH || plainLines(path) !== path || path.includes('\n'))
    throw new Error(t('The folder of this link is not the whole path of one.'));
  return { path, text };
}

export function handleLinks(start: (prepared: Prepared) => Promise<void>): vscode.Disposable {
  const handleUri = async (uri: vscode.Uri): Promise<void> => {
    try {
      const prepared = readLink(uri);
      if (await isWanted(prepared)) await start(prepared);
    } catch (error) {
      await vscode.window.showErrorMessage(messageOf(error));
    }
  };
  return vscode.window.registerUriHandler({ handleUri });
}

async function isWanted({ path, text }: Prepared): Promise<boolean> {
  const prepare = t('Prepare Session');
  const folder = path === undefined ? t('You choose the folder.') : t('Folder: {0}', path);
  const detail = [folder, text, t('Nothing is sent until you send it.')].filter((part) => part !== '');
  const choice = await vscode.window.showInformationMessage(
    t('A link wants to prepare a session.'),
    { modal: true, detail: detail.join('\n\n') },
    prepare,
  );
  return choice === prepare;
}
