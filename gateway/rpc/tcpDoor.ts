// The door for HTTP on TCP loopback: opened at once, or as soon as its port is free.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bearers } from './bearer.ts';
import type { Routes } from './exchange.ts';
import { tcpPolicy } from './guard.ts';
import { createHttpServer } from './http.ts';
import { listenOnLoopback } from './listen.ts';

const AGAIN_MS = 3_000;

export class TcpDoor implements AsyncDisposable {
  readonly #routes: Routes;
  readonly #bearers: Bearers;
  readonly #listening = new AsyncDisposableStack();
  #port: number | undefined;

  constructor(routes: Routes, bearers: Bearers) {
    this.#routes = routes;
    this.#bearers = bearers;
  }

  /** undefined: it is not open. */
  get port(): number | undefined {
    return this.#port;
  }

  /** 0: any free port. Rejects with the system's error when the port cannot be had. */
  async open(wanted: number): Promise<void> {
    if (this.#listening.disposed) return;
    let port = wanted;
    // Asked for with each request: the exact Host header is known once the port is.
    const server = createHttpServer(this.#routes, () => tcpPolicy(port, this.#bearers));
    const listening = await listenOnLoopback(server, wanted);
    port = listening.port;
    if (this.#listening.disposed) return listening[Symbol.asyncDispose]();
    this.#listening.use(listening);
    this.#port = port;
  }

  /** Tries again and again; resolves when it is open, or was closed for good. */
  async openWhenFree(wanted: number): Promise<void> {
    while (this.#port === undefined && !this.#listening.disposed) {
      await sleep(AGAIN_MS, undefined, { ref: false });
      await this.open(wanted).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening.disposeAsync();
  }
}
