// session.send and queue.*: prompts on their way to the agent.
import { cursorAt } from '../core/log.ts';
import { Problem, PromptId, type Actor, type Prompt, type queueMethods } from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { admitPrompt, changePrompt, removePrompt, retryPrompt } from '../store/conversation.ts';
import type { StoredPrompt } from '../store/queue.ts';
import type { Gateway } from './parts.ts';

export const queueHandlers = ({ store, live, clock }: Gateway): Handlers<keyof typeof queueMethods> => ({
  'session.send': async ({ sessionId, message, promptId, steer, expiresInS }, caller) => {
    live.mustBeOpen();
    store.mustHaveRoom();
    const prompt = {
      promptId: promptId ?? PromptId.parse(clock.newId()),
      message,
      from: caller.actor,
      createdAt: clock.now(),
      expiresAt: expiresInS === undefined ? null : clock.later(expiresInS),
      steer,
    };
    const { state, position, seq, held, wantsRoom } = await store.synced(() =>
      admitPrompt(store, { sessionId, ...prompt }, prompt.createdAt),
    );
    // Whoever says "now" has seen what runs, and the queue goes on with this prompt.
    if (wantsRoom !== undefined) void live.find(sessionId)?.interrupt(wantsRoom);
    if (!held) live.wake(sessionId);
    if (prompt.expiresAt !== null && state === 'queued') live.expireAt(sessionId, prompt.expiresAt);
    const cursor = cursorAt(store.log.logId, seq - 1);
    return { sessionId, promptId: prompt.promptId, state, position, cursor };
  },

  'queue.list': ({ sessionId }) => {
    const session = store.sessions.get(sessionId);
    return { prompts: store.queue.list(session).map(withoutInternals), held: session.held };
  },

  'queue.edit': ({ sessionId, promptId, message }, caller) =>
    store.synced(() => {
      const { from } = store.queue.get(store.sessions.get(sessionId), promptId);
      mustBeOwn(caller, from);
      changePrompt(store, sessionId, promptId, { message }, clock.now());
      return { ok: true } as const;
    }),

  'queue.move': ({ sessionId, promptId, position }) =>
    store.synced(() => {
      changePrompt(store, sessionId, promptId, { position }, clock.now());
      return { ok: true } as const;
    }),

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

/** A peer cannot put words into the mouth of somebody who sits here. Throws the problem peer.forbidden. */
function mustBeOwn({ peer }: Caller, { clientId }: Actor): void {
  if (peer === undefined || clientId.startsWith(`peer:${peer}:`)) return;
  throw new Problem(
    'peer.forbidden',
    'Only its own prompts can be edited by another gateway. Send a new one.',
  );
}

/** A stored prompt without what only the gateway needs. */
export const withoutInternals = ({
  handed: _,
  expiresAt: __,
  seq: ___,
  isDamaged: ____,
  ...prompt
}: StoredPrompt): Prompt => prompt;
