// What a peer says, before anybody here believes it: read by the contract, marked with where it comes from.
import {
  EventBody,
  methods,
  Session,
  type Event,
  type EventHead,
  type MethodName,
  type PeerName,
  type Result,
} from '../protocol/index.ts';
import type { z } from 'zod';
import { isRecord } from '../language.ts';

let types: ReadonlySet<string> | undefined;

/** Whether this build can read events of that type. */
function isKnown(type: string): boolean {
  types ??= new Set(EventBody.unwrap().options.map(({ shape }) => shape.type.value));
  return types.has(type);
}

type Stranger = z.infer<typeof EventHead> & { readonly type: string };

/** An event that is not what its type promises is not shown as if it were: its place is taken by a gap. */
export function readable(event: Stranger): Event {
  // Clients skip types that they do not know, so an event of a newer gateway is passed on.
  if (!isKnown(event.type) || EventBody.safeParse(event).success) return event as Event;
  const { seq, ts, sessionId } = event;
  return { seq, ts, sessionId, type: 'gap', from: seq, to: seq };
}

/** A session that a peer tells of; undefined when it is none. */
export function sessionOf(given: unknown, peer: PeerName): Session | undefined {
  const read = Session.safeParse(given);
  if (!read.success) return undefined;
  const { title, path } = read.data;
  return { ...read.data, title: title.slice(0, 500), path: path.slice(0, 4096), peer };
}

/** The result of a call, with its sessions marked as the peer's; undefined when the contract knows no such result. */
export function fromPeer<M extends MethodName>(
  method: M,
  given: unknown,
  peer: PeerName,
): Result<M> | undefined {
  if (!isRecord(given)) return undefined;
  const { messages, bufferedEvents, snapshot, sessions } = given;
  const marked: Record<string, unknown> = { ...given };
  if (messages !== undefined) marked['messages'] = events(messages);
  if (bufferedEvents !== undefined) marked['bufferedEvents'] = events(bufferedEvents);
  if (Array.isArray(sessions)) marked['sessions'] = sessions.flatMap((one) => sessionOf(one, peer) ?? []);
  if (isRecord(snapshot)) {
    const session = sessionOf(snapshot['session'], peer);
    marked['snapshot'] = { ...snapshot, session, messages: events(snapshot['messages']) };
  }
  if (method === 'session.get' || method === 'session.send') marked['peer'] = peer;
  // What a newer gateway adds is passed on, so it is checked and not cut.
  return methods[method].result.safeParse(marked).success ? (marked as Result<M>) : undefined;
}

/** Types of a newer gateway are left out of what is read at once, as clients would skip them. */
const events = (given: unknown): unknown =>
  Array.isArray(given) ? given.filter((event) => isRecord(event) && isKnown(String(event['type']))) : given;
