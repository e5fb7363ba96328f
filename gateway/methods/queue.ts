// session.send and queue.*: prompts on their way to the agent.
import { PromptId, type queueMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { admitPrompt, removePrompt, retryPrompt } from '../store/conversation.ts';
import type { Gateway } from './methods.ts';

export const queueHandlers = ({ store, live, clock }: Gateway): Handlers<keyof typeof queueMethods> => ({
  'session.send': async ({ sessionId, message, promptId }, caller) => {
    live.mustBeOpen();
    const prompt = {
      promptId: promptId ?? PromptId.parse(clock.newId()),
      message,
      from: caller.actor,
      createdAt: clock.now(),
    };
    const accepted = await store.synced(() => {
      const cursor = store.log.cursor(store.sessions.get(sessionId));
      return { ...admitPrompt(store, { sessionId, ...prompt }, prompt.createdAt), cursor };
    });
    live.wake(sessionId);
    return { promptId: prompt.promptId, ...accepted };
  },

  'queue.list': ({ sessionId }) => {
    const session = store.sessions.get(sessionId);
    return { prompts: store.queue.list(session).map(withoutHanded), held: session.held };
  },

  'queue.remove': async ({ sessionId, promptId }) => {
    await store.synced(() => removePrompt(store, sessionId, promptId, clock.now()));
    live.wake(sessionId);
    return { ok: true };
  },

  'queue.retry': async ({ sessionId, promptId }) => {
    await store.synced(() => retryPrompt(store, sessionId, promptId, clock.now()));
    live.wake(sessionId);
    return { ok: true };
  },

  'queue.pause': ({ sessionId }) =>
    store.synced(() => {
      store.sessions.change(store.sessions.get(sessionId), { held: true });
      return { ok: true } as const;
    }),

  'queue.resume': async ({ sessionId }) => {
    await store.synced(() => store.sessions.change(store.sessions.get(sessionId), { held: false }));
    live.wake(sessionId);
    return { ok: true };
  },
});

/** A stored prompt without what only the gateway needs. */
export const withoutHanded = <P extends { handed: boolean }>({
  handed: _,
  ...prompt
}: P): Omit<P, 'handed'> => prompt;
