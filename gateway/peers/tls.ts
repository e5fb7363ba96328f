// Peers over TLS 1.3: both keys are pinned, and compared before the first byte is read or written.
import { constants, type X509Certificate } from 'node:crypto';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, createServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { messageOf } from '../language.ts';
import { fingerprintOf, type Identity } from './certificate.ts';

/** What a connection is for, told in the handshake: a link between gateways that know each other, or getting to know. */
export const LINK = 'holdfast-link/1';
export const PAIRING = 'holdfast-pair/1';

/** From the first byte of TCP to the greeting. */
const GREETING_MS = 5_000;
const DIAL_MS = 10_000;
/** Strangers that may be at the door at once, in all and from one address. */
const MAX_STRANGERS = 32;
const MAX_STRANGERS_EACH = 8;
/** A handshake and a greeting have far less. */
const MAX_STRANGE_BYTES = 64 * 1024;

/** Tickets would let somebody without any key resume what another began. */
const SETTINGS = { minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET } as const;

/** A connection whose key was judged: nothing was read from it yet. */
export interface Visitor {
  readonly socket: TLSSocket;
  readonly certificate: X509Certificate;
  readonly fingerprint: string;
  readonly address: string;
  /** It has greeted: the deadline is off, and it no longer counts as a stranger. */
  admit(): void;
  /** It is not who it should be: an audit line, and the end. */
  refuse(reason: string): void;
}

export interface Door {
  readonly identity: () => Identity;
  /** Every certificate that is pinned now. */
  readonly pins: () => readonly string[];
  /** Whether it is the fingerprint of one of them. */
  readonly isPinned: (fingerprint: string) => boolean;
  /** Somebody may come whom we do not know, and prove that he holds an invitation. */
  readonly isInviting: () => boolean;
  readonly onLink: (visitor: Visitor) => void;
  readonly onPairing: (visitor: Visitor) => void;
  /** One call for each attempt that came to nothing. */
  readonly onRefused: (address: string, reason: string) => void;
}

/** Listens for peers, and for strangers while there is an invitation. */
export class TlsListener implements AsyncDisposable {
  readonly #door: Door;
  readonly #tcp: Server;
  /** OpenSSL refuses every key that is not pinned. */
  readonly #strict: TlsServer;
  /** The same, except that a stranger gets as far as `#judge`. */
  readonly #inviting: TlsServer;
  readonly #strangers = new Map<Socket, { readonly address: string }>();

