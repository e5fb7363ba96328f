// The link to the gateway: finds or starts one, keeps the connection alive, and says how it stands.
import { messageOf } from '../gateway/language.ts';
import type { GatewayClient, NotStartedError } from '../gateway/rpc/connect.ts';
import type {
  MethodName,
  NotificationName,
  NotificationParams,
  ParamsIn,
  Result,
} from '../gateway/protocol/index.ts';
import { Problem } from '../gateway/protocol/problems.ts';
import type { Link } from './chatMessages.ts';
import { Emitter, type Disposable } from './emitter.ts';
import { t } from './l10n.ts';
import { misfitOf, misfitWords } from './misfit.ts';

/** How long to wait after the first, second ... failed try; the last one again and again. */
export const BACKOFF_MS: readonly number[] = [200, 500, 1000, 2000, 5000];
/** After so many tries in a row people read "offline"; trying goes on. */
const TRIES_BEFORE_OFFLINE = 5;
/** A connection that ended sooner counts as a failed try: a gateway that dies at once must not make us spin. */
const STEADY_MS = 5000;

/** The name of the error with a gateway's last words; its class comes with the rest of the client, when somebody dials. */
const NOT_STARTED: NotStartedError['name'] = 'NotStartedError';

/** One try. `start`: a gateway may be started when none answers. */
export type Dial = (options: { start: boolean; signal: AbortSignal }) => Promise<GatewayClient>;

export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

export class NotConnected extends Error {
  constructor() {
    super(t('The gateway does not answer. Nothing was sent; try again when it is back.'));
    this.name = 'NotConnected';
  }
}

export class Connection implements Disposable {
  readonly #dial: Dial;
  readonly #log: Log;
  readonly #ended = new AbortController();
  readonly #changed = new Emitter<Link>();
  readonly onDidChangeLink = this.#changed.event;
  /** What every new client is given: listeners, and what has to be asked again. */
  readonly #attachments = new Set<(client: GatewayClient) => void>();
  #link: Link = { state: 'connecting', since: Date.now(), attempt: 1 };
  #client: GatewayClient | undefined;
  #wanted = false;
  #hurry = false;
  #wake: (() => void) | undefined;
  #drop: (() => void) | undefined;

  constructor(dial: Dial, log: Log) {
    this.#dial = dial;
    this.#log = log;
  }

  get link(): Link {
    return this.#link;
  }

  get client(): GatewayClient | undefined {
    return this.#client;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Somebody looks at Holdfast: from now on a gateway is started when none runs. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.retryNow();
  }

  /** Ends the wait between two tries. */
  retryNow(): void {
    if (this.#client) return;
    this.#hurry = true;
    this.#wake?.();
  }

  /** Drops the link, or the try to get one, and looks again: a setting chose another gateway. */
  redial(): void {
    this.#drop?.();
    this.retryNow();
  }

  /** Ends when there is a client; rejects when there is none in time. */
  async whenConnected(waitMs: number): Promise<void> {
    await this.#nextClient(AbortSignal.any([this.#ended.signal, AbortSignal.timeout(waitMs)]));
  }

  /** Where a session lives, so that what is about it goes to its machine. Replaced by whoever knows. */
  machineOf: (sessionId: string) => string | undefined = () => undefined;

  async call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    if (!this.#client) throw new NotConnected();
    return this.#client.call(method, this.#addressed(params));
  }

  /**
   * For calls that the gateway takes only once however often they come: when the link breaks before the answer is
   * here, the call goes out again over the next one.
   */
  async callSurely<M extends MethodName>(method: M, params: ParamsIn<M>, waitMs: number): Promise<Result<M>> {
    const giveUp = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(waitMs)]);
    for (;;) {
      const client = await this.#nextClient(giveUp);
      try {
        return await client.call(method, this.#addressed(params));
      } catch (error) {
        if (error instanceof Problem) throw error;
        // A broken link is noticed in the same turn of the loop as the calls that it breaks.
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#client === client || giveUp.aborted) throw error;
      }
    }
  }

