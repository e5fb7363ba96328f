// What a client asks of a peer's sessions goes to that peer, in one place for all methods that take `peer`.
import {
  logMethods,
  offerMethods,
  permissionMethods,
  PromptId,
  queueMethods,
  sessionMethods,
  type MethodName,
  type PeerName,
} from '../protocol/index.ts';
import type { Caller } from '../rpc/caller.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

type AnyHandler = (params: object, caller: Caller) => unknown;

/** Watching is of all that is known here, of peers too. */
const HERE: ReadonlySet<string> = new Set<MethodName>(['session.watch', 'session.unwatch']);

const AT_PEERS = Object.keys({
  ...sessionMethods,
  ...offerMethods,
  ...queueMethods,
  ...logMethods,
  ...permissionMethods,
  'agent.list': true,
});

/** The same handlers, which act at a peer when one is named. */
export function orAtPeers(handlers: Handlers, { peering, clock }: Gateway): Handlers {
  const all: Record<string, AnyHandler> = { ...handlers } as never;
  for (const name of AT_PEERS) {
    const here = all[name];
    if (here === undefined || HERE.has(name)) continue;
    all[name] = (params, caller) => {
      // Read by the schema of the method, which has these where it has them at all.
      const { peer, ...rest } = params as { peer?: PeerName; promptId?: PromptId };
      if (peer === undefined) return here(params, caller);
      if (name === 'session.subscribe') caller.mustPush();
      // Sent again after a break it must be the same prompt.
      if (name === 'session.send') rest.promptId ??= PromptId.parse(clock.newId());
      return peering.at(peer).call(name as MethodName, rest, caller);
    };
  }
  // The same names; the contract gives `peer` to every method of the list.
  return all as unknown as Handlers;
}
