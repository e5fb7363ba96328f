// Following a peer's session for somebody who is no connected client: an event stream over HTTP.
import { ClientId, notifications, type Cursor, type PeerName, type SessionId } from '../protocol/index.ts';
import { splitCursor } from '../core/log.ts';
import type { Clock } from './clock.ts';
import type { Follower } from './feed.ts';
import type { Peering } from './peering.ts';

export interface RemoteLog {
  readonly peer: PeerName;
  readonly sessionId: SessionId;
  readonly cursor: Cursor;
}

export interface Peers {
  readonly peering: Pick<Peering, 'at'>;
  readonly clock: Pick<Clock, 'newId'>;
}

/** The same follower as of a session of our own. The result ends it. */
export function followAtPeer(
  { peering, clock }: Peers,
  { peer, sessionId, cursor }: RemoteLog,
  follower: Follower,
): () => void {
  let after = splitCursor(cursor)[1];
  let hangUp = (): void => {};
  const push = {
    send: (frame: string | Buffer): boolean => {
      // Written by live/visit.ts under the contract.
      const { method, params } = JSON.parse(frame.toString()) as { method: string; params: unknown };
      const events = notifications['session.events'].params.safeParse(params);
      if (method === 'session.events' && events.success) {
        const last = splitCursor(events.data.cursor)[1];
        const texts = (params as { events: object[] }).events.map((event) => JSON.stringify(event));
        const batch = { sessionId, after, last, texts };
        after = last;
        return follower.take(batch, () => Buffer.from(frame));
      }
      // Gone there, or not to be read on from here.
      if (method === 'session.removed' || method === 'session.snapshot') follower.removed(sessionId);
      return true;
    },
    onDrain: (callback: () => void) => follower.onDrain(callback),
  };
  const guest = {
    actor: { clientId: ClientId.parse(clock.newId()), name: 'a program' },
    push,
    keep: (_key: string, end: () => void) => (hangUp = end),
  };
  peering
    .at(peer)
    .call('session.subscribe', { sessionId, cursor }, guest)
    .then(
      ({ gap }) => gap && follower.removed(sessionId),
      () => follower.removed(sessionId),
    );
  return () => hangUp();
}
