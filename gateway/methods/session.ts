// session.*: making sessions, showing them, ending them.
import { snippet } from '../core/search.ts';
import {
  Problem,
  SessionId,
  textOf,
  type Event,
  type QueueStats,
  type Session,
  type sessionMethods,
} from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { StoredSession } from '../store/session.ts';
import { copySession, createSession, importEvents, removeSession } from '../store/conversation.ts';
import { existingFolder } from './folder.ts';
import type { Gateway } from './parts.ts';

export const sessionHandlers = ({
  store,
  live,
  feed,
  peering,
  mail,
  clock,
  agents,
  prepareFolder,
}: Gateway): Handlers<keyof typeof sessionMethods> => {
  const queueStats = (stored: StoredSession, caller: Caller): QueueStats => ({
    userPending: stored.session.queued,
    responsePending: store.log.head(stored) - store.clients.confirmed(caller.actor.clientId, stored),
    clientConnected: feed.isFollowed(stored.sessionId),
  });
  /** All that the caller may see: a peer sees the sessions of this gateway, and not those of its other peers. */
  const visible = (caller: Caller): Session[] => {
    const ours = store.sessions.list().map(({ session }) => session);
    const theirs = caller.peer === undefined ? peering.sessions.list() : [];
    return theirs.length === 0
      ? ours
      : [...ours, ...theirs].toSorted((a, b) => (a.lastActivityAt < b.lastActivityAt ? 1 : -1));
  };
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

    'session.list': (_params, caller) => ({ sessions: visible(caller) }),

    'session.get': ({ sessionId }) => store.sessions.get(sessionId).session,

    'session.rename': ({ sessionId, title }) =>
      store.synced(() => {
        store.sessions.setTitle(store.sessions.get(sessionId), title, 'person');
        return { ok: true } as const;
      }),

    'session.archive': ({ sessionId, archived }) =>
      store.synced(() => {
        store.sessions.change(store.sessions.get(sessionId), { archived });
        return { ok: true } as const;
      }),

    'session.mark_read': ({ sessionId, seq }) => {
      const session = store.sessions.get(sessionId);
      const readSeq = Math.min(seq, store.log.head(session));
      // Like a draft, not worth a sync of its own.
      if (readSeq > session.session.readSeq) store.written(() => store.sessions.change(session, { readSeq }));
      return { ok: true };
    },

    'session.export': ({ sessionId, after, limit }) => {
      const stored = store.sessions.get(sessionId);
      const { texts, last } = store.log.read(stored, after, limit);
      const { title, path: folder, agent, mode, model, agentSessionId } = stored.session;
      return {
        bundle: {
          holdfast: 1,
          session: { title, path: folder, agent, mode, model, agentSessionId },
          // Stored by the contract that the bundle is a part of.
          events: texts.map((text) => JSON.parse(text) as Event),
        },
        ...(last < store.log.head(stored) ? { next: last } : {}),
      };
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

    'session.set_mode': async ({ sessionId, mode }) => {
      await live.find(sessionId)?.configure({ mode });
      return store.synced(() => {
        const session = store.sessions.get(sessionId);
        store.sessions.change(session, { mode });
        store.log.append(session, clock.now(), [{ type: 'mode', mode }]);
        return { ok: true } as const;
      });
    },

    'session.set_model': async ({ sessionId, model }) => {
      if (model !== null) await live.find(sessionId)?.configure({ model });
      return store.synced(() => {
        const session = store.sessions.get(sessionId);
        store.sessions.change(session, { model });
        if (model !== null) store.log.append(session, clock.now(), [{ type: 'model', model }]);
        return { ok: true } as const;
      });
    },

    'session.resume': async ({ sessionId, agentSessionId, sdkSessionId }) => {
      live.mustBeOpen();
      const { fallback } = await live.of(sessionId).resume(agentSessionId ?? sdkSessionId);
      return { ok: true, fallback };
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

    'session.queue_stats': ({ sessionId }, caller) => {
      const session = store.sessions.get(sessionId);
      return queueStats(session, caller);
    },

    'monitor.sessions': (_params, caller) => {
      const all = store.sessions.list();
      const sessions = all.map((stored) => {
        const pid = live.find(stored.sessionId)?.pid;
        return {
          ...stored.session,
          queue: queueStats(stored, caller),
          process: pid === undefined ? null : { pid, rss: agents.memoryOf(pid) },
        };
      });
      return { sessions, totalSessions: all.length, uptime: Math.round(process.uptime()) };
    },

    'session.search': ({ query, limit }) => ({
      hits: store.log.search(query, limit).flatMap(({ key, seq, event }) => {
        const stored = store.sessions.findByKey(key);
        if (stored === undefined || (event.type !== 'prompt' && event.type !== 'text')) return [];
        const text = event.type === 'prompt' ? textOf(event.message) : event.content;
        const { sessionId, title } = stored.session;
        const of = event.type === 'text' ? { messageId: event.messageId } : {};
        return [{ sessionId, title, seq, type: event.type, ...of, snippet: snippet(text, query) }];
      }),
    }),

    'session.interrupt': async ({ sessionId, promptId }) => {
      store.sessions.get(sessionId);
      const interrupted = (await live.find(sessionId)?.interrupt(promptId)) ?? false;
      return { ok: true, interrupted };
    },

    'session.destroy': async ({ sessionId }) => {
      await remove(sessionId);
      return { ok: true };
    },

    'session.watch': (_params, caller) => {
      const push = caller.mustPush();
      caller.keep('watch', feed.watchers.add(push));
      if (caller.peer === undefined) caller.keep('watch peers', peering.sessions.watchers.add(push));
      return { sessions: visible(caller) };
    },

    'session.unwatch': (_params, caller) => {
      caller.drop('watch');
      caller.drop('watch peers');
      return { ok: true };
    },

    'session.draft': ({ sessionId, text: typed }, caller) => {
      if (typed === undefined) return { text: store.sessions.draft(sessionId) };
      const session = store.sessions.get(sessionId);
      const text = typed.toWellFormed();
      // Every second key stroke: not worth a sync of its own.
      store.written(() => store.sessions.setDraft(session, text));
      feed.drafted(sessionId, text, caller.push);
      return { text };
    },
  };
};
