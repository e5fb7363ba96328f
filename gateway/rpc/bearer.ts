// Who a bearer token is: asked for every request, compared as hashes in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Scope } from '../protocol/index.ts';
import type { Refusal } from './guard.ts';

/** Somebody who was let in. */
export interface Bearer {
  readonly tokenId: string;
  readonly scope: Scope;
}

/** Wrong tokens in one second, from anywhere, after which none is looked at: guessing gets no faster. */
const MAX_WRONG_PER_SECOND = 20;

/** 32 random bytes, with a prefix that secret scanners can find. */
export const newToken = (): string => `hfo_${randomBytes(32).toString('base64url')}`;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The gateway's own token is told through gateway.json, and never stored elsewhere. */
export const OWN_TOKEN_ID = 'gateway-json';

export class Bearers {
  readonly #find: (hash: string) => Bearer | undefined;
  readonly #open = new Map<string, Set<() => void>>();
  #own = newToken();
  /** Called when the own token has been replaced. */
  onRotate: () => void = () => {};
  #wrong = { second: 0, count: 0 };

  constructor(find: (hash: string) => Bearer | undefined) {
    this.#find = find;
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

  check({ headers }: IncomingMessage): Bearer | Refusal {
    const second = Math.floor(performance.now() / 1000);
    if (this.#wrong.second !== second) this.#wrong = { second, count: 0 };
    if (this.#wrong.count >= MAX_WRONG_PER_SECOND)
      return { status: 429, reason: 'Too many wrong tokens. Wait a second.' };
    const token = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(headers.authorization ?? '')?.[1];
    const bearer = token === undefined ? undefined : this.#identify(token);
    if (bearer !== undefined) return bearer;
    this.#wrong.count += 1;
    return { status: 401, reason: 'A token is needed: Authorization: Bearer ...' };
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

  #identify(token: string): Bearer | undefined {
    const hash = hashOf(token);
    if (timingSafeEqual(Buffer.from(hash), Buffer.from(hashOf(this.#own)))) {
      return { tokenId: OWN_TOKEN_ID, scope: 'operator' };
    }
    return this.#find(hash);
  }
}
