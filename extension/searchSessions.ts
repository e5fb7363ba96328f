// Full text over all transcripts: the gateway finds, VS Code's own list shows, and the choice leads to its place.
import * as vscode from 'vscode';
import { messageOf } from '../gateway/language.ts';
import type { Result, SessionId } from '../gateway/protocol/index.ts';
import type { Place } from './chatMessages.ts';
import { t } from './l10n.ts';
import { plainLabel } from './plainText.ts';
import type { PickParts } from './sessionPick.ts';
import type { SessionCommandParts } from './sessionCommands.ts';
import { placeOfHit } from './sessionMatch.ts';

/** How long the typing must rest before the gateway is asked. */
const REST_MS = 120;
const MOST = 50;

/** Where a hit stands. */
export interface Found {
  readonly sessionId: SessionId;
  readonly place: Place;
}

type Hit = vscode.QuickPickItem & { readonly found?: Found };
type SearchParts = PickParts & SessionCommandParts;

/** The chosen hit; undefined: the person left. */
export async function searchSessions(parts: SearchParts): Promise<Found | undefined> {
  const pick = vscode.window.createQuickPick<Hit>();
  pick.title = t('Search sessions');
  pick.placeholder = t('Words of a prompt or an answer');
  const { promise, resolve } = Promise.withResolvers<Found | undefined>();
  let rest: ReturnType<typeof setTimeout> | undefined;
  const listeners = [
    pick.onDidChangeValue((words) => {
      clearTimeout(rest);
      pick.busy = words.trim() !== '';
      rest = setTimeout(() => void show(pick, words, parts), REST_MS);
    }),
    pick.onDidAccept(() => {
      const found = pick.selectedItems[0]?.found;
      // "Nothing found" is a sentence, not a choice.
      if (found !== undefined) resolve(found);
    }),
    pick.onDidHide(() => resolve(undefined)),
  ];
  pick.show();
  const found = await promise;
  clearTimeout(rest);
  for (const listener of listeners) listener.dispose();
  pick.dispose();
  return found;
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
    pick.items = hits.length === 0 ? [said(t('Nothing found'))] : hits.map((hit) => item(hit, parts));
  } catch (error) {
    if (isCurrent()) pick.items = [said(messageOf(error))];
  }
  pick.busy = false;
}

/** The gateway has matched already: the list must not filter once more. */
const said = (label: string): Hit => ({ label: plainLabel(label), alwaysShow: true });

function item(hit: Result<'session.search'>['hits'][number], { sessions, agents }: SearchParts): Hit {
  const session = sessions.get(hit.sessionId);
  const where = hit.type === 'prompt' ? t('in a prompt') : t('in an answer');
  return {
    label: plainLabel(hit.title, 80) || t('Untitled'),
    description: where,
    detail: plainLabel(hit.snippet, 200),
    iconPath: new vscode.ThemeIcon(session === undefined ? 'comment' : agents.icon(session.agent)),
    found: { sessionId: hit.sessionId, place: placeOfHit(hit) },
    alwaysShow: true,
  };
}
