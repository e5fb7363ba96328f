// A link: an authenticated, ordered, bounded channel of JSON frames to one known peer, whatever carries its bytes.
import { z } from 'zod';
import { object } from '../protocol/shape.ts';
import { StallWatch } from '../rpc/stall.ts';
import { FrameError, FrameStream } from './frame.ts';

/** SHA-256 of a peer's public key (SPKI), in hex: who it is, and what is pinned. */
export type Fingerprint = string;

/** Above this `send` says false; a sender that goes on regardless is cut at LIMIT. */
const HIGH_WATER = 256 * 1024;
const LIMIT = 4 * 1024 * 1024;

/** What each side says of itself, first thing. */
export const Hello = object(() => ({
  proto: z.object({ min: z.int(), max: z.int() }),
  gatewayId: z.string().describe('Its fingerprint: the same that its key has'),
  instanceId: z.string().max(64).describe('New with every start'),
  logId: z.string().max(64).describe('The log that its cursors belong to'),
  name: z.string().max(64).describe('What it calls itself'),
  version: z.string().max(64),
  caps: z.array(z.string().max(64)).max(64).describe('What it can do beyond the protocol'),
  addresses: z.array(z.string().max(260)).max(16).default([]).describe('Where it can be dialled, host:port'),
}));
export type Hello = z.infer<typeof Hello>;

export interface Link {
  readonly peer: Fingerprint;
  /** What the other side said of itself. */
  readonly hello: Hello;
  /**
   * Hands over one frame, which is JSON text of at most 1 MiB with the link's own words around it (throws FrameError
   * above). False: it is on its way, but wait for `onDrain` before the next.
   */
  send(frame: string): boolean;
  /** Calls back once, when there is room again. */
  onDrain(callback: () => void): void;
  /** Gets each frame of the other side, parsed, in order. Set it when the link is told by `Links.onLinked`. */
  onFrame: (frame: unknown) => void;
  /** Why it ended, in words. Never rejects. */
  readonly closed: Promise<string>;
  /** Tells the other side why, and ends. */
  close(reason: string): void;
  /** The last round trip; null before the first. */
  readonly rttMs: number | null;
  /** When anything was last heard, by performance.now(). */
  readonly lastHeardAt: number;
}

const Bye = z.object({ code: z.string().max(64), reason: z.string().max(500) });
const Beat = z.object({ id: z.int(), state: z.unknown() });

/** A link on a stream of frames whose two ends know and have greeted each other. */
export class FrameLink implements Link {
  readonly peer: Fingerprint;
  readonly hello: Hello;
  readonly closed: Promise<string>;
  readonly #frames: FrameStream;
  readonly #close: (reason: string) => void;
  readonly #beats = new Map<number, number>();
  #lastBeat = 0;
  readonly #stall: StallWatch;
  #said: z.infer<typeof Bye> | undefined;
  rttMs: number | null = null;
  lastHeardAt = performance.now();
  onFrame: (frame: unknown) => void = () => {};
  /** Gets what the other side tells with its heartbeats. */
  onBeat: (state: unknown) => void = () => {};
  /** Called for everything that is heard, and for nothing else. */
  onHeard: () => void = () => {};
  /** Called when `rttMs` is new. */
  onRoundTrip: () => void = () => {};
  /** Gets what gateways say to each other besides all this; what is not known, from a newer one, is skipped. */
  onControl: (kind: string, body: unknown) => void = () => {};

  constructor(frames: FrameStream, hello: Hello) {
    this.peer = hello.gatewayId;
    this.hello = hello;
    this.#frames = frames;
    this.#stall = new StallWatch(
      () => frames.waiting,
      () => this.close('It does not read what is sent.', 'slow'),
    );
    frames.open();
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#close = resolve;
    frames.onFrame = (kind, body) => this.#receive(kind, body);
    frames.onEnd = (reason) => {
      this.#stall.end();
      resolve(this.#said?.reason ?? reason);
    };
  }

  /** The code that the other side gave when it ended the link. */
  get byeCode(): string | undefined {
    return this.#said?.code;
  }

