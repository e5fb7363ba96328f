// Real stores in temporary folders, with a session to write to and words for what a test does with it.
import {
  AgentId,
  ClientId,
  PromptId,
  SessionId,
  type EventBody,
  type Prompt,
} from '../../gateway/protocol/index.ts';
import { admitPrompt } from '../../gateway/store/conversation.ts';
import type { StoredSession } from '../../gateway/store/session.ts';
import { Store } from '../../gateway/store/store.ts';
import { newFolder } from './folders.ts';

export const NOW = '2026-01-01T00:00:00.000Z';
export const SESSION = SessionId.parse('s1');

export interface OpenStore extends Disposable {
  readonly folder: string;
  readonly store: Store;
}

export function openStore(folder = newFolder('store')): OpenStore {
  const store = Store.open(folder);
  return { folder, store, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/** Makes the session s1, or another. */
export async function newSession(store: Store, sessionId = SESSION): Promise<StoredSession> {
  await store.synced(() =>
    store.sessions.insert(
      { sessionId, agent: AgentId.parse('demo'), path: '/tmp', mode: 'ask', model: null },
      undefined,
      NOW,
    ),
  );
  return store.sessions.get(sessionId);
}

export const delta = (offset: number, content: string, messageId = 'm1'): EventBody => ({
  type: 'partial',
  messageId,
  offset,
  content,
});

export const promptEvent = (id: string): EventBody => ({
  type: 'prompt',
  promptId: PromptId.parse(id),
  message: `text of ${id}`,
  from: actor,
});

export const actor = { clientId: ClientId.parse('c1'), name: 'a test' };

export const sent = (id: string, message: Prompt['message'] = `text of ${id}`) => ({
  promptId: PromptId.parse(id),
  message,
  from: actor,
  createdAt: NOW,
  expiresAt: null,
  steer: false,
});

/** Sends a prompt to the session s1. */
export const admit = (store: Store, id: string, message?: Prompt['message']) =>
  store.synced(() => admitPrompt(store, { sessionId: SESSION, ...sent(id, message) }, NOW));
