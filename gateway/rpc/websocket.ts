// JSON-RPC over WebSocket: one client for as long as its socket lives.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Bearer } from './bearer.ts';
import { Caller, type Push } from './caller.ts';
import type { Dispatcher } from './dispatch.ts';
import { MAX_BODY } from './guard.ts';
import { StallWatch } from './stall.ts';
import { textFrame } from './textFrame.ts';

/** What may wait in memory for one reader. Past it, the log is the buffer. */
const HIGH_WATER = 1024 * 1024;
const LOW_WATER = HIGH_WATER / 4;
/** Less than this is copied together for one write. */
const SMALL_WRITE = 64 * 1024;
const PING_MS = 15_000;
const GOODBYE_MS = 500;
/** Control frames that a client may send between two of our pings. ws would take 60, and then cut it without a reason. */
const MOST_CONTROL_FRAMES = 50;

/** A connected client as something to write to. */
class Connection implements Push {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #drained: (() => void)[] = [];
  readonly #frames: Buffer[] = [];
  #gathered = 0;
  /** How much it was answered since it last had read nearly everything. */
  #answered = 0;
  readonly #stall: StallWatch;

  /** `stream` is what the WebSocket writes to. */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
    // A closing handshake would wait behind what is not being read.
    this.#stall = new StallWatch(
      () => this.#buffered,
      () => socket.terminate(),
    );
    socket.once('close', () => this.#stall.end());
  }

  answer(text: string | undefined): void {
    if (text === undefined) return;
    this.#answered += text.length;
    this.send(text);
  }

  /** It does not read its answers, so what it asks next has to wait until `onDrain` calls back. */
  get isInDebt(): boolean {
    return this.#answered >= HIGH_WATER;
  }

  send(payload: string | Buffer): boolean {
    // The reader is gone: false stops whoever feeds it, who would else go through the whole log for nothing.
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#gathered === 0) process.nextTick(() => this.#write());
    for (const bytes of textFrame(payload)) {
      this.#frames.push(bytes);
      this.#gathered += bytes.length;
    }
    if (this.#buffered < HIGH_WATER) return true;
    this.#watchForStall();
    return false;
  }

  get #buffered(): number {
    return this.#gathered + this.#stream.writableLength;
  }

  /** What is said while one read is being worked on leaves in one write: with many calls at once, writes cost the most. */
  #write(): void {
    const frames = this.#frames.splice(0);
    const isSmall = this.#gathered < SMALL_WRITE;
    this.#gathered = 0;
    if (this.#stream.destroyed) return;
    for (const bytes of isSmall ? [Buffer.concat(frames)] : frames)
      this.#stream.write(bytes, () => this.#sent());
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
    this.#watchForStall();
  }

  #sent(): void {
    if (this.#buffered > LOW_WATER) return;
    this.#answered = 0;
    this.#stall.end();
    if (this.#drained.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    for (const callback of this.#drained.splice(0)) callback();
  }

  #watchForStall(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#stall.begin();
  }
}

/** Takes upgrades that the guard let through. */
export class WebSocketTransport implements AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY,
    maxFragments: 64,
    maxBufferedChunks: 1024,
    perMessageDeflate: false,
  });
  readonly #heartbeat: NodeJS.Timeout;
  readonly #alive = new WeakSet<WebSocket>();
  /** Control frames of each client since the last heartbeat. */
  #controls = new WeakMap<WebSocket, number>();
  #isClosing = false;

  constructor(dispatcher: Dispatcher, pingMs = PING_MS) {
    this.#dispatcher = dispatcher;
    this.#heartbeat = setInterval(() => this.#beat(), pingMs);
    this.#heartbeat.unref();
  }

  get clients(): number {
    return this.#server.clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, bearer: Bearer): void {
    // Nobody would say goodbye to one that comes now, and the listener would wait for it without end.
    if (this.#isClosing) return void socket.destroy();
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, socket, bearer));
  }

  /** Says goodbye to every client, and waits only a moment for an answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#heartbeat);
    const clients = [...this.#server.clients];
    // `once` would reject when a client says nonsense meanwhile.
    const gone = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
    for (const client of clients) client.close(1001, 'the gateway ends');
    const timer = setTimeout(() => {
      for (const client of clients) client.terminate();
    }, GOODBYE_MS);
    await Promise.all(gone);
    clearTimeout(timer);
  }

  #serve(socket: WebSocket, stream: Duplex, bearer: Bearer): void {
    const connection = new Connection(socket, stream);
    const caller = new Caller('rpc', bearer, connection);
    this.#alive.add(socket);
    socket.on('ping', () => this.#heard(socket));
    socket.on('pong', () => this.#heard(socket));
    // Without this listener four bytes of garbage would end the process. The closing, with its reason, is under way.
    socket.on('error', () => terminateSoon(socket));
    socket.on('close', () => caller.close());
    const work = (data: RawData): void => {
      const answer = this.#dispatcher.receive(textOf(data), caller);
      if (answer instanceof Promise) void answer.then((text) => connection.answer(text));
      else connection.answer(answer);
    };
    // Whoever does not read is not listened to. What had come already with the same read is held here.
    let held: RawData[] = [];
    const receive = (data: RawData): void => {
      if (held.length === 0 && !connection.isInDebt) return work(data);
      if (held.push(data) > 1) return;
      socket.pause();
      connection.onDrain(() => {
        const all = held;
        held = [];
        for (const before of all) receive(before);
        if (held.length === 0) socket.resume();
      });
    };
    socket.on('message', (data: RawData, isBinary) => {
      this.#alive.add(socket);
      if (isBinary) return socket.close(1003, 'text frames only');
      receive(data);
    });
  }

  #heard(socket: WebSocket): void {
    this.#alive.add(socket);
    const count = (this.#controls.get(socket) ?? 0) + 1;
    this.#controls.set(socket, count);
    if (count !== MOST_CONTROL_FRAMES) return;
    socket.close(1008, 'too many pings');
    terminateSoon(socket);
  }

  #beat(): void {
    this.#controls = new WeakMap();
    for (const client of this.#server.clients) {
      // Whoever is not listened to cannot answer. It is watched for reading nothing.
      if (client.isPaused) continue;
      if (!this.#alive.has(client)) client.terminate();
      else {
        this.#alive.delete(client);
        client.ping();
      }
    }
  }
}

/** A closing handshake takes as long as the client likes. */
const terminateSoon = (socket: WebSocket): unknown =>
  setTimeout(() => socket.terminate(), GOODBYE_MS).unref();

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
