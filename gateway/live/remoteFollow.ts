// Following a peer's session for somebody who is no connected client: an event stream over HTTP.
import {
  ClientId,
  Cursor,
  type Event,
  type NotificationName,
  type PeerName,
  type SessionId,
} from '../protocol/index.ts';
import type { Clock } from './clock.ts';
import type { Peering } from './peering.ts';

export interface RemoteLog {
  readonly peer: PeerName;
  readonly sessionId: SessionId;
  /** undefined: from the start of what is kept there. */
  readonly cursor: Cursor | undefined;
}

export interface Peers {
  readonly peering: Pick<Peering, 'at'>;
  readonly clock: Pick<Clock, 'newId'>;
}

export interface RemoteReader {
  /** False: no more before `onDrain` calls back. */
  take(events: readonly Event[], cursor: Cursor): boolean;
  onDrain(callback: () => void): void;
  /** It cannot be read on from where it was. `goOn` reads on from the start of what is kept; otherwise this was all. */
  onGap(head: Cursor, goOn: () => void): void;
  /** Nothing more will come. */
  removed(): void;
}

/** No log has it: what is asked for from here comes from the start of what is kept. */
const NOWHERE = Cursor.parse('00000000:0');

/** Throws the problem that the peer, or its absence, answers with when the session cannot be followed there. */
export async function mustBeAt({ peering, clock }: Peers, { peer, sessionId }: RemoteLog): Promise<void> {
  using guests = new DisposableStack();
  const keep = (_key: string, end: () => void): void => guests.defer(end);
  await peering.at(peer).call('session.get', { sessionId }, { ...aProgram(clock), push: undefined, keep });
}

/** Follows over any number of links, until told otherwise by calling the result. */
export function followAtPeer({ peering, clock }: Peers, log: RemoteLog, reader: RemoteReader): () => void {
  const { peer, sessionId } = log;
  let end = (): void => {};

  const begin = async (from: Cursor | undefined): Promise<void> => {
    let isOver = false;
    let hangUp = (): void => {};
    end = () => {
      isOver = true;
      hangUp();
    };
    const lose = (): void => {
      if (isOver) return;
      end();
      reader.removed();
    };
    const gap = (head: Cursor): void => {
      if (isOver) return;
      end();
      reader.onGap(head, () => void begin(undefined));
    };
    const push = {
      send: (frame: string | Buffer): boolean => {
        if (isOver) return true;
        // Written by live/visit.ts under the contract.
        const { method, params } = JSON.parse(frame.toString()) as { method: NotificationName; params: Said };
        if (method === 'session.events') return reader.take(params.events, params.cursor);
        if (method === 'session.snapshot') gap(params.cursor);
        if (method === 'session.removed') lose();
        return true;
      },
      onDrain: (callback: () => void) => reader.onDrain(callback),
    };
    const guest = {
      ...aProgram(clock),
      push,
      keep: (_key: string, callback: () => void) => (hangUp = callback),
    };
    try {
      const side = peering.at(peer);
      let cursor = from;
      if (cursor === undefined) {
        const first = await side.call('session.reconnect', { sessionId, cursor: NOWHERE }, guest);
        if (isOver) return;
        ({ cursor } = first);
        reader.take(first.bufferedEvents, cursor);
      }
      const { gap: isGap, cursor: head } = await side.call('session.subscribe', { sessionId, cursor }, guest);
      if (isGap) gap(head);
    } catch {
      lose();
    }
  };
  void begin(log.cursor);
  return () => end();
}

const aProgram = (clock: Peers['clock']) => ({
  actor: { clientId: ClientId.parse(clock.newId()), name: 'a program' },
});

type Said = { readonly events: readonly Event[]; readonly cursor: Cursor };
