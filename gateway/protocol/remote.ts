// What can be done at a peer: these methods take `peer` and act there, within what that peer allows.
import type { z } from 'zod';
import { method, type Method } from './contract.ts';
import { PeerName } from './ids.ts';
import type { ProblemName } from './problems.ts';

const peer = PeerName.optional().describe('The peer to act at; absent: this gateway');

/** The same methods, with `peer` among their parameters. */
export type AtPeers<M extends Readonly<Record<string, Method>>> = {
  readonly [K in keyof M]: M[K] extends Method<z.ZodObject<infer S, infer C>, infer R>
    ? Method<z.ZodObject<S & { peer: typeof peer }, C>, R>
    : never;
};

/** Adds `peer` to the parameters of each method. */
export const atPeers = <M extends Readonly<Record<string, Method<z.ZodObject>>>>(methods: M): AtPeers<M> =>
  Object.fromEntries(
    Object.entries(methods).map(([name, entry]) => [
      name,
      method(entry.summary, () => ({
        params: entry.params.extend({ peer }),
        result: entry.result,
        problems: [...entry.problems, ...PROBLEMS],
        access: entry.access,
        streams: entry.streams,
      })),
    ]),
    // Each entry is the one of this name, with one more parameter.
  ) as unknown as AtPeers<M>;

const PROBLEMS: readonly ProblemName[] = ['peer.unknown', 'peer.offline', 'peer.forbidden'];
