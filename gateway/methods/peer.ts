// peers.*: who is linked to this gateway, and how others become so.
import { PeerPolicy, type peerMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

export const peerHandlers = ({ peers, delegation }: Gateway): Handlers<keyof typeof peerMethods> => ({
  'peers.invite': ({ address, words, policy }) =>
    peers.invite({ address, form: words ? 'words' : 'text', policy: PeerPolicy.parse(policy) }),

  'peers.join': ({ code, name, address, fingerprint, policy }) =>
    peers.join(code, { name, address, fingerprint, policy: PeerPolicy.parse(policy) }),

  'peers.discover': async ({ seconds }) => ({ found: await peers.nearby.discover(seconds * 1000) }),

  'peers.list': () => ({ peers: peers.list(), self: peers.self }),

  'peers.rename': async ({ name, newName }) => {
    await peers.rename(name, newName);
    return { ok: true };
  },

  'peers.remove': async ({ name }) => {
    await peers.remove(name);
    return { ok: true };
  },

  'peers.policy': ({ name, ...change }) => peers.setPolicy(name, change),

  'peers.reconnect': ({ name }) => {
    peers.reconnect(name);
    return { ok: true };
  },

  'peers.rotate': () => peers.rotate(),

  'peers.watch': (_params, caller) => {
    const push = caller.mustPush();
    caller.keep('peers', peers.watchers.add(push));
    caller.keep('tasks', delegation.watchers.add(push));
    return { peers: peers.list() };
  },

  'peers.unwatch': (_params, caller) => {
    caller.drop('peers');
    caller.drop('tasks');
    return { ok: true };
  },
});
