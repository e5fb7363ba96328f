// What happens in a conversation, each as one step that writes row and event together. Run these inside a transaction.
import { afterCrash, next } from '../core/queue.ts';
import { titleFrom } from '../core/session.ts';
import {
  EventBody,
  Problem,
  type Bundle,
  type Message,
  type PromptId,
  type PromptState,
  type SessionId,
} from '../protocol/index.ts';
import type { LogOf } from './log.ts';
import { closeMailOf, tellOfMailbox } from './mailReceipt.ts';
import { forgetQuestions, recoverQuestions } from './questions.ts';
import { INSTEAD, type SentPrompt, type StoredPrompt } from './queue.ts';
import type { Store } from './store.ts';

/** How a turn ended. */
export type TurnOutcome =
  | {
      readonly how: 'done';
      readonly stopReason: string;
      readonly usage?: unknown;
      readonly agentSessionId: string | null;
    }
  | { readonly how: 'cancelled' }
  | { readonly how: 'failed'; readonly code: string; readonly message: string }
  | { readonly how: 'uncertain' }
  /** The gateway ended before the agent had it: it runs with the next start. */
  | { readonly how: 'untouched' };

/** How a turn ends that is being stopped; undefined: nobody stops it. */
export function outcomeOfStop(
  why: 'person' | 'gateway' | undefined,
  handed: boolean,
): TurnOutcome | undefined {
  if (why === undefined) return undefined;
  if (why === 'person') return { how: 'cancelled' };
  return { how: handed ? 'uncertain' : 'untouched' };
}

export interface AdmittedPrompt {
  readonly state: PromptState;
  readonly position: number;
  /** The seq of the event that its first arrival has written. */
  readonly seq: number;
  /** Whether its queue is held, so that nothing new starts. */
  readonly held: boolean;
  /** Whose turn is to be stopped for it. By name, and only once: what runs by then may be this very prompt. */
  readonly wantsRoom?: PromptId | undefined;
}

const MAX_TITLE_CHARS = 200;

/** Makes a session with its mailbox. A title that is too long is cut. */
export function createSession(
  store: Store,
  session: Parameters<Store['sessions']['insert']>[0],
  title: string | undefined,
  now: string,
): void {
  store.sessions.insert(session, title?.slice(0, MAX_TITLE_CHARS).toWellFormed(), now);
  const mailbox = store.mailboxes.findBySession(session.sessionId);
  if (mailbox !== undefined) tellOfMailbox(store, mailbox, 'mailbox.created', now);
}

/** Removes a session with all that belongs to it. Answers the key of the mailbox that it had. */
export function removeSession(store: Store, sessionId: SessionId, now: string): number | undefined {
  const session = store.sessions.get(sessionId);
  const mailbox = store.mailboxes.findBySession(sessionId);
  if (mailbox !== undefined) tellOfMailbox(store, mailbox, 'mailbox.destroyed', now);
  store.log.remove(session);
  store.sessions.remove(session);
  return mailbox?.key;
}

/** Accepts a prompt: it starts now if nothing is before it, else it waits. */
export function admitPrompt(
  store: Store,
  sent: SentPrompt & { sessionId: SessionId; steer: boolean },
  now: string,
): AdmittedPrompt {
  const quick = sent.steer ? undefined : store.intake.accept(sent.sessionId, sent);
  if (quick !== undefined) return { state: 'queued', ...quick };
  const session = store.sessions.mustLocate(sent.sessionId);
  const { prompt, isNew } = store.queue.admit(session, sent, store.log.head(session) + 1);
  const { seq } = prompt;
  if (isNew && sent.steer) store.queue.move(session, prompt.promptId, 0);
  const held = session.held && !(isNew && endsHold(store, session, sent));
  if (held !== session.held) store.sessions.change(session, { held });
  const position = store.queue.position(session, prompt);
  if (!isNew) return { state: prompt.state, position, seq, held };
  // A session is named after what its person wrote, not after mail.
  const title = sent.origin === undefined ? titleFrom(prompt.message) : undefined;
  store.sessions.addressed(session, title, now);
  if (next(store.queue.front(session), held)?.promptId === prompt.promptId) {
    startPrompt(store, session, prompt, now);
    return { state: 'running', position: 0, seq, held };
  }
  store.log.append(session, now, [{ type: 'queued', position, ...told(prompt) }]);
  const wantsRoom = sent.steer && !held ? store.queue.running(session)?.promptId : undefined;
  return { state: 'queued', position, seq, held, wantsRoom };
}

