// A gateway's mail in the test's own process: real database, calls and socket; time and chance as the test wants.
import path from 'node:path';
import { pino } from 'pino';
import type { Clock } from '../../gateway/live/clock.ts';
import { Feed } from '../../gateway/live/feed.ts';
import { LiveMail } from '../../gateway/live/mail.ts';
import { mailHandlers } from '../../gateway/methods/mail.ts';
import { mailboxHandlers } from '../../gateway/methods/mailbox.ts';
import { streamsOf } from '../../gateway/methods/stream.ts';
import {
  MailboxName,
  type MethodName,
  type ParamsIn,
  type Result,
  type SessionId,
} from '../../gateway/protocol/index.ts';
import { Bearers, type Bearer } from '../../gateway/rpc/bearer.ts';
import { Caller } from '../../gateway/rpc/caller.ts';
import { Dispatcher } from '../../gateway/rpc/dispatch.ts';
import { socketPolicy } from '../../gateway/rpc/guard.ts';
import { createHttpServer } from '../../gateway/rpc/http.ts';
import { listenOnSocket } from '../../gateway/rpc/listen.ts';
import { StreamSlots } from '../../gateway/rpc/sse.ts';
import { WebSocketTransport } from '../../gateway/rpc/websocket.ts';
import { Store } from '../../gateway/store/store.ts';
import { handlersWith, unexpected, type Answer } from './dispatcher.ts';
import { newFolder } from './folders.ts';
import { waitFor } from './waitFor.ts';

/** Time that goes on only when the test says so. */
export class TestClock implements Clock {
  ms = Date.parse('2026-01-01T00:00:00.000Z');
  #ids = 0;
  readonly #prefix: string;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  /** Ids of two clocks differ by this. */
  constructor(prefix = 'id') {
    this.#prefix = prefix;
  }

  now(): string {
    return new Date(this.ms).toISOString();
  }

  later(seconds: number): string {
    return new Date(this.ms + seconds * 1000).toISOString();
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.ms + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  ticks(): number {
    return this.ms;
  }

  chance(): number {
    return 0.5;
  }

  newId(): string {
    return `${this.#prefix}-${(this.#ids += 1)}`;
  }

  /** Lets time pass, or sets the clock back: timers are of time that has passed, so they fire only forwards. */
  pass(ms: number): void {
    this.ms += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.ms && this.#timers.delete(timer)) timer.callback();
    }
  }
}

export const box = (name: string): MailboxName => MailboxName.parse(name);

export interface DeskOptions {
  readonly clock?: Clock;
  readonly folder?: string;
}

export class MailDesk implements AsyncDisposable {
  readonly folder: string;
  readonly store: Store;
  readonly mail: LiveMail;
  readonly woken: SessionId[] = [];
  readonly bugs: unknown[] = [];
  /** Where it can be reached over HTTP. */
  readonly socket: string;
  readonly #dispatcher: Dispatcher;
  readonly #parts = new AsyncDisposableStack();

  private constructor({ clock = new TestClock(), folder = newFolder('desk') }: DeskOptions) {
    this.folder = folder;
    this.socket = path.join(folder, 'run', 's.sock');
    const store = (this.store = this.#parts.use(Store.open(folder)));
    const logger = {
      ...pino({ level: 'silent' }),
      info: () => {},
      warn: () => {},
      error: ({ err }: { err?: unknown }) => void this.bugs.push(err),
    };
    const wakeSession = (sessionId: SessionId): void => void this.woken.push(sessionId);
    const mail = (this.mail = this.#parts.use(new LiveMail({ store, clock, logger, wakeSession })));
    store.listeners.push((committed) => mail.committed(committed));
    const parts = {
      store,
      mail,
      clock,
      live: { mustBeOpen: () => {} },
      peering: { mailboxes: () => [] },
      bus: { sync: () => Promise.resolve(), socketOf: () => undefined },
    };
    const handlers = handlersWith({ ...mailHandlers(parts), ...mailboxHandlers(parts) });
    this.#dispatcher = new Dispatcher(handlers, (error) => this.bugs.push(error));
  }

  static async open(options: DeskOptions = {}): Promise<MailDesk> {
    const desk = new MailDesk(options);
    await desk.mail.recover();
    return desk;
  }

  /** Serves HTTP, too. */
  async listen(bearers = new Bearers(() => undefined)): Promise<void> {
    const { store, mail } = this;
    const server = createHttpServer(
      {
        dispatcher: this.#dispatcher,
        webSockets: this.#parts.use(new WebSocketTransport(this.#dispatcher)),
        streams: streamsOf({
          store,
          mail,
          feed: new Feed(store.log),
          clock: new TestClock(),
          peering: { at: unexpected },
        }),
        isReady: () => true,
        slots: new StreamSlots(),
        metrics: () => Promise.reject(new Error('nobody has counted anything')),
        logBug: (error) => this.bugs.push(error),
      },
      () => socketPolicy(bearers),
    );
    this.#parts.use(await listenOnSocket(server, this.socket));
  }

  /** The answer as it would go over the wire. */
  async ask(method: string, params: unknown, bearer?: Bearer): Promise<Answer> {
    const answer = await this.#dispatcher.answer(
      { jsonrpc: '2.0', id: 1, method, params },
      new Caller('rpc', bearer),
    );
    // One request with an id has one answer.
    return JSON.parse(JSON.stringify(answer)) as Answer;
  }

  /** The result; a problem is thrown. */
  async call<M extends MethodName>(method: M, params: ParamsIn<M>, bearer?: Bearer): Promise<Result<M>> {
    const { result, error } = await this.ask(method, params, bearer);
    if (error !== undefined) throw Object.assign(new Error(error.message), { data: error.data });
    // The handler of this very method has made it.
    return result as Result<M>;
  }

  /** Resolves when nothing waits but what has to. */
  async settled(waiting = 0): Promise<void> {
    await waitFor('the outbox to be empty', () => this.store.outbox.open().pending === waiting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