  /** Listens over all reconnects. */
  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): Disposable {
    // An answer and the notification after it can come in one read. Whoever waits for the answer waits for a promise, so without
    // setImmediate the notification would be heard first.
    let end = (): void => undefined;
    const attached = this.onClient((client) => {
      end = client.on(name, (params) => setImmediate(listener, params));
    });
    return {
      dispose: () => {
        attached.dispose();
        end();
      },
    };
  }

  /** Runs for the client that is there and for every later one. */
  onClient(attach: (client: GatewayClient) => void): Disposable {
    this.#attachments.add(attach);
    if (this.#client) attach(this.#client);
    return { dispose: () => this.#attachments.delete(attach) };
  }

  /** Connects, and again whenever the link is gone, until disposed. */
  async run(): Promise<void> {
    let attempt = 0;
    let since = Date.now();
    while (!this.#ended.signal.aborted) {
      attempt += 1;
      const client = await this.#try(attempt, since);
      if (client) {
        const began = Date.now();
        await this.#serve(client);
        since = Date.now();
        attempt = since - began >= STEADY_MS ? 0 : Math.min(attempt, TRIES_BEFORE_OFFLINE - 1);
        if (attempt === 0) continue;
      }
      if (await this.#pause(BACKOFF_MS[attempt - 1] ?? BACKOFF_MS.at(-1))) attempt = 0;
    }
  }

  dispose(): void {
    this.#ended.abort();
    this.#drop?.();
    this.#wake?.();
  }

  #addressed<P extends object>(params: P): P {
    if (!('sessionId' in params) || typeof params.sessionId !== 'string' || 'peer' in params) return params;
    const peer = this.machineOf(params.sessionId);
    // Every method that is about one session takes it.
    return peer === undefined ? params : { ...params, peer };
  }

  async #try(attempt: number, since: number): Promise<GatewayClient | undefined> {
    if (attempt <= TRIES_BEFORE_OFFLINE) this.#become({ state: 'connecting', since, attempt });
    // A controller for each try: what listens to its signal is forgotten with it.
    const dropped = new AbortController();
    this.#drop = () => dropped.abort();
    try {
      const client = await this.#dial({ start: this.#wanted, signal: dropped.signal });
      if (!dropped.signal.aborted) return client;
      await client[Symbol.asyncDispose]();
    } catch (error) {
      const reason = messageOf(error);
      if (dropped.signal.aborted) return undefined;
      this.#log.warn(`Try ${attempt}: ${reason}`);
      // When the gateway itself says why, or none was wanted, another try would change nothing: it is offline at once.
      const isItsWord = error instanceof Problem || (error instanceof Error && error.name === NOT_STARTED);
      if (attempt >= TRIES_BEFORE_OFFLINE || isItsWord || !this.#wanted) {
        const misfit = misfitOf(error);
        this.#become(
          misfit === undefined
            ? { state: 'offline', since, reason }
            : { state: 'offline', since, reason: misfitWords(misfit), misfit },
        );
      }
    }
    return undefined;
  }

  async #serve(client: GatewayClient): Promise<void> {
    this.#client = client;
    this.#hurry = false;
    const { info } = client;
    this.#log.info(`Connected to gateway ${info.version}, process ${info.pid}, state in ${info.home}`);
    for (const attach of this.#attachments) attach(client);
    this.#become({ state: 'connected', since: Date.now() });
    const dropped = Promise.withResolvers<{ reason: string }>();
    this.#drop = () => dropped.resolve({ reason: 'it was dropped here' });
    const { reason } = await Promise.race([client.closed, dropped.promise]);
    this.#drop = undefined;
    this.#client = undefined;
    await client[Symbol.asyncDispose]();
    if (this.#ended.signal.aborted) return;
    this.#log.warn(`The link ended: ${reason}`);
    this.#become({ state: 'connecting', since: Date.now(), attempt: 1 });
  }

  #become(link: Link): void {
    this.#link = link;
    this.#changed.fire(link);
  }

  /** True: somebody asked to try now. */
  async #pause(ms: number | undefined): Promise<boolean> {
    if (!this.#hurry && !this.#ended.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const hurried = this.#hurry;
    this.#hurry = false;
    return hurried;
  }

  #nextClient(signal: AbortSignal): Promise<GatewayClient> {
    if (signal.aborted) return Promise.reject(new NotConnected());
    if (this.#client) return Promise.resolve(this.#client);
    return new Promise((resolve, reject) => {
      const waiting = this.onClient((client) => {
        waiting.dispose();
        resolve(client);
      });
      signal.addEventListener(
        'abort',
        () => {
          waiting.dispose();
          reject(new NotConnected());
        },
        { once: true },
      );
    });
  }
}
