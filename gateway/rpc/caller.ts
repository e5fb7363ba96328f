// Who is calling: what a handler may know of the client behind a request, and how it can tell it something later.
import type { Actor, Scope } from '../protocol/index.ts';

/** A connection that can be written to at any time. */
export interface Push {
  /** Hands over one frame; false when no more should come before `onDrain` calls back. */
  send(frame: string | Buffer): boolean;
  onDrain(callback: () => void): void;
}

export class Caller {
  /** Said by client.hello; until then a name that the connection was given. */
  actor: Actor;
  /** Absent over plain HTTP: such a caller is answered and gone. */
  readonly push: Push | undefined;
  readonly scope: Scope;
  readonly #kept = new Map<string, () => void>();

  constructor(actor: Actor, push: Push | undefined, scope: Scope = 'operator') {
    this.actor = actor;
    this.push = push;
    this.scope = scope;
  }

  /** Keeps something open for this client until it is dropped or the connection ends; the same key replaces. */
  keep(key: string, end: () => void): void {
    this.drop(key);
    this.#kept.set(key, end);
  }

  drop(key: string): void {
    this.#kept.get(key)?.();
    this.#kept.delete(key);
  }

  /** The connection is gone. */
  close(): void {
    for (const end of this.#kept.values()) end();
    this.#kept.clear();
  }
}
