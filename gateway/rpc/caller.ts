// Who is calling: what a handler may know of the client behind a request, and how it can tell it something later.
import { randomUUID } from 'node:crypto';
import { ClientId, type Actor, type Provenance, type SessionId, type TokenScope } from '../protocol/index.ts';
import { OWNER, type Bearer } from './bearer.ts';

/** A connection that can be written to at any time. */
export interface Push {
  /** Hands over one frame; false when no more should come before `onDrain` calls back. */
  send(frame: string | Buffer): boolean;
  onDrain(callback: () => void): void;
}

/** The way by which it calls. */
export type Via = Exclude<Provenance['via'], 'peer'>;

export class Caller {
  /** Said by client.hello; until then a name that the connection was given. */
  actor: Actor;
  /** Absent over plain HTTP: such a caller is answered and gone. */
  readonly push: Push | undefined;
  readonly scope: TokenScope;
  /** The session whose agent is calling; of other callers nothing. */
  readonly sessionId: SessionId | undefined;
  readonly via: Via;
  readonly #kept = new Map<string, () => void>();

  constructor(via: Via, { scope, sessionId }: Bearer = OWNER, push?: Push) {
    const name = scope === 'agent' ? 'an agent' : 'a program';
    this.actor = { clientId: ClientId.parse(randomUUID()), name };
    this.via = via;
    this.scope = scope;
    this.sessionId = sessionId;
    this.push = push;
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
