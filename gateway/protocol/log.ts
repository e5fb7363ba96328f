// The log of a session: reading it by pages, and following it from a cursor.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method, notification } from './contract.ts';
import { NO_SESSION } from './problems.ts';
import { Event } from './event.ts';
import { ClientId, Cursor, PeerName, SessionId } from './ids.ts';
import { Offers } from './offers.ts';
import { Actor, Permission } from './permission.ts';
import { Prompt } from './queue.ts';
import { Session } from './session.ts';

// ---- shapes ----

/** All that a client needs to show a session that it knows nothing of. The events after `cursor` follow. */
export const Snapshot = object(() => ({
  session: Session,
  messages: z.array(Event).describe('The newest page, deltas joined into whole messages, oldest first'),
  before: z
    .int()
    .optional()
    .describe('Give this to session.history for the page before; absent: this is the start'),
  queue: z.array(Prompt),
  held: z.boolean().describe('The queue is held: nothing new starts until somebody decides'),
  permissions: z.array(Permission),
  draft: z.string(),
  offers: Offers.nullable().default(null).describe('What the agent offers; null: nobody has started it yet'),
}));
export type Snapshot = z.infer<typeof Snapshot>;

// ---- methods ----

export const logMethods = {
  'session.subscribe': method(
    'Follows a session. Without a cursor, or with one that cannot be honoured: a snapshot',
    () => ({
      access: 'read',
      params: z.strictObject({ sessionId: SessionId, cursor: Cursor.optional() }),
      result: z.object({
        cursor: Cursor,
        gap: z.boolean().describe('The cursor could not be honoured: start again from the snapshot'),
        snapshot: Snapshot.optional(),
      }),
      problems: NO_SESSION,
    }),
  ),
  'session.unsubscribe': method('Ends session.subscribe', () => ({
    access: 'read',
    params: z.strictObject({ sessionId: SessionId }),
    result: ok,
  })),
  'session.reconnect': method(
    'What this client has not confirmed yet; asking again gives the same again',
    () => ({
      access: 'read',
      params: z.strictObject({
        sessionId: SessionId,
        clientId: ClientId.optional().describe('Absent: the client that asks'),
        cursor: Cursor.optional().describe('Confirms everything up to here'),
      }),
      result: z.object({
        bufferedEvents: z.array(Event).describe('At most 1000; confirm them and ask again for more'),
        cursor: Cursor.describe('Confirm with this'),
        gap: z
          .boolean()
          .describe('The cursor could not be honoured: these events are from the start of what is kept'),
      }),
      problems: NO_SESSION,
    }),
  ),
  'session.history': method('Whole messages, the newest page first', () => ({
    access: 'read',
    params: z.strictObject({
      sessionId: SessionId,
      before: z.int().positive().optional().describe('Only events with a smaller seq'),
      limit: z
        .int()
        .min(1)
        .max(1000)
        .default(200)
        .describe(
          'At least so many stored events: a page begins with a prompt, or in a very long turn with a tool call',
        ),
    }),
    result: z.object({
      messages: z.array(Event).describe('Oldest first within the page'),
      before: z.int().optional().describe('For the next older page; absent at the start of the log'),
      cursor: Cursor.describe('Where the log ends now'),
    }),
    problems: NO_SESSION,
  })),
};

// ---- notifications ----

const peer = PeerName.describe('The gateway that owns the session, when that is not this one').optional();

export const logNotifications = {
  'session.events': notification(
    'What one commit wrote, in frames of less than 1 MiB. Only a prompt may be longer: as long as a request, 1 MiB, and its envelope',
    () => z.object({ sessionId: SessionId, peer, events: z.array(Event), cursor: Cursor }),
  ),
  'session.snapshot': notification(
    "A peer's session cannot be read on from where this client was: it starts again from this",
    () => z.object({ sessionId: SessionId, peer, cursor: Cursor, snapshot: Snapshot }),
  ),
  'session.drafted': notification(
    'Somebody else changed the unsent text of a session that this client follows',
    () => z.object({ sessionId: SessionId, peer, text: z.string() }),
  ),
  'session.followed': notification(
    'Who follows a session that this client follows, this client included: told at first and with each change',
    () => z.object({ sessionId: SessionId, peer, followers: z.array(Actor) }),
  ),
  'session.ended': notification(
    'This client, and no other, is to tell people that a session has come to rest and nobody looked; see client.presence',
    () => z.object({ sessionId: SessionId, outcome: z.enum(['finished', 'failed']) }),
  ),
  'session.changed': notification('A watched session is new or different', () =>
    z.object({ session: Session }),
  ),
  'session.removed': notification('A watched session is gone', () => z.object({ sessionId: SessionId })),
};
