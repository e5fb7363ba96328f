// The filter of the tree: sessions by their titles, and by what was said in them, which the gateway finds.
import * as vscode from 'vscode';
import type { SessionId } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { setContext } from './context.ts';
import { Emitter, type Disposable } from './emitter.ts';
import { t } from './l10n.ts';
import { placeOfHit, type Filter, type TranscriptHits } from './sessionMatch.ts';
import type { Sessions } from './sessions.ts';

/** How long the typing, or the talking of agents, must rest before the gateway is asked. */
const REST_MS = 150;
const MOST_HITS = 200;

export class SessionFilter implements Disposable {
  readonly #connection: Connection;
  readonly #changed = new Emitter<undefined>();
  readonly onDidChange = this.#changed.event;
  readonly #listening: Disposable;
  #filter: Filter | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** Takes what stands in the box, while there is one. */
  #accept: (() => void) | undefined;

  constructor(connection: Connection, sessions: Sessions) {
    this.#connection = connection;
    this.#listening = sessions.onDidChange(() => this.#searchSoon());
  }

  get now(): Filter | undefined {
    return this.#filter;
  }

  /** While one types the tree follows; Escape brings back what was before. */
  async ask(): Promise<void> {
    this.accept();
    const before = this.#filter?.words ?? '';
    const box = vscode.window.createInputBox();
    // Otherwise a click into the tree would close the box, which cannot be told from Escape.
    box.ignoreFocusOut = true;
    box.title = t('Filter sessions');
    box.placeholder = t('Words of a title, a prompt or an answer');
    box.value = before;
    const { promise, resolve } = Promise.withResolvers<string>();
    const accept = (): void => resolve(box.value);
    this.#accept = accept;
    const listeners = [
      box.onDidChangeValue((words) => this.set(words)),
      box.onDidAccept(accept),
      box.onDidHide(() => resolve(before)),
    ];
    box.show();
    this.set(await promise);
    if (this.#accept === accept) this.#accept = undefined;
    for (const part of [...listeners, box]) part.dispose();
  }

  /** Keeps the filter, as Enter does: called when somebody uses one of the sessions that it shows. */
  accept(): void {
    this.#accept?.();
  }

  /** Empty: all sessions. */
  set(words: string): void {
    const wanted = words.trim().slice(0, 200);
    if (wanted === (this.#filter?.words ?? '')) return;
    this.#filter = wanted === '' ? undefined : { words: wanted, hits: new Map() };
    void setContext('holdfast.filtered', this.#filter !== undefined);
    this.#changed.fire(undefined);
    this.#searchSoon();
  }

  dispose(): void {
    clearTimeout(this.#rest);
    this.#listening.dispose();
  }

  #searchSoon(): void {
    if (this.#filter === undefined) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#search(), REST_MS);
  }

  async #search(): Promise<void> {
    const words = this.#filter?.words;
    if (words === undefined) return;
    // Without a link the titles alone decide.
    const found = await this.#connection
      .call('session.search', { query: words, limit: MOST_HITS })
      .catch(() => ({ hits: [] }));
    if (this.#filter?.words !== words) return;
    const hits = new Map<SessionId, TranscriptHits>();
    for (const hit of found.hits) {
      const { count = 0, place = placeOfHit(hit) } = hits.get(hit.sessionId) ?? {};
      hits.set(hit.sessionId, { count: count + 1, place });
    }
    this.#filter = { words, hits };
    this.#changed.fire(undefined);
  }
}
