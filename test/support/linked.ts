// Two whole gateways in this process, linked in memory: a test cuts and mends the link whenever it likes.
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import { Catalogue } from '../../gateway/agents/catalogue.ts';
import { startTime } from '../../gateway/agents/processTree.ts';
import { noTools } from '../../gateway/lentTools.ts';
import { Agents } from '../../gateway/live/agents.ts';
import { Announcer } from '../../gateway/live/announcer.ts';
import { systemClock, type Clock } from '../../gateway/live/clock.ts';
import { Delegation } from '../../gateway/live/delegation.ts';
import { Feed } from '../../gateway/live/feed.ts';
import { Live } from '../../gateway/live/live.ts';
import { LiveMail } from '../../gateway/live/mail.ts';
import { followPeerMail } from '../../gateway/live/peerMail.ts';
import { Peering, type PeerBook } from '../../gateway/live/peering.ts';
import { Peers } from '../../gateway/live/peers.ts';
import { handlersOf } from '../../gateway/methods/methods.ts';
import type { Gateway } from '../../gateway/methods/parts.ts';
import { placeTasksIn } from '../../gateway/methods/task.ts';
import { LINK_WAIT_MS } from '../../gateway/peers/calls.ts';
import { Links, type Link } from '../../gateway/peers/link.ts';
import {
  ClientId,
  LIMITS,
  PeerName,
  PeerPolicy,
  Problem,
  PROTOCOL,
  type Actor,
  type Event,
  type MethodName,
  type NotificationName,
  type ParamsIn,
  type Result,
  type SessionId,
} from '../../gateway/protocol/index.ts';
import { Bearers } from '../../gateway/rpc/bearer.ts';
import { Caller } from '../../gateway/rpc/caller.ts';
import { Dispatcher } from '../../gateway/rpc/dispatch.ts';
import { Store } from '../../gateway/store/store.ts';
import { newFolder } from './folders.ts';
import { MAIN } from './gateway.ts';
import { linkPair } from './linkPair.ts';
import { PATIENCE_MS } from './waitFor.ts';

const PATIENCE_WITH_LINKS_MS = 1_000;

/** A gateway without a door of its own; it knows one peer, with key 1. */
export class InProcess implements AsyncDisposable {
  readonly name: string;
  readonly store: Store;
  readonly links = new Links();
  readonly peering: Peering;
  readonly delegation: Delegation;
  readonly bugs: unknown[] = [];
  /** The folders that got what each new session's folder gets. */
  readonly prepared: string[] = [];
  policy = PeerPolicy.parse({});
  allows: PeerPolicy | undefined;
  readonly #parts = new AsyncDisposableStack();
  readonly #dispatcher: Dispatcher;