/** A person who says "now" does not wait behind a hold; only a prompt that may not have finished comes before. */
const endsHold = (store: Store, log: LogOf, { steer, origin }: SentPrompt & { steer: boolean }): boolean =>
  steer && origin === undefined && !store.queue.live(log).some(({ state }) => state === 'uncertain');

/** The prompt to work on: one that was taken and not yet handed over, else the next that may start. */
export function takePrompt(store: Store, sessionId: SessionId, now: string): StoredPrompt | undefined {
  const session = store.sessions.locate(sessionId);
  if (session === undefined) return undefined;
  expirePrompts(store, session, now);
  const queue = store.queue.front(session);
  const taken = queue.find(({ state, handed }) => state === 'running' && !handed);
  if (taken !== undefined) return taken;
  const prompt = next(queue, session.held);
  if (prompt !== undefined) startPrompt(store, session, prompt, now);
  return prompt;
}

/** Takes out what waits and may not any longer. */
export function expirePrompts(store: Store, log: LogOf, now: string): void {
  for (const { promptId } of store.queue.expired(log, now)) {
    store.queue.step(log, promptId, 'cancel');
    store.log.append(log, now, [{ type: 'dequeued', promptId }]);
    store.sessions.touch(log);
  }
}

function startPrompt(store: Store, log: LogOf, prompt: StoredPrompt, now: string): void {
  store.queue.step(log, prompt.promptId, 'start');
  store.log.append(log, now, [{ type: 'prompt', ...told(prompt), clientId: prompt.from.clientId }]);
  store.sessions.touch(log);
  if (prompt.origin !== undefined) closeMailOf(store, log, prompt.origin, 'read', now);
}

/** What the log says of a prompt. */
const told = ({ promptId, message, from, origin }: StoredPrompt) => ({
  promptId,
  message,
  from,
  ...(origin === undefined ? {} : { origin }),
});

/** Ends the turn of a prompt and compacts what it said. After a failure the queue waits for a person. */
export function endTurn(
  store: Store,
  log: LogOf,
  { promptId, firstSeq }: { promptId: PromptId; firstSeq: number },
  outcome: TurnOutcome,
  now: string,
): void {
  switch (outcome.how) {
    case 'untouched':
      return store.queue.unhand(promptId);
    case 'done': {
      const { stopReason, agentSessionId } = outcome;
      // What the agent counts; else what it has said of its context.
      const usage = outcome.usage ?? store.sessions.get(log.sessionId).session.usage;
      // Claude goes on in another conversation after /clear.
      if (agentSessionId !== null) store.sessions.change(log, { agentSessionId });
      store.queue.step(log, promptId, 'finish');
      store.log.append(log, now, [
        {
          type: 'result',
          promptId,
          stopReason,
          session_id: agentSessionId,
          ...(usage === undefined ? {} : { usage }),
        },
      ]);
      break;
    }
    case 'cancelled':
      store.queue.step(log, promptId, 'cancel');
      store.log.append(log, now, [{ type: 'interrupted', promptId }]);
      break;
    case 'failed':
      store.queue.step(log, promptId, 'fail');
      store.log.append(log, now, [{ type: 'error', promptId, code: outcome.code, message: outcome.message }]);
      holdWaiting(store, log);
      break;
    case 'uncertain':
      store.queue.step(log, promptId, 'lose');
      store.log.append(log, now, [{ type: 'uncertain', promptId }]);
      holdWaiting(store, log);
      break;
  }
  if (outcome.how !== 'uncertain') forgetQuestions(store, log, now);
  store.retention.apply(log, firstSeq, store.log.compactFrom(log, firstSeq), now);
  // A turn that was stopped is no news: whoever stopped it knows.
  const news = outcome.how === 'cancelled' ? {} : { newsSeq: store.log.head(log) };
  store.sessions.change(log, { lastActivityAt: now, step: null, ...news });
}

/** Holds the queue if somebody waits in it. With nobody waiting, the next prompt that a person sends may run. */
function holdWaiting(store: Store, log: LogOf): void {
  if (store.queue.live(log).some(({ state }) => state === 'queued'))
    store.sessions.change(log, { held: true });
}

/** Runs an uncertain or failed prompt again, before all that waits. */
export function retryPrompt(store: Store, sessionId: SessionId, promptId: PromptId, now: string): void {
  const session = store.sessions.get(sessionId);
  store.queue.step(session, promptId, 'retry');
  store.queue.move(session, promptId, 0);
  const prompt = store.queue.get(session, promptId);
  const position = store.queue.position(session, prompt);
  store.log.append(session, now, [{ type: 'queued', position, ...told(prompt) }]);
  store.sessions.change(session, { held: false });
}