  send(frame: string): boolean {
    this.#frames.send('data', frame);
    if (this.#frames.waiting > LIMIT) this.close('More was sent than the other side could take.', 'slow');
    if (this.#frames.waiting < HIGH_WATER) return true;
    if (this.#stall.begin()) this.#frames.onceDrained(() => this.#stall.end());
    return false;
  }

  onDrain(callback: () => void): void {
    if (this.#frames.waiting < HIGH_WATER) queueMicrotask(callback);
    else this.#frames.onceDrained(callback);
  }

  /** A heartbeat; its answer gives the round trip. */
  beat(state: unknown): void {
    this.#lastBeat += 1;
    this.#beats.set(this.#lastBeat, performance.now());
    this.#frames.send('beat', JSON.stringify({ id: this.#lastBeat, state }));
  }

  /** Says something that is not for `onFrame` of the other side. */
  control(kind: string, body: unknown): void {
    this.#frames.send(kind, JSON.stringify(body));
  }

  close(reason: string, code = 'closed'): void {
    this.#frames.send('bye', JSON.stringify({ code, reason: reason.slice(0, 500) }));
    this.#close(reason);
    this.#frames.end(reason);
  }

  #receive(kind: string, body: unknown): void {
    this.lastHeardAt = performance.now();
    this.onHeard();
    switch (kind) {
      case 'data':
        return this.onFrame(body);
      case 'beat': {
        const beat = this.#read(Beat, body);
        if (beat === undefined) return;
        // Whoever asks and reads no answers is not answered: what it has not read is a sign of life as well.
        if (this.#frames.waiting < HIGH_WATER)
          this.#frames.send('heard', JSON.stringify({ id: beat.id, state: null }));
        return this.onBeat(beat.state);
      }
      case 'heard': {
        const beat = this.#read(Beat, body);
        const at = beat && this.#beats.get(beat.id);
        if (beat === undefined || at === undefined) return;
        this.rttMs = performance.now() - at;
        for (const id of this.#beats.keys()) if (id <= beat.id) this.#beats.delete(id);
        return this.onRoundTrip();
      }
      case 'bye':
        this.#said = this.#read(Bye, body);
        return this.#frames.end(this.#said?.reason ?? 'It said goodbye.');
      case 'hello':
      case 'welcome':
        return this.close('A second greeting.', 'hello.twice');
      default:
        return this.onControl(kind, body);
    }
  }

  #read<T extends z.ZodType>(schema: T, body: unknown): z.output<T> | undefined {
    const read = schema.safeParse(body);
    if (!read.success) this.close('A frame of the link itself is malformed.', 'frame.json');
    return read.data;
  }
}

/** The live links, one for each linked peer, and who wants to know of them. */
export class Links {
  readonly #links = new Map<Fingerprint, FrameLink>();
  readonly #onLinked = new Set<(link: Link) => void>();
  readonly #onChanged = new Set<(peer: Fingerprint) => void>();
  readonly #onHeartbeat = new Set<(link: Link, state: unknown) => void>();
  /** What is told to a peer with each heartbeat: at most a few hundred kB of anything that JSON can say. */
  heartbeat: (peer: Fingerprint) => unknown = () => null;

  /** The link that is used for a peer now. */
  get(peer: Fingerprint): Link | undefined {
    return this.#links.get(peer);
  }

  all(): Link[] {
    return [...this.#links.values()];
  }

  /** Hears of each new link, before anything is heard over it. The result ends that. */
  onLinked(callback: (link: Link) => void): () => void {
    return subscribe(this.#onLinked, callback);
  }

  /** Hears whenever a peer's state (connected, stale ...), its reason or its round trip has changed. */
  onChanged(callback: (peer: Fingerprint) => void): () => void {
    return subscribe(this.#onChanged, callback);
  }

  /** Hears what peers tell with their heartbeats. */
  onHeartbeat(callback: (link: Link, state: unknown) => void): () => void {
    return subscribe(this.#onHeartbeat, callback);
  }

  /** From now on this link is the peer's. */
  use(link: FrameLink): void {
    this.#links.set(link.peer, link);
    link.onBeat = (state) => {
      for (const callback of this.#onHeartbeat) callback(link, state);
    };
    link.onRoundTrip = () => this.changed(link.peer);
    void link.closed.then(() => {
      if (this.#links.get(link.peer) === link) this.#links.delete(link.peer);
    });
    for (const callback of this.#onLinked) callback(link);
  }

  changed(peer: Fingerprint): void {
    for (const callback of this.#onChanged) callback(peer);
  }

  /** Sends a heartbeat with what there is to tell. */
  beat(peer: Fingerprint): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    try {
      link.beat(this.heartbeat(peer));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // Too much to tell: that we live is what matters.
      link.beat(null);
    }
  }
}

function subscribe<T>(all: Set<T>, one: T): () => void {
  all.add(one);
  return () => all.delete(one);
}