  constructor(name: string, peer: string) {
    this.name = name;
    const home = newFolder('home');
    // A moment of this test's own: ten seconds of patience with a link are long.
    const clock: Clock = {
      ...systemClock,
      after: (ms, callback) => systemClock.after(ms === LINK_WAIT_MS ? PATIENCE_WITH_LINKS_MS : ms, callback),
    };
    const store = (this.store = this.#parts.use(Store.open(home)));
    const catalogue = new Catalogue({ node: process.execPath, script: MAIN });
    const logger = pino({ level: 'silent' });
    const findAgent: ConstructorParameters<typeof Live>[0]['findAgent'] = (agent) =>
      catalogue.find(agent).driver;
    const live = this.#parts.use(
      new Live({ store, clock, logger, findAgent, lendTools: noTools, startTime, idleAgentMs: 60_000 }),
    );
    const feed = new Feed(store.log);
    const announcer = new Announcer(store);
    const logBug = (error: unknown): void => void this.bugs.push(error);
    const theirName = PeerName.parse(peer);
    const book: PeerBook = {
      keyOf: (asked) => {
        if (asked === theirName) return 1;
        throw new Problem('peer.unknown', `No peer is called ${asked}.`);
      },
      keyOfLink: () => 1,
      nameOf: () => theirName,
      policyOf: () => this.policy,
      allows: (_key, allows) => (this.allows = allows),
    };
    const instanceId = randomUUID();
    this.peering = new Peering({ book, store, clock, instanceId, logBug });
    const wakeSession = (sessionId: SessionId): void => live.wake(sessionId);
    const mail = this.#parts.use(new LiveMail({ store, clock, logger, wakeSession }));
    const agents = new Agents({ catalogue, clock, home, registry: { url: '', file: '' } });
    this.#parts.use(this.peering);
    followPeerMail({ store, clock, mail, peering: this.peering, book });
    const prepareFolder = (folder: string) => void this.prepared.push(folder);
    const place = placeTasksIn(home, agents, prepareFolder);
    const delegation = (this.delegation = new Delegation({
      store,
      live,
      clock,
      peering: this.peering,
      book,
      place,
    }));
    const gateway: Gateway = {
      store,
      live,
      feed,
      announcer,
      peering: this.peering,
      mail,
      delegation,
      // Its links are made in memory, so this one never starts.
      peers: new Peers({
        store,
        clock,
        logger,
        home,
        settings: { heartbeatSeconds: 30, announce: false, discoveryPort: 9848 },
        about: { instanceId, version: '0.0.0' },
      }),
      bus: { sync: () => Promise.resolve(), socketOf: () => undefined },
      clock,
      info: {
        version: '0.0.0',
        protocol: PROTOCOL,
        features: [],
        pid: process.pid,
        instanceId,
        logId: store.log.logId,
        home,
        bounds: { maxEvents: 1e6, maxBytes: 1e9, maxAgeDays: null },
        limits: LIMITS,
        startedAt: clock.now(),
      },
      agents,
      bearers: new Bearers(() => undefined),
      prepareFolder,
      stop: () => {},
    };
    this.#dispatcher = new Dispatcher(handlersOf(gateway), logBug);
    store.listeners.push(
      (committed) => feed.publish(committed),
      (committed) => announcer.publish(committed),
      (committed) => this.peering.committed(committed),
      (committed) => mail.committed(committed),
      (committed) => delegation.committed(committed),
    );
    this.peering.open(this.#dispatcher, this.links);
  }

  /** Says what the peer may do here from now on. */
  permit(policy: Partial<PeerPolicy>): void {
    this.policy = { ...this.policy, ...policy };
    this.peering.policyChanged(1);
  }

  client(name = 'a test'): LocalClient {
    return new LocalClient(this.#dispatcher, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links.all()) link.close('the test ends');
    await this.#parts.disposeAsync();
  }
}

/** A client of a gateway in this process. It can stop reading. */
export class LocalClient {
  readonly #dispatcher: Dispatcher;
  readonly #caller: Caller;
  readonly #news = new EventEmitter();
  readonly frames: { method: NotificationName; params: { sessionId?: string; events?: Event[] } }[] = [];
  #drain: (() => void)[] = [];
  #lastId = 0;
  /** How many frames it still takes. */
  room = Number.POSITIVE_INFINITY;

  constructor(dispatcher: Dispatcher, name: string) {
    this.#dispatcher = dispatcher;
    this.#caller = new Caller('rpc', undefined, {
      send: (frame) => {
        this.room -= 1;
        // Written by the gateway under the contract.
        this.frames.push(JSON.parse(frame.toString()) as (typeof this.frames)[number]);
        this.#news.emit('news');
        return this.room > 0;
      },
      onDrain: (callback) => this.#drain.push(callback),
    });
    this.#caller.actor = { clientId: ClientId.parse(randomUUID()), name };
  }

  get actor(): Actor {
    return this.#caller.actor;
  }

  /** Rejects with the problem that was answered. */
  async call<M extends MethodName>(method: M, params: ParamsIn<M>): Promise<Result<M>> {
    const answer = await this.#dispatcher.answer(
      { jsonrpc: '2.0', id: (this.#lastId += 1), method, params },
      this.#caller,
    );
    if (answer === null || Array.isArray(answer)) throw new Error('no answer');
    if (answer.error === undefined) return answer.result as Result<M>;
    const data = answer.error.data as { problem?: string } | undefined;
    throw Object.assign(new Error(answer.error.message), {
      code: answer.error.code,
      problem: data?.problem,
      data,
    });
  }

  /** All events of a session that it was told, in the order in which they came. */
  events(sessionId: string): Event[] {
    return this.frames
      .filter(({ method, params }) => method === 'session.events' && params.sessionId === sessionId)
      .flatMap(({ params }) => params.events ?? []);
  }

  /** Reads on. */
  read(frames = Number.POSITIVE_INFINITY): void {
    this.room = frames;
    for (const callback of this.#drain.splice(0)) callback();
  }

  /** Resolves when something is so; asked after each frame. */
  async until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      try {
        await once(this.#news, 'news', { signal });
      } catch (cause) {
        throw new Error(`waited in vain for ${what}`, { cause });
      }
    }
  }

  close(): void {
    this.#caller.close();
  }
}

export interface Linked extends AsyncDisposable {
  /** `laptop` knows `box`, and `box` knows `laptop`. */
  readonly laptop: InProcess;
  readonly box: InProcess;
  link(): void;
  cut(): Promise<void>;
}

export function linkedGateways(policy: Partial<PeerPolicy> = {}): Linked {
  const laptop = new InProcess('laptop', 'box');
  const box = new InProcess('box', 'laptop');
  box.policy = { ...box.policy, ...policy };
  let ends: Link[] = [];
  const linked: Linked = {
    laptop,
    box,
    link() {
      const [ours, theirs] = linkPair('laptop', 'box');
      ends = [ours, theirs];
      laptop.links.use(ours);
      box.links.use(theirs);
    },
    async cut() {
      for (const end of ends) end.close('the test cuts it');
      await Promise.all(ends.map(({ closed }) => closed));
    },
    async [Symbol.asyncDispose]() {
      await linked.cut();
      await laptop[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    },
  };
  linked.link();
  return linked;
}

/** What a peer may do that is trusted with everything. */
export const EVERYTHING: PeerPolicy = {
  see: true,
  mail: 'accept',
  prompt: true,
  interrupt: true,
  answer: true,
};
