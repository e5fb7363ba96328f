// session.*: making sessions, showing them, ending them.
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Problem, SessionId, type sessionMethods } from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './methods.ts';

export const sessionHandlers = ({
  store,
  live,
  feed,
  clock,
  agents,
}: Gateway): Handlers<keyof typeof sessionMethods> => ({
  'session.create': async (params) => {
    live.mustBeOpen();
    const agent = params.agent ?? params.cli_type ?? agents.defaultAgent();
    agents.mustBeInstalled(agent);
    const session = {
      sessionId: SessionId.parse(clock.newId()),
      agent,
      path: existingFolder(params.path),
      mode: params.mode ?? 'ask',
      model: params.model ?? null,
    };
    await store.synced(() => store.sessions.insert(session, params.title, clock.now()));
    return { sessionId: session.sessionId };
  },

  'session.list': () => ({ sessions: store.sessions.list().map(({ session }) => session) }),

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

  'session.interrupt': async ({ sessionId }) => {
    store.sessions.get(sessionId);
    const interrupted = (await live.find(sessionId)?.interrupt()) ?? false;
    return { ok: true, interrupted };
  },

  'session.destroy': async ({ sessionId }) => {
    store.sessions.get(sessionId);
    await live.end(sessionId);
    return store.synced(() => {
      const stored = store.sessions.get(sessionId);
      store.log.remove(stored);
      store.sessions.remove(stored);
      return { ok: true } as const;
    });
  },

  'session.watch': (_params, caller) => {
    caller.keep('watch', feed.watch(mustPush(caller)));
    return { sessions: store.sessions.list().map(({ session }) => session) };
  },

  'session.unwatch': (_params, caller) => {
    caller.drop('watch');
    return { ok: true };
  },

  'session.draft': ({ sessionId, text }) => {
    const session = store.sessions.get(sessionId);
    if (text === undefined) return { text: store.sessions.draft(session) };
    // Every second key stroke: not worth a sync of its own.
    store.written(() => store.sessions.setDraft(session, text));
    return { text };
  },
});

/** Throws the problem path.missing. Symbolic links are resolved once, here, so that nothing can be swapped later. */
function existingFolder(given: string): string {
  const folder = path.resolve(given.replace(/^~(?=$|\/)/, homedir()));
  try {
    if (statSync(folder).isDirectory()) return realpathSync(folder);
  } catch {
    // Said below, in one way for everything that is wrong with it.
  }
  throw new Problem('path.missing', `${folder} is not an existing folder. Make it, or name another.`, {
    path: given,
  });
}

/** Whoever wants to be told later needs a connection that stays. */
export function mustPush(caller: Caller): NonNullable<Caller['push']> {
  if (caller.push !== undefined) return caller.push;
  throw new Problem('protocol.version', 'This call needs a WebSocket: GET /rpc with an upgrade.');
}
