// Who is calling: what a handler may know of the client behind a request, and how it can tell it something later.
import { randomUUID } from 'node:crypto';
import type { JSONRPCID } from 'json-rpc-2.0';
import {
  ClientId,
  Problem,
  type Actor,
  type Method,
  type MethodName,
  type PeerName,
  type Provenance,
  type SessionId,
  type TokenScope,
} from '../protocol/index.ts';
import { mayCall, OWNER, type Bearer } from './bearer.ts';

/** A connection that can be written to at any time. */
export interface Push {
  /** Hands over one frame; false when no more should come before `onDrain` calls back. */
  send(frame: string | Buffer): boolean;
  onDrain(callback: () => void): void;
}

/** The way by which it calls. */
export type Via = Provenance['via'];

/** What somebody is told who wants more than its token allows. */
const LIMITS: Readonly<Record<TokenScope, string>> = {
  operator: 'This token may do everything.',
  read: 'This token may read only; one with the scope operator may do everything.',
  agent: "This is an agent's token, for its own mail.",
};

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
  readonly #asked = new Set<string | number>();

  constructor(via: Via, { scope, sessionId }: Bearer = OWNER, push?: Push) {
    const name = scope === 'agent' ? 'an agent' : 'a program';
    this.actor = { clientId: ClientId.parse(randomUUID()), name };
    this.via = via;
    this.scope = scope;
    this.sessionId = sessionId;
    this.push = push;
  }

  /** The gateway whose client is calling; of callers of our own nothing. */
  get peer(): PeerName | undefined {
    return undefined;
  }

  /** Throws the problem that says why this caller may not make this call. The parameters are not checked yet. */
  admit(method: MethodName, access: Method['access'], _params: unknown): void {
    if (!mayCall(this, access))
      throw new Problem('access.denied', `${LIMITS[this.scope]} ${method} is more.`);
  }

  /** Whoever wants to be told later needs a connection that stays. Throws the problem protocol.version. */
  mustPush(): Push {
    if (this.push !== undefined) return this.push;
    throw new Problem('protocol.version', 'This call needs a WebSocket: GET /rpc with an upgrade.');
  }

  /** The client whose reading is confirmed: the one that is named, else the one that calls. */
  clientIdOf(named: ClientId | undefined): ClientId {
    return named ?? this.actor.clientId;
  }

  /** Whether a request with this id is being worked on: two answers under one id would not be told apart. */
  waitsFor(id: JSONRPCID): boolean {
    return id !== null && this.#asked.has(id);
  }

  wait<T>(id: JSONRPCID, answer: Promise<T>): Promise<T> {
    if (id === null) return answer;
    this.#asked.add(id);
    // An answer never rejects: what goes wrong is told in it.
    return answer.then((value) => {
      this.#asked.delete(id);
      return value;
    });
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
