// session.*: making sessions, and ending them.
import { Problem, SessionId } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { copySession, createSession, importEvents, removeSession } from '../store/conversation.ts';
import { existingFolder } from './folder.ts';
import type { Gateway } from './parts.ts';

/** The calls after which there are more sessions, or fewer. */
export type LifeMethod = 'session.create' | 'session.import' | 'session.fork' | 'session.destroy';

export const sessionLifeHandlers = ({
  store,
  live,
  mail,
  clock,
  agents,
  prepareFolder,
}: Gateway): Handlers<LifeMethod> => {
  const remove = async (sessionId: SessionId): Promise<void> => {
    const mailboxKey = await live.end(sessionId, () =>
      store.synced(() => removeSession(store, sessionId, clock.now())),
    );
    if (mailboxKey !== undefined) mail.removed(mailboxKey);
  };
  /** What fails leaves no session behind. */
  const orNotAtAll = async (sessionId: SessionId, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      await remove(sessionId);
      throw error;
    }
  };
  /** Brings the agent back at once: what it tells of the conversation has to stand before the first prompt. */
  const adopt = (sessionId: SessionId, agentSessionId: string): Promise<void> =>
    orNotAtAll(sessionId, async () => {
      const { fallback } = await live.of(sessionId).resume(undefined);
      if (!fallback) return;
      throw new Problem(
        'agent.unable',
        `The agent cannot go on with ${JSON.stringify(agentSessionId)}. agent.sessions lists what it remembers.`,
      );
    }).finally(() => adopting.delete(sessionId));
  /** The sessions for which this is under way. */
  const adopting = new Map<SessionId, Promise<void>>();
  return {
    'session.create': async (params) => {
      live.mustBeOpen();
      store.mustHaveRoom();
      const agent = params.agent ?? params.cli_type ?? agents.default;
      agents.mustBeInstalled(agent);
      const session = {
        sessionId: SessionId.parse(clock.newId()),
        agent,
        path: existingFolder(params.path),
        mode: params.mode ?? 'ask',
        model: params.model ?? null,
      };
      const { agentSessionId } = params;
      const sessionId = await store.synced(() => {
        // Two sessions with one memory would talk into each other's conversation.
        const there =
          agentSessionId === undefined ? undefined : store.sessions.holding(agent, agentSessionId);
        if (there !== undefined) return there;
        createSession(store, session, params.title, clock.now());
        if (agentSessionId !== undefined)
          store.sessions.change(store.sessions.get(session.sessionId), { agentSessionId });
        return session.sessionId;
      });
      if (sessionId === session.sessionId) {
        prepareFolder(session.path);
        if (agentSessionId !== undefined) adopting.set(sessionId, adopt(sessionId, agentSessionId));
      }
      await adopting.get(sessionId);
      return { sessionId };
    },

    'session.import': ({ bundle, path: folder, sessionId }) => {
      live.mustBeOpen();
      store.mustHaveRoom();
      const { session, events } = bundle;
      const path = existingFolder(folder ?? session.path);
      const made = sessionId ?? SessionId.parse(clock.newId());
      return store.synced(() => {
        if (sessionId === undefined) {
          createSession(store, { ...session, sessionId: made, path }, session.title, clock.now());
          store.sessions.change(store.sessions.get(made), { agentSessionId: session.agentSessionId });
        }
        importEvents(store, made, events);
        return { sessionId: made };
      });
    },

    'session.fork': async ({ sessionId, title }) => {
      live.mustBeOpen();
      store.mustHaveRoom();
      const { session } = store.sessions.get(sessionId);
      const { agentSessionId } = session;
      if (live.find(sessionId)?.isInTurn === true)
        throw new Problem(
          'prompt.state',
          'A turn is running: fork the session when it has ended, or stop it.',
        );
      if (agentSessionId === null)
        throw new Problem('agent.unable', 'Nothing was said in this session yet: create a new one instead.');
      const made = SessionId.parse(clock.newId());
      await store.synced(() => {
        const name = title ?? `${session.title} (fork)`;
        createSession(store, { ...session, sessionId: made }, name, clock.now());
        copySession(store, sessionId, made);
      });
      await orNotAtAll(made, () => live.of(made).fork(agentSessionId));
      return { sessionId: made };
    },

    'session.destroy': async ({ sessionId }) => {
      await remove(sessionId);
      return { ok: true };
    },
  };
};