  private constructor(door: Door) {
    this.#door = door;
    const settings = { ...SETTINGS, requestCert: true, ALPNProtocols: [LINK, PAIRING], ...this.#context() };
    this.#strict = createServer({ ...settings, rejectUnauthorized: true });
    this.#inviting = createServer({ ...settings, rejectUnauthorized: false });
    for (const server of [this.#strict, this.#inviting]) {
      server.on('secureConnection', (socket) => this.#judge(socket));
      server.on('tlsClientError', (error, socket) => {
        const raw = rawOf(socket);
        // What OpenSSL found wrong with the certificate says more than that the connection was cut for it.
        this.#refuse(
          raw,
          socket.authorizationError === null ? error.message : String(socket.authorizationError),
        );
      });
    }
    // A small frame must not wait for the next one.
    this.#tcp = createTcpServer({ noDelay: true }, (raw) => this.#receive(raw));
    this.#tcp.maxConnections = 1024;
  }

  /** Port 0 takes any free one. Rejects when the port is taken. */
  static async open(door: Door, host: string | undefined, port: number): Promise<TlsListener> {
    const listener = new TlsListener(door);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    listener.#tcp.once('error', reject);
    listener.#tcp.listen({ host, port }, resolve);
    await promise;
    listener.#tcp.off('error', reject);
    // No more descriptors, say: whoever is linked stays so.
    listener.#tcp.on('error', (error) => door.onRefused('', error.message));
    return listener;
  }

  get port(): number {
    return this.#address.port;
  }

  /** The address that it listens on; :: or 0.0.0.0 on all. */
  get host(): string {
    return this.#address.address;
  }

  get #address(): AddressInfo {
    // It listens on TCP, so the address is no path.
    return this.#tcp.address() as AddressInfo;
  }

  /** Pins or our own key have changed: from now on these hold. Links that are open are for their owner to cut. */
  renew(): void {
    const context = { ...SETTINGS, ...this.#context() };
    this.#strict.setSecureContext(context);
    this.#inviting.setSecureContext(context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const raw of this.#strangers.keys()) raw.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tcp.close(() => resolve());
    await promise;
  }

  /** Never without `ca`: that would mean everybody whom the public authorities know. */
  #context(): { key: string; cert: string; ca: string[] } {
    const { privateKey, certificate } = this.#door.identity();
    return { key: privateKey, cert: certificate, ca: [...this.#door.pins()] };
  }

  #receive(raw: Socket): void {
    const address = raw.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    // Without a listener a reset would end the process.
    raw.on('error', () => {});
    const others = [...this.#strangers.values()];
    const fromThere = others.filter((other) => other.address === address).length;
    if (others.length >= MAX_STRANGERS || fromThere >= MAX_STRANGERS_EACH) {
      this.#door.onRefused(address, 'Too many connections wait at the door.');
      raw.destroy();
      return;
    }
    this.#strangers.set(raw, { address });
    const deadline = setTimeout(
      () => this.#refuse(raw, `It did not say who it is within ${GREETING_MS / 1000} s.`),
      GREETING_MS,
    );
    const meter = setInterval(() => {
      if (!this.#strangers.has(raw)) clearInterval(meter);
      else if (raw.bytesRead > MAX_STRANGE_BYTES)
        this.#refuse(raw, 'It said too much before it said who it is.');
    }, 100);
    raw.once('close', () => {
      clearTimeout(deadline);
      clearInterval(meter);
      // After tlsClientError, which may know why.
      setImmediate(() => this.#refuse(raw, 'It ended the connection before it said who it is.'));
    });
    (this.#door.isInviting() ? this.#inviting : this.#strict).emit('connection', raw);
  }

  #judge(socket: TLSSocket): void {
    const raw = rawOf(socket);
    const address = this.#strangers.get(raw)?.address ?? '';
    socket.on('error', () => {});
    const refuse = (reason: string): void => this.#refuse(raw, reason);
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined || socket.isSessionReused()) return refuse('It showed no key.');
    const fingerprint = fingerprintOf(certificate);
    const admit = (): void => void this.#strangers.delete(raw);
    // What was said to it, the reason perhaps, leaves first.
    const refuseAloud = (reason: string): void => {
      this.#report(raw, reason);
      socket.destroySoon();
    };
    const visitor: Visitor = { socket, certificate, fingerprint, address, admit, refuse: refuseAloud };
    const isKnown = socket.authorized && this.#door.isPinned(fingerprint);
    if (!isKnown && !(socket.alpnProtocol === PAIRING && this.#door.isInviting()))
      return refuse('Its key is not known.');
    if (socket.alpnProtocol === PAIRING) return this.#door.onPairing(visitor);
    if (socket.alpnProtocol === LINK) return this.#door.onLink(visitor);
    return refuse('It is no gateway.');
  }

  /** Not for whoever was admitted meanwhile. */
  #refuse(raw: Socket, reason: string): void {
    if (!this.#strangers.has(raw)) return;
    this.#report(raw, reason);
    raw.destroy();
  }

  /** Only the first reason counts. */
  #report(raw: Socket, reason: string): void {
    const stranger = this.#strangers.get(raw);
    this.#strangers.delete(raw);
    if (stranger !== undefined) this.#door.onRefused(stranger.address, reason);
  }
}

/** The TCP socket below; Node has no other name for it. */
const rawOf = (socket: TLSSocket): Socket => Reflect.get(socket, '_parent') as Socket;

export interface Target {
  /** host:port, tried all at once: the first that shows the right key is taken. */
  readonly addresses: readonly string[];
  readonly identity: Identity;
  readonly protocol: typeof LINK | typeof PAIRING;
  /** Whose key it must be: each whole, or how it begins where no more is known. */
  readonly fingerprints: readonly string[];
  /** The pinned certificates; undefined: it is not known yet, and only the fingerprint is. */
  readonly pins: readonly string[] | undefined;
}

export interface Dialled {
  readonly socket: TLSSocket;
  readonly address: string;
  /** Node gives it once: asked again, a socket has none. */
  readonly certificate: X509Certificate;
  /** The whole of the one of `fingerprints` that it has. */
  readonly fingerprint: string;
}

/** Dials, and compares the key before anything is written. Rejects with a sentence. */
export async function dial(target: Target, signal: AbortSignal): Promise<Dialled> {
  const losers = new AbortController();
  const deadline = AbortSignal.any([signal, losers.signal, AbortSignal.timeout(DIAL_MS)]);
  // Addresses are what others have said: one that makes no sense must not keep us from the rest.
  const attempts = target.addresses.map(async (address) => dialOne(target, address, deadline));
  try {
    const first = await Promise.any(attempts);
    for (const attempt of attempts)
      void attempt.then(({ socket }) => socket !== first.socket && socket.destroy()).catch(() => {});
    return first;
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors : [error];
    throw new Error(reasons.map(messageOf).join(' '), { cause: error });
  } finally {
    losers.abort();
  }
}

function dialOne(target: Target, address: string, signal: AbortSignal): Promise<Dialled> {
  const { identity, protocol, fingerprints, pins } = target;
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(address) ?? [];
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>();
  const socket = connect({
    ...SETTINGS,
    host,
    port: Number(port),
    key: identity.privateKey,
    cert: identity.certificate,
    ca: [...(pins ?? [])],
    rejectUnauthorized: pins !== undefined,
    ALPNProtocols: [protocol],
    // A key has no host name: who it is is compared below.
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  const fail = (reason: string): void => {
    reject(new Error(`${address}: ${reason}`));
    socket.destroy();
  };
  const cancel = (): void => fail(signal.reason instanceof Error ? wordsFor(signal.reason) : 'given up.');
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const failForKey = (): void =>
    fail(protocol === LINK ? `${OTHER_KEY} If it has made a new one, link it again.` : OTHER_KEY);
  socket.on('error', (error: NodeJS.ErrnoException) =>
    error.code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ? failForKey() : fail(wordsFor(error)),
  );
  socket.once('close', () => fail('it ended the connection.'));
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined || socket.isSessionReused()) return fail('it showed no key.');
    const fingerprint = fingerprintOf(certificate);
    if (!fingerprints.some((one) => one !== '' && fingerprint.startsWith(one))) return failForKey();
    if (socket.alpnProtocol !== protocol) return fail('it is no gateway of this kind.');
    signal.removeEventListener('abort', cancel);
    return resolve({ socket, address, certificate, fingerprint });
  });
  return promise;
}

const OTHER_KEY = 'somebody with another key answers there.';

const WORDS: Readonly<Record<string, string>> = {
  TimeoutError: `no answer within ${DIAL_MS / 1000} s.`,
  ECONNREFUSED: 'nobody listens there.',
  EHOSTUNREACH: 'there is no way to that address.',
  ENETUNREACH: 'there is no way to that network.',
  ENOTFOUND: 'no machine has that name.',
  EAI_AGAIN: 'that name cannot be looked up now.',
  ETIMEDOUT: 'no answer.',
  ECONNRESET: 'it ended the connection.',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants another key than ours.',
};

const wordsFor = ({ name, code = '', message }: NodeJS.ErrnoException): string =>
  WORDS[name] ?? WORDS[code] ?? message;
