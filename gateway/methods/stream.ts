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
  type Event,
} from '../protocol/index.ts';
import type { Follower } from '../live/feed.ts';
import { followAtPeer, type Peers } from '../live/remoteFollow.ts';
import type { Streams } from '../rpc/http.ts';
import type { EventStream } from '../rpc/sse.ts';
import type { LogOf } from '../store/log.ts';
import type { Gateway } from './methods.ts';

/** What session.send has answered, with the session that it was sent to. */
const Accepted = z.object({
  sessionId: SessionId,
  promptId: PromptId,
  cursor: Cursor,
  state: PromptState,
  peer: PeerName.optional(),
});

type Accepted = z.infer<typeof Accepted>;

/** How many streams of mail one token may follow. */
const MAX_MAIL_STREAMS = 32;

/** States in which nothing more will be heard of a prompt. */
const OVER: ReadonlySet<PromptState> = new Set(['done', 'failed', 'cancelled', 'uncertain']);
const LAST_WORDS: ReadonlySet<string> = new Set(['result', 'error', 'interrupted', 'uncertain', 'dequeued']);

type Needed = Pick<Gateway, 'store' | 'feed' | 'mail'> & Peers;

export const streamsOf = ({ store, feed, mail, peering, clock }: Needed): Streams => {
  /** How many follow mail with each token. */
  const followers = new Map<string, number>();
  /** Follows until told otherwise; the client's going ends it. */
  const follow = (
    logId: string,
    subscribe: (follower: Follower) => () => void,
    stream: EventStream,
    take: (event: Event, text: string) => 'send' | 'skip' | 'last',
  ): void => {
    let end = (): void => {};
    const follower: Follower = {
      take: ({ texts }) => {
        let goesOn = true;
        for (const text of texts) {
          // Stored by the same contract that it is sent under.
          const event = JSON.parse(text) as Event;
          const verdict = take(event, text);
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
    end = subscribe(follower);
    stream.onClose(end);
  };
  const from = (log: LogOf, after: number) => (follower: Follower) => feed.subscribe(log, after, follower);
  const here = ({ sessionId, promptId, cursor }: Accepted) => {
    const session = store.sessions.get(sessionId);
    const after = store.log.resumeAt(session, cursor);
    const isOver = OVER.has(store.queue.get(session, promptId).state) || after === 'gap';
    return { isOver, subscribe: from(session, after === 'gap' ? 0 : after) };
  };
  const there = (accepted: Accepted & { peer: PeerName }) => ({
    isOver: OVER.has(accepted.state),
    subscribe: (follower: Follower) => followAtPeer({ peering, clock }, accepted, follower),
  });

  return {
    prompt: (answer, open) => {
      const accepted = Accepted.parse(answer);
      const { promptId, peer } = accepted;
      const { isOver, subscribe } = peer === undefined ? here(accepted) : there({ ...accepted, peer });
      const stream = open();
      // The same prompt sent again, after all was said: what it led to is in the session's log.
      if (isOver) return stream.end();
      let isMine = false;
      const pieces: Event[] = [];
      follow(splitCursor(accepted.cursor)[0], subscribe, stream, (event) => {
        const isOfPrompt = 'promptId' in event && event.promptId === promptId;
        if (event.type === 'prompt') isMine = isOfPrompt;
        // Each message also comes whole when it has ended, as it will stand in the log: not everybody joins pieces.
        if (event.type === 'partial' && isMine) pieces.push(event);
        else for (const whole of compact(pieces.splice(0))) stream.send(JSON.stringify(whole));
        if (isOfPrompt && LAST_WORDS.has(event.type)) return 'last';
        return isMine || isOfPrompt ? 'send' : 'skip';
      });
    },

    log: (id, given, open) => {
      const session = store.sessions.get(mustParse(SessionId, id));
      const cursor = given === undefined ? undefined : mustParse(Cursor, given);
      const after = cursor === undefined ? 0 : store.log.resumeAt(session, cursor);
      const stream = open();
      if (after === 'gap') {
        const head = store.log.head(session);
        stream.send(JSON.stringify({ type: 'gap', sessionId: session.sessionId, from: 0, to: head }));
      }
      follow(store.log.logId, from(session, after === 'gap' ? 0 : after), stream, () => 'send');
    },

    mail: (tokenId, after, open) => {
      const count = followers.get(tokenId) ?? 0;
      if (count >= MAX_MAIL_STREAMS) return false;
      followers.set(tokenId, count + 1);
      const stream = open();
      const end = mail.feed.follow(after, {
        take: ({ id, event, data }) => stream.send(data, String(id), event),
        onDrain: (callback) => stream.onDrain(callback),
      });
      stream.onClose(() => {
        end();
        followers.set(tokenId, (followers.get(tokenId) ?? 1) - 1);
      });
      return true;
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
