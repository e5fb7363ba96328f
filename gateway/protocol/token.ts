// Tokens: what programs show to be let in over TCP. The Unix socket needs none: its file mode says who may connect.
import { z } from 'zod';
import { object, ok } from './shape.ts';
import { method } from './contract.ts';
import { Text } from './queue.ts';

// ---- shapes ----

/** operator: everything its user can do. read: sees everything and changes nothing. */
export const Scope = z.enum(['operator', 'read']);
export type Scope = z.infer<typeof Scope>;

/** What a token that came in may do. An agent's is made by the gateway itself, for the life of the agent. */
export type TokenScope = Scope | 'agent';

const TokenId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);

/** A token as it is listed: all but its secret. */
export const Token = object(() => ({
  tokenId: TokenId,
  name: z.string(),
  scope: Scope,
  createdAt: z.iso.datetime(),
}));
export type Token = z.infer<typeof Token>;

// ---- methods ----

export const tokenMethods = {
  'token.create': method('Makes a token. It is shown this once; only its hash is kept', () => ({
    params: z.strictObject({ name: Text.trim().min(1).max(80), scope: Scope.default('read') }),
    result: Token.extend({ token: z.string() }),
  })),
  'token.list': method('The tokens there are, without their secrets', () => ({
    params: z.strictObject({}),
    result: z.object({ tokens: z.array(Token) }),
  })),
  'token.revoke': method('Ends a token; connections that were let in by it end at once', () => ({
    params: z.strictObject({ tokenId: TokenId }),
    result: ok,
    problems: ['token.unknown'],
  })),
  'token.rotate': method(
    'Replaces the token in gateway.json; connections that were let in by the old one end',
    () => ({
      params: z.strictObject({}),
      result: ok,
    }),
  ),
};
