// session.subscribe and session.history: following a session, and reading what was.
import { cursorAt } from '../core/log.ts';
import type { Event, logMethods, SessionId, Snapshot } from '../protocol/index.ts';
import { followerOf } from '../live/feed.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';
import { withoutInternals } from './queue.ts';

/** Stored events that a snapshot holds at least, if there are as many: a few screens of chat. */
const SNAPSHOT_EVENTS = 200;
const RECONNECT_EVENTS = 1000;

export const logHandlers = (gateway: Gateway): Handlers<keyof typeof logMethods> => {
  const { store, feed } = gateway;
  return {
    'session.subscribe': ({ sessionId, cursor }, caller) => {
      const session = store.sessions.get(sessionId);
      const push = caller.mustPush();
      const resumed = cursor === undefined ? undefined : store.log.resumeAt(session, cursor);
      const key = `session ${sessionId}`;
      if (cursor !== undefined && typeof resumed === 'number') {
        caller.keep(key, feed.subscribe(session, resumed, followerOf(push, caller.actor)));
        return { cursor, gap: false };
      }
      caller.keep(key, feed.subscribe(session, store.log.head(session), followerOf(push, caller.actor)));
      return {
        cursor: store.log.cursor(session),
        gap: resumed === 'gap',
        snapshot: snapshotOf(gateway, sessionId),
      };
    },

    'session.unsubscribe': ({ sessionId }, caller) => {
      caller.drop(`session ${sessionId}`);
      return { ok: true };
    },

    'session.reconnect': ({ sessionId, clientId, cursor }, caller) => {
      const session = store.sessions.get(sessionId);
      const client = caller.clientIdOf(clientId);
      const known = cursor ?? cursorAt(store.log.logId, store.clients.confirmed(client, session));
      const after = store.log.resumeAt(session, known);
      // Who calls over plain HTTP without a name is nobody that could ask again.
      const comesAgain = clientId !== undefined || caller.push !== undefined;
      if (cursor !== undefined && after !== 'gap' && comesAgain)
        store.written(() => store.clients.confirm(client, session, after));
      const { texts, last } = store.log.read(session, after === 'gap' ? 0 : after, RECONNECT_EVENTS);
      return {
        // Stored by the same contract that they are sent under.
        bufferedEvents: texts.map((text) => JSON.parse(text) as Event),
        cursor: cursorAt(store.log.logId, last),
        gap: after === 'gap',
      };
    },

    'session.history': ({ sessionId, before, limit }) => {
      const session = store.sessions.get(sessionId);
      const page = store.log.page(session, before ?? store.log.head(session) + 1, limit);
      return { ...page, cursor: store.log.cursor(session) };
    },
  };
};

function snapshotOf({ store }: Gateway, sessionId: SessionId): Snapshot {
  const stored = store.sessions.get(sessionId);
  return {
    session: stored.session,
    ...store.log.page(stored, store.log.head(stored) + 1, SNAPSHOT_EVENTS),
    queue: store.queue.list(stored).map(withoutInternals),
    held: stored.held,
    permissions: store.permissions.listOpen(stored),
    draft: store.sessions.draft(sessionId),
    offers: store.offers.of(stored) ?? null,
  };
}
