// Somebody in the middle of a TCP connection: passes bytes on, keeps them, and changes, delays or cuts them when asked.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Identity } from '../../gateway/peers/certificate.ts';

export interface ProxyOptions {
  /** Both sides are cut when so many bytes have come from the one that dialled. */
  readonly cutAfter?: number;
  /** Each way; asked for with each piece. */
  readonly delayMs?: () => number;
}

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Duplex>();
  #flips = 0;
  #isDeaf = false;
  /** What came from those who dialled. */
  readonly heard: Buffer[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Passes on what comes to the port. */
  static async to(port: number, options: ProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (socket) => proxy.#join(socket, connect(port, '127.0.0.1'), options));
    return proxy.#listen();
  }

  /** Takes TLS apart on one side, with this key, and makes it anew on the other. */
  static async terminating(
    port: number,
    { privateKey, certificate }: Identity,
    protocol: string,
  ): Promise<TcpProxy> {
    const keys = { key: privateKey, cert: certificate, ALPNProtocols: [protocol], rejectUnauthorized: false };
    const server = createTlsServer({ ...keys, requestCert: true });
    const proxy = new TcpProxy(server);
    server.on('secureConnection', (socket) =>
      proxy.#join(socket, connectTls({ ...keys, host: '127.0.0.1', port }), {}),
    );
    return proxy.#listen();
  }

  get port(): number {
    // It listens on TCP, so the address is no path.
    return (this.#server.address() as AddressInfo).port;
  }

  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** Changes one bit of the next bytes from the side that dialled. */
  flipNext(): void {
    this.#flips += 1;
  }

  /** From now on nothing passes, and nobody is told: a cable that was pulled. */
  goDeaf(): void {
    this.#isDeaf = true;
  }

  hear(): void {
    this.#isDeaf = false;
    this.cut();
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  #join(near: Socket, far: Socket, { cutAfter = Infinity, delayMs = () => 0 }: ProxyOptions): void {
    let passed = 0;
    // A pulled cable takes no new connections either, and refuses none.
    if (this.#isDeaf) far.destroy();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => {});
      from.once('close', () => {
        this.#open.delete(from);
        if (!this.#isDeaf) to.destroy();
      });
      from.on('data', (chunk: Buffer) => {
        if (this.#isDeaf) return;
        let bytes = chunk;
        if (from === near) {
          bytes = chunk.subarray(0, cutAfter - passed);
          passed += bytes.length;
          this.heard.push(bytes);
          if (this.#flips > 0) {
            this.#flips -= 1;
            bytes = Buffer.from(bytes);
            bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
          }
        }
        const pass = (): void => {
          if (!to.destroyed) to.write(bytes);
          if (passed >= cutAfter) near.destroy();
        };
        const wait = delayMs();
        if (wait === 0) pass();
        else setTimeout(pass, wait);
      });
    }
  }
}