/** Gives a waiting prompt another text, another place, or both. */
export function changePrompt(
  store: Store,
  sessionId: SessionId,
  promptId: PromptId,
  change: { readonly message?: Message; readonly position?: number },
  now: string,
): void {
  const session = store.sessions.get(sessionId);
  const before = store.queue.get(session, promptId);
  const { state } = before;
  if (state !== 'queued') {
    throw new Problem(
      'prompt.state',
      `Prompt ${promptId} is ${state}: only a waiting one can be changed. ${INSTEAD[state]}`,
      { promptId, state },
    );
  }
  if (change.message !== undefined) store.queue.edit(before, change.message);
  if (change.position !== undefined) store.queue.move(session, promptId, change.position);
  const prompt = store.queue.get(session, promptId);
  const position = store.queue.position(session, prompt);
  store.log.append(session, now, [{ type: 'queued', position, ...told(prompt) }]);
}

/** Takes a waiting prompt out, or leaves an uncertain one as it is; then the queue may go on. */
export function removePrompt(store: Store, sessionId: SessionId, promptId: PromptId, now: string): void {
  const session = store.sessions.get(sessionId);
  const { state, origin } = store.queue.get(session, promptId);
  const isUncertain = state === 'uncertain';
  if (state === 'running') {
    throw new Problem('prompt.state', `Prompt ${promptId} is running. ${INSTEAD.running}`, {
      promptId,
    });
  }
  store.queue.step(session, promptId, isUncertain ? 'leave' : 'cancel');
  // Mail that its agent has acknowledged is closed already; else somebody has sent it back.
  if (origin !== undefined) closeMailOf(store, session, origin, 'refused', now);
  store.log.append(session, now, [{ type: 'dequeued', promptId }]);
  if (isUncertain) {
    forgetQuestions(store, session, now);
    store.sessions.change(session, { held: false });
  } else store.sessions.touch(session);
}

/** Adds events of another gateway to a session that has said nothing of its own yet. */
export function importEvents(store: Store, sessionId: SessionId, events: Bundle['events']): void {
  const log = store.sessions.get(sessionId);
  if (store.queue.count(log) > 0) {
    throw new Problem('prompt.state', `Session ${sessionId} has prompts of its own: import into a new one.`);
  }
  const first = store.log.head(log) + 1;
  for (const { ts, type, ...rest } of events) {
    // An event keeps its content and time, and gets a seq of this log. Types that this build does not know are left out.
    const body = EventBody.safeParse({ ...rest, type });
    if (body.success) store.log.append(log, ts, [body.data]);
  }
  // From the turn on that these events belong to: with many parts, the turns before are not joined again each time.
  store.log.compactFrom(log, store.log.firstOfTurn(log, first));
}

/** Writes down a conversation that the agent had before this session. */
export function writeEarlier(store: Store, log: LogOf, bodies: readonly EventBody[], now: string): void {
  const first = store.log.head(log) + 1;
  store.log.append(log, now, bodies);
  const prompt = bodies.find((body) => body.type === 'prompt');
  store.sessions.addressed(log, prompt && titleFrom(prompt.message), now);
  store.retention.apply(log, first, store.log.compactFrom(log, first), now);
}

const COPIED_AT_ONCE = 1_000;

/** Gives a new session the log of another one, and what was chosen there. */
export function copySession(store: Store, from: SessionId, to: SessionId): void {
  const source = store.sessions.get(from);
  const log = store.sessions.get(to);
  for (const [optionId, value] of Object.entries(store.offers.chosen(source)))
    store.offers.choose(log, optionId, value);
  for (let after = 0; after < store.log.head(source);) {
    const { texts, last } = store.log.read(source, after, COPIED_AT_ONCE);
    // Our own log, which was written by the contract.
    importEvents(
      store,
      to,
      texts.map((text) => JSON.parse(text) as Bundle['events'][number]),
    );
    after = last;
  }
}

/** Sets right, after a start, what the previous gateway could not finish. */
export function recoverSession(store: Store, sessionId: SessionId, now: string): void {
  const log = store.sessions.get(sessionId);
  if (log.session.status !== 'stopped') {
    store.sessions.change(log, { status: 'stopped', step: null });
    store.log.append(log, now, [{ type: 'status', status: 'stopped' }]);
  }
  for (const { promptId, state, handed } of store.queue.live(log)) {
    if (state !== 'running') continue;
    const after = afterCrash(handed);
    // Not handed over: it stays taken, with its `prompt` event, and is worked on as if nothing had been.
    if (after === 'queued') continue;
    endTurn(store, log, { promptId, firstSeq: store.log.firstOfTurn(log) }, { how: 'uncertain' }, now);
  }
  recoverQuestions(store, log, now);
}
