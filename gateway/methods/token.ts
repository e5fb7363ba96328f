// token.*: who else may come in.
import type { tokenMethods } from '../protocol/index.ts';
import { hashOf, newToken } from '../rpc/bearer.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

export const tokenHandlers = ({ store, clock, bearers }: Gateway): Handlers<keyof typeof tokenMethods> => ({
  'token.create': ({ name, scope }) => {
    const token = newToken();
    const created = { tokenId: clock.newId(), name, scope, createdAt: clock.now() };
    return store.synced(() => {
      store.tokens.insert(created, hashOf(token));
      return { ...created, token };
    });
  },

  'token.list': () => ({ tokens: store.tokens.list() }),

  'token.revoke': async ({ tokenId }) => {
    await store.synced(() => store.tokens.remove(tokenId));
    bearers.revoked(tokenId);
    return { ok: true };
  },

  'token.rotate': () => {
    bearers.rotate();
    return { ok: true };
  },
});
