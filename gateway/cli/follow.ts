// Following a session over lost links: every event once and in order, from a cursor, however often the gateway dies.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { withoutUndefined } from '../language.ts';
import {
  Problem,
  type Cursor,
  type Event,
  type MethodName,
  type ParamsIn,
  type Result,
  type SessionId,
  type Snapshot,
} from '../protocol/index.ts';
import type { GatewayClient } from '../rpc/connect.ts';
import { Channel } from './channel.ts';
import { dial, NotAuthorisedError } from './client.ts';
import type { Program } from './verb.ts';

/** How long to wait after the first, second ... failed try; then it is given up. */
export const BACKOFF_MS: readonly number[] = [100, 250, 500, 1000, 2000, 4000, 5000, 5000];
/** While a gateway that somebody stopped is not started again, look this often whether it runs. */
const LOOK_MS = 500;
/** What a gateway says when it ends on purpose. */
const GOODBYE = 'the gateway ends';

/** What there is to tell about a followed session. */
export type News =
  | { readonly what: 'snapshot'; readonly snapshot: Snapshot; readonly gap: boolean }
  | { readonly what: 'events'; readonly events: readonly Event[] }
  | { readonly what: 'lost'; readonly stopped: boolean }
  | { readonly what: 'found' }
  | { readonly what: 'removed' };

export interface FollowOptions {
  readonly program: Program;
  readonly sessionId: SessionId;
  /** Absent: a snapshot comes first. */
  readonly cursor?: Cursor;
}

export class Follower implements AsyncDisposable {
  readonly #options: FollowOptions;
  readonly #end = new AbortController();
  readonly #news = new Channel<News>();
  readonly #running: Promise<void>;
  #cursor: Cursor | undefined;
  #link = Promise.withResolvers<GatewayClient>();
  /** A gateway that somebody stopped stays stopped until we need it. */
  #mayStart = true;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    this.#link.promise.catch(() => {});
    this.#running = this.#run().then(
      () => this.#news.close(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Ends when the follower does; throws when the session cannot be followed any more. */
  get news(): AsyncIterable<News> {
    return this.#news;
  }

  /**
   * Calls a method as soon as there is a link, and again when the link breaks before the answer: only for calls that
   * the gateway takes once however often they come.
   */
  async call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    this.#mayStart = true;
    for (;;) {
      const link = this.#link;
      const client = await link.promise;
      try {
        return await client.call(method, params);
      } catch (error) {
        // A broken link is noticed in the same turn of the loop as the calls that it breaks.
        await nextTurn();
        if (error instanceof Problem || this.#link === link) throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const client = await this.#dial();
      if (client === undefined) return;
      await using open = client;
      if (!(await this.#attach(open, isFirst))) continue;
      this.#link.resolve(open);
      const { promise: ended, resolve } = Promise.withResolvers<undefined>();
      const stop = (): void => resolve(undefined);
      this.#end.signal.addEventListener('abort', stop, { once: true });
      if (this.#end.signal.aborted) return;
      const closed = await Promise.race([open.closed, ended]);
      this.#end.signal.removeEventListener('abort', stop);
      if (closed === undefined) return;
      this.#link = Promise.withResolvers();
      this.#link.promise.catch(() => {});
      this.#mayStart = closed.reason !== GOODBYE;
      this.#news.push({ what: 'lost', stopped: !this.#mayStart });
    }
  }

  /** undefined: nobody wants to know any more. */
  async #dial(): Promise<GatewayClient | undefined> {
    for (let tries = 0; !this.#end.signal.aborted;) {
      const starts = this.#mayStart;
      try {
        return await dial(starts ? this.#options.program : undefined, this.#end.signal);
      } catch (error) {
        if (this.#end.signal.aborted) return undefined;
        const wait = starts ? BACKOFF_MS[tries] : LOOK_MS;
        if (error instanceof NotAuthorisedError || wait === undefined) throw error;
        if (starts) tries += 1;
        await this.#pause(wait);
      }
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#end.signal }).catch(() => {});
  }

  /** Subscribes from where we are; false when the link broke meanwhile. */
  async #attach(client: GatewayClient, isFirst: boolean): Promise<boolean> {
    try {
      await this.#subscribe(client, isFirst);
      return true;
    } catch (error) {
      if (error instanceof Problem) throw error;
      // A gateway that dies at every start must not make us spin.
      await this.#pause(LOOK_MS);
      return false;
    }
  }

  /** What arrives before the calls are answered waits, so that all is told in order. */
  async #subscribe(client: GatewayClient, isFirst: boolean): Promise<void> {
    const { sessionId } = this.#options;
    let early: (() => void)[] | undefined = [];
    const inOrder = (tell: () => void): void => void (early === undefined ? tell() : early.push(tell));
    client.on('session.events', (params) => {
      if (params.sessionId === sessionId) inOrder(() => this.#tell(params.events, params.cursor));
    });
    client.on('session.removed', (params) => {
      if (params.sessionId === sessionId) inOrder(() => this.#news.push({ what: 'removed' }));
    });
    const params = withoutUndefined({ sessionId, cursor: this.#cursor });
    const { cursor, gap, snapshot } = await client.call('session.subscribe', params);
    await client.call('session.watch', {});
    if (!isFirst) this.#news.push({ what: 'found' });
    if (snapshot !== undefined) {
      this.#cursor = cursor;
      this.#news.push({ what: 'snapshot', snapshot, gap });
    }
    for (const tell of early) tell();
    early = undefined;
  }

  #tell(events: readonly Event[], cursor: Cursor): void {
    const told = this.#cursor === undefined ? 0 : seqOf(this.#cursor);
    const news = events.filter(({ seq }) => seq > told);
    this.#cursor = cursor;
    if (news.length > 0) this.#news.push({ what: 'events', events: news });
  }

  #fail(error: unknown): void {
    this.#link.reject(error);
    this.#news.close(
      error instanceof Error ? error : new Error('The session cannot be followed.', { cause: error }),
    );
  }
}

const seqOf = (cursor: Cursor): number => Number(cursor.slice(cursor.indexOf(':') + 1));
