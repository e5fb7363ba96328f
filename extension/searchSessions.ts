// Full text over all transcripts: the gateway finds, VS Code's own list shows, and the choice opens its session.
import * as vscode from 'vscode';
import type { Session } from '../gateway/protocol/index.ts';
import { plainLabel } from './plainText.ts';
import type { PickParts } from './sessionPick.ts';
import type { SessionCommandParts } from './sessionCommands.ts';

/** How long the typing must rest before the gateway is asked. */
const REST_MS = 120;
const MOST = 50;

type Hit = vscode.QuickPickItem & { readonly id?: string };
type SearchParts = PickParts & SessionCommandParts;

/** The session of the chosen hit; undefined: the person left. */
export async function searchSessions(parts: SearchParts): Promise<Session | undefined> {
  const pick = vscode.window.createQuickPick<Hit>();
  pick.title = vscode.l10n.t('Search sessions');
  pick.placeholder = vscode.l10n.t('Words of a prompt or an answer');
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let rest: ReturnType<typeof setTimeout> | undefined;
  const listeners = [
    pick.onDidChangeValue((words) => {
      clearTimeout(rest);
      pick.busy = words.trim() !== '';
      rest = setTimeout(() => void show(pick, words, parts), REST_MS);
    }),
    pick.onDidAccept(() => {
      const id = pick.selectedItems[0]?.id;
      // "Nothing found" is a sentence, not a choice.
      if (id !== undefined) resolve(id);
    }),
    pick.onDidHide(() => resolve(undefined)),
  ];
  pick.show();
  const id = await promise;
  clearTimeout(rest);
  for (const listener of listeners) listener.dispose();
  pick.dispose();
  return id === undefined ? undefined : parts.sessions.get(id);
}

/** An answer to words that have been changed meanwhile is not shown. */
async function show(pick: vscode.QuickPick<Hit>, words: string, parts: SearchParts): Promise<void> {
  const isCurrent = (): boolean => pick.value === words;
  const query = words.trim().slice(0, 200);
  if (query === '') {
    pick.items = [];
    return;
  }
  try {
    const { hits } = await parts.connection.call('session.search', { query, limit: MOST });
    if (!isCurrent()) return;
    pick.items =
      hits.length === 0 ? [said(vscode.l10n.t('Nothing found'))] : hits.map((hit) => item(hit, parts));
  } catch (error) {
    if (isCurrent()) pick.items = [said(error instanceof Error ? error.message : String(error))];
  }
  pick.busy = false;
}

/** The gateway has matched already: the list must not filter once more. */
const said = (label: string): Hit => ({ label: plainLabel(label), alwaysShow: true });

function item(
  hit: { sessionId: Session['sessionId']; title: string; type: string; snippet: string },
  { sessions, agents }: SearchParts,
): Hit {
  const session = sessions.get(hit.sessionId);
  const where = hit.type === 'prompt' ? vscode.l10n.t('in a prompt') : vscode.l10n.t('in an answer');
  return {
    label: plainLabel(hit.title, 80) || vscode.l10n.t('Untitled'),
    description: where,
    detail: plainLabel(hit.snippet, 200),
    iconPath: new vscode.ThemeIcon(session === undefined ? 'comment' : agents.icon(session.agent)),
    id: hit.sessionId,
    alwaysShow: true,
  };
}
