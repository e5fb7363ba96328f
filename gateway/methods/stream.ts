// What can be followed over HTTP: a prompt until its turn ends, and a session's whole log.
import { z } from 'zod';
import { compact, cursorAt, splitCursor } from '../core/log.ts';
import {
  Cursor,
  EventHead,
  PeerName,
  Problem,
  PromptId,
  PromptState,
  SessionId,
  SETTLED,
  type Event,
} from '../protocol/index.ts';
import { followAtPeer, mustBeAt, type Peers, type RemoteLog } from '../live/remoteFollow.ts';
import type { Streams } from '../rpc/exchange.ts';
import type { EventStream } from '../rpc/sse.ts';
import type { LogOf } from '../store/log.ts';
import type { Gateway } from './parts.ts';

/** What session.send has answered, with the session that it was sent to. */
const Accepted = z.object({
  sessionId: SessionId,
  promptId: PromptId,
  cursor: Cursor,
  state: PromptState,
  peer: PeerName.optional(),
});

type Accepted = z.infer<typeof Accepted>;

const LAST_WORDS: ReadonlySet<string> = new Set(['result', 'error', 'interrupted', 'uncertain', 'dequeued']);

/** Somebody who gets the events of a session as text, with the log that their numbers are of. */
interface Reader {
  take(texts: readonly string[], logId: string): boolean;
  onDrain(callback: () => void): void;
  removed(): void;
}

type Needed = Pick<Gateway, 'store' | 'feed' | 'mail'> & Peers;

/** What can be followed of this gateway. */
export const streamsOf = ({ store, feed, mail, peering, clock }: Needed): Streams => {
  /** Follows until told otherwise; the client's going ends it. */
  const follow = (
    subscribe: (reader: Reader) => () => void,
    stream: EventStream,
    take: (event: Event, logId: string) => 'send' | 'skip' | 'last',
  ): void => {
    let end = (): void => {};
    const reader: Reader = {
      take: (texts, logId) => {
        let goesOn = true;
        for (const text of texts) {
          // Stored by the same contract that it is sent under.
          const event = JSON.parse(text) as Event;
          const verdict = take(event, logId);
          if (verdict === 'skip') continue;
          goesOn = stream.send(text, cursorAt(logId, EventHead.shape.seq.parse(event.seq)));
          if (verdict !== 'last') continue;
          end();
          stream.end();
          return true;
        }
        return goesOn;
      },
      onDrain: (callback) => stream.onDrain(callback),
      removed: () => stream.end(),
    };
    end = subscribe(reader);
    stream.onClose(end);
  };
  const from = (log: LogOf, after: number) => (reader: Reader) =>
    feed.subscribe(log, after, { ...reader, take: ({ texts }) => reader.take(texts, store.log.logId) });
  const here = ({ sessionId, promptId, cursor }: Accepted) => {
    const session = store.sessions.get(sessionId);
    const after = store.log.resumeAt(session, cursor);
    const isOver = SETTLED.has(store.queue.get(session, promptId).state);
    // The same prompt sent again, after all was said: it is said once more, as far as it is still there.
    const until = isOver ? store.log.head(session) : Infinity;
    return { until: after === 'gap' ? 0 : until, subscribe: from(session, after === 'gap' ? 0 : after) };
  };
  /** The same at a peer. What cannot be read on from where it was is told by `onGap`, or is the end. */
  const at = (log: RemoteLog, onGap?: (head: Cursor) => void) => (reader: Reader) =>
    followAtPeer({ peering, clock }, log, {
      ...reader,
      take: (events, cursor) => {
        const texts = events.map((event) => JSON.stringify(event));
        return reader.take(texts, splitCursor(cursor)[0]);
      },
      onGap: (head, goOn) => {
        if (onGap === undefined) return reader.removed();
        onGap(head);
        return goOn();
      },
    });
  const tellGap = (stream: EventStream, sessionId: SessionId, head: number): void => {
    stream.send(JSON.stringify({ type: 'gap', sessionId, from: 0, to: head }));
  };

  return {
    prompt: (answer, open) => {
      const accepted = Accepted.parse(answer);
      const { promptId, peer } = accepted;
      const { until, subscribe } =
        peer === undefined
          ? here(accepted)
          : { until: SETTLED.has(accepted.state) ? 0 : Infinity, subscribe: at({ ...accepted, peer }) };
      const stream = open();
      if (until <= splitCursor(accepted.cursor)[1]) return stream.end();
      let isMine = false;
      const pieces: Event[] = [];
      return follow(subscribe, stream, (event, logId) => {
        const isOfPrompt = 'promptId' in event && event.promptId === promptId;
        if (event.type === 'prompt') isMine = isOfPrompt;
        // Each message also comes whole when it has ended, as it will stand in the log: not everybody joins pieces.
        if (event.type === 'partial' && isMine) pieces.push(event);
        else {
          for (const whole of compact(pieces.splice(0)))
            stream.send(JSON.stringify(whole), cursorAt(logId, whole.seq));
        }
        if ((isOfPrompt && LAST_WORDS.has(event.type)) || event.seq >= until) return 'last';
        // In its turn others are sent, edited and taken out.
        return isOfPrompt || (isMine && !('promptId' in event)) ? 'send' : 'skip';
      });
    },

    log: async (asked, open) => {
      const sessionId = mustParse(SessionId, asked.sessionId);
      const cursor = asked.cursor === undefined ? undefined : mustParse(Cursor, asked.cursor);
      if (asked.peer !== undefined) {
        const peer = mustParse(PeerName, asked.peer);
        const log = { peer, sessionId, cursor };
        await mustBeAt({ peering, clock }, log);
        const stream = open();
        const onGap = (head: Cursor): void => tellGap(stream, sessionId, splitCursor(head)[1]);
        return follow(at(log, onGap), stream, () => 'send');
      }
      const session = store.sessions.get(sessionId);
      const after = cursor === undefined ? 0 : store.log.resumeAt(session, cursor);
      const stream = open();
      if (after === 'gap') tellGap(stream, sessionId, store.log.head(session));
      return follow(from(session, after === 'gap' ? 0 : after), stream, () => 'send');
    },

    mail: (after, open) => {
      const stream = open();
      const end = mail.feed.follow(after, {
        take: ({ id, event, data }) => stream.send(data, String(id), event),
        onDrain: (callback) => stream.onDrain(callback),
      });
      stream.onClose(end);
    },

    outbox: () => store.outbox.open(),
  };
};

/** Throws the problem session.unknown: what is no id names no session. */
function mustParse<S extends z.ZodType>(schema: S, value: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(
    'session.unknown',
    `${JSON.stringify(value)}: ${parsed.error.issues[0]?.message ?? 'not an id'}.`,
  );
}
