// Who a bearer token is: asked for every request, compared as hashes in constant time.
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Method, SessionId, TokenScope } from '../protocol/index.ts';
import type { Refusal } from './respond.ts';

/** Somebody who was let in. */
export interface Bearer {
  readonly tokenId: string;
  readonly scope: TokenScope;
  /** The session of an agent's token: it writes and reads as that session's mailbox. */
  readonly sessionId?: SessionId;
}

/** Over the Unix socket, without a token: whoever may connect is the gateway's own user. */
export const OWNER: Bearer = { tokenId: 'socket', scope: 'operator' };

/** What each scope lets one call. An agent's is for its mail, and for nothing that a person decides. */
const ALLOWED: Readonly<Record<TokenScope, ReadonlySet<Method['access']>>> = {
  operator: new Set(['read', 'mail.read', 'mail', 'operator'] as const),
  read: new Set(['read', 'mail.read'] as const),
  agent: new Set(['mail.read', 'mail'] as const),
};

/** Whether a token lets its bearer make a call. */
export const mayCall = ({ scope }: Pick<Bearer, 'scope'>, access: Method['access']): boolean =>
  ALLOWED[scope].has(access);

/** Wrong tokens in one second, from anywhere, after which none is looked at: guessing gets no faster. */
const MAX_WRONG_PER_SECOND = 20;

/** 32 random bytes, with a prefix that secret scanners can find: hfo of an operator, hfa of an agent. */
export const newToken = (kind: 'hfo' | 'hfa' = 'hfo'): string =>
  `${kind}_${randomBytes(32).toString('base64url')}`;

/** What is kept of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The gateway's own token is told through gateway.json, and never stored elsewhere. */
export const OWN_TOKEN_ID = 'gateway-json';

const NO_TOKEN: Refusal = { status: 401, reason: 'A token is needed: Authorization: Bearer ...' };

export class Bearers {
  readonly #findStored: (hash: string) => Bearer | undefined;
  readonly #open = new Map<string, Set<() => void>>();
  /** The agents' tokens by their hashes: they end with their agents, so nothing of them is written down. */
  readonly #lent = new Map<string, Bearer>();
  #own = newToken();
  /** Called when the own token has been replaced. */
  onRotate: () => void = () => {};
  #wrong = { second: 0, count: 0 };

  constructor(findStored: (hash: string) => Bearer | undefined) {
    this.#findStored = findStored;
  }

  /** The token for gateway.json. */
  get own(): string {
    return this.#own;
  }

  /** Replaces the token for gateway.json, and ends what the old one let in. */
  rotate(): void {
    this.#own = newToken();
    this.onRotate();
    this.revoked(OWN_TOKEN_ID);
  }

  /** A token for a session's agent. Disposing it ends it, and all that it let in. */
  lend(sessionId: SessionId): Disposable & { readonly token: string } {
    const token = newToken('hfa');
    const hash = hashOf(token);
    const tokenId = `agent-${randomUUID()}`;
    this.#lent.set(hash, { tokenId, scope: 'agent', sessionId });
    return {
      token,
      [Symbol.dispose]: () => {
        this.#lent.delete(hash);
        this.revoked(tokenId);
      },
    };
  }

  /** On the Unix socket: no token is its owner; a token is what it says, never more. */
  checkOnSocket({ headers }: IncomingMessage): Bearer | Refusal {
    if (headers.authorization === undefined) return OWNER;
    return this.#find(headers) ?? NO_TOKEN;
  }

  check({ headers }: IncomingMessage): Bearer | Refusal {
    const second = Math.floor(performance.now() / 1000);
    if (this.#wrong.second !== second) this.#wrong = { second, count: 0 };
    if (this.#wrong.count >= MAX_WRONG_PER_SECOND)
      return { status: 429, reason: 'Too many wrong tokens. Wait a second.' };
    const bearer = this.#find(headers);
    if (bearer !== undefined) return bearer;
    this.#wrong.count += 1;
    return NO_TOKEN;
  }

  /** Remembers how to end a connection that a token let in. The result forgets it. */
  opened({ tokenId }: Bearer, end: () => void): () => void {
    let all = this.#open.get(tokenId);
    if (all === undefined) this.#open.set(tokenId, (all = new Set()));
    all.add(end);
    return () => all.delete(end);
  }

  /** Ends every connection that the token let in. */
  revoked(tokenId: string): void {
    for (const end of this.#open.get(tokenId) ?? []) end();
    this.#open.delete(tokenId);
  }

  #find({ authorization = '' }: IncomingHttpHeaders): Bearer | undefined {
    const token = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    const hash = hashOf(token);
    if (timingSafeEqual(Buffer.from(hash), Buffer.from(hashOf(this.#own)))) {
      return { tokenId: OWN_TOKEN_ID, scope: 'operator' };
    }
    return this.#lent.get(hash) ?? this.#findStored(hash);
  }
}
