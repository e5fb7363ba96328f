// A client for tests: the extension's own link, with a session follower that remembers and can be waited for.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  methods,
  Problem,
  type Cursor,
  type Event,
  type EventType,
  type MethodName,
  type ParamsIn,
  type Result,
  type SessionId,
  type ProblemName,
  type Snapshot,
} from '../../gateway/protocol/index.ts';
import type { GatewayClient } from '../../gateway/rpc/connect.ts';
import { newFolder } from './folders.ts';
import { textOf } from './transcript.ts';
import { PATIENCE_MS } from './waitFor.ts';

/** What any call may be told, whatever it asks for. */
const EVERYWHERE: readonly ProblemName[] = ['access.denied'];

export class TestClient implements AsyncDisposable {
  readonly link: GatewayClient;

  constructor(link: GatewayClient) {
    this.link = link;
  }

  /** Whatever problem it meets, the contract has to name it. */
  async call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    try {
      return await this.link.call(method, params);
    } catch (error) {
      if (error instanceof Problem && !EVERYWHERE.includes(error.problem)) {
        assert.ok(
          methods[method].problems.includes(error.problem),
          `${method} does not declare ${error.problem}`,
        );
      }
      throw error;
    }
  }

  /** A session with the demo agent in a folder of its own. */
  async newSession(params: Partial<ParamsIn<'session.create'>> = {}): Promise<SessionId> {
    const { sessionId } = await this.call('session.create', {
      path: newFolder('work'),
      agent: 'demo',
      ...params,
    });
    return sessionId;
  }

  /** Subscribes and remembers what comes. */
  async follow(sessionId: SessionId, cursor?: Cursor): Promise<Follower> {
    const follower = new Follower(sessionId);
    this.link.on('session.events', (params) => {
      if (params.sessionId === sessionId) follower.hear(params.events, params.cursor);
    });
    const answer = await this.call(
      'session.subscribe',
      cursor === undefined ? { sessionId } : { sessionId, cursor },
    );
    follower.begin(answer);
    return follower;
  }

  /** Sends a prompt and waits for the end of its turn. */
  async ask(sessionId: SessionId, message: string): Promise<Follower> {
    const follower = await this.follow(sessionId);
    const { promptId } = await this.call('session.send', { sessionId, message });
    await follower.end(promptId);
    return follower;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
  }
}

/** What a client has seen of a session since it subscribed. */
export class Follower {
  readonly sessionId: SessionId;
  readonly events: Event[] = [];
  snapshot: Snapshot | undefined;
  gap = false;
  cursor: Cursor | undefined;
  readonly #news = new EventEmitter();

  constructor(sessionId: SessionId) {
    this.sessionId = sessionId;
  }

  begin(answer: Result<'session.subscribe'>): void {
    this.snapshot = answer.snapshot;
    this.gap = answer.gap;
    this.cursor = answer.cursor;
  }

  hear(events: readonly Event[], cursor: Cursor): void {
    this.events.push(...events);
    this.cursor = cursor;
    this.#news.emit('news');
  }

  /** The snapshot's messages and all events since. */
  get all(): Event[] {
    return [...(this.snapshot?.messages ?? []), ...this.events];
  }

  /** All that the agent has said, as a client that applies events would show it. */
  get text(): string {
    return textOf(this.all);
  }

  of<T extends EventType>(type: T): Extract<Event, { type: T }>[] {
    return this.all.filter((event): event is Extract<Event, { type: T }> => event.type === type);
  }

  /** Resolves with the first event that fits; rejects when none comes in reasonable time. */
  async until(fits: (event: Event) => boolean, patienceMs = PATIENCE_MS): Promise<Event> {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = this.all.find(fits);
      if (found !== undefined) return found;
      try {
        await once(this.#news, 'news', { signal });
      } catch (cause) {
        const seen = this.all.map(({ seq, type }) => `${seq} ${type}`).slice(-20);
        throw new Error(`waited in vain; the last events are: ${seen.join(', ')}`, { cause });
      }
    }
  }

  untilType<T extends EventType>(type: T): Promise<Extract<Event, { type: T }>> {
    // The predicate below lets only this type through.
    return this.until((event) => event.type === type) as Promise<Extract<Event, { type: T }>>;
  }

  /** Resolves with the event that ends the turn of a prompt. */
  end(promptId: string): Promise<Event> {
    return this.until(
      (event) =>
        (event.type === 'result' ||
          event.type === 'error' ||
          event.type === 'interrupted' ||
          event.type === 'uncertain') &&
        event.promptId === promptId,
    );
  }
}
