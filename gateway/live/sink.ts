// Connected clients as places to write to, and those of them that are told of everything of a kind.
import type { NotificationName, NotificationParams } from '../protocol/index.ts';

/** Where frames go: a connected client. */
export interface Sink {
  /** Hands over one frame of text; false when no more should come before `onDrain`. */
  send(frame: string | Buffer): boolean;
  /** Calls back once, when there is room again. */
  onDrain(callback: () => void): void;
}

/** A JSON-RPC notification as text, from parameters that already are text. */
export const frameOf = (method: NotificationName, params: string): string =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`;

/** A JSON-RPC notification as text. */
export const notify = <N extends NotificationName>(method: N, params: NotificationParams<N>): string =>
  frameOf(method, JSON.stringify(params));

/** Those who are told of every session or task that changes, whichever it is. */
export class Watchers {
  readonly #sinks = new Set<Sink>();

  /** Nobody would hear it: then it need not be read from the disk either. */
  get isEmpty(): boolean {
    return this.#sinks.size === 0;
  }

  /** Tells this client from now on. The result ends it. */
  add(sink: Sink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  tell<N extends NotificationName>(method: N, params: NotificationParams<N>): void {
    if (this.isEmpty) return;
    const frame = notify(method, params);
    for (const sink of this.#sinks) sink.send(frame);
  }
}
