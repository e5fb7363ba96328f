// session.*: showing sessions, and changing them.
import { snippet } from '../core/search.ts';
import { textOf, type Event, type QueueStats, type Session, type sessionMethods } from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { StoredSession } from '../store/session.ts';
import type { Gateway } from './parts.ts';
import type { LifeMethod } from './sessionLife.ts';

export const sessionHandlers = ({
  store,
  live,
  feed,
  peering,
  clock,
  agents,
}: Gateway): Handlers<Exclude<keyof typeof sessionMethods, LifeMethod>> => {
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
  return {
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

    'session.queue_stats': ({ sessionId }, caller) => {
      const session = store.sessions.get(sessionId);
      return queueStats(session, caller);
    },

    'monitor.sessions': (_params, caller) => {
      const all = store.sessions.list();
      const pidOf = ({ sessionId }: StoredSession): number | undefined => live.find(sessionId)?.pid;
      const memory = agents.memoryOf(all.flatMap((stored) => pidOf(stored) ?? []));
      const sessions = all.map((stored) => {
        const pid = pidOf(stored);
        return {
          ...stored.session,
          queue: queueStats(stored, caller),
          process: pid === undefined ? null : { pid, rss: memory.get(pid) ?? null },
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
