// How an entry of the contract is written down: a method, a notification and a problem are values with their docs.
import type { z } from 'zod';
import type { ProblemName } from './problems.ts';

/**
 * What a call asks of whoever makes it. read: it changes nothing. mail: what agents may do with their own mailbox.
 * mail.read: both of these may.
 */
export type Access = 'read' | 'mail.read' | 'mail' | 'operator';

/** One call that a client can make. The schemas are the check, the types, the CLI's help and the OpenRPC document. */
export interface Method<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** Names of the problems that this call can answer with, besides the standard's errors. */
  readonly problems: readonly ProblemName[];
  /** What a token must allow. */
  readonly access: Access;
  /** Over HTTP it answers as an event stream, unless the caller accepts JSON only. */
  readonly streams: boolean;
}

interface Spec<P, R> {
  readonly params: P;
  readonly result: R;
  readonly problems?: readonly ProblemName[];
  readonly streams?: boolean;
  readonly access?: Access;
}

/** Schemas are made when they are first asked for: most gateways, and all clients, use a few of them. */
export function method<P extends z.ZodType, R extends z.ZodType>(
  summary: string,
  spec: () => Spec<P, R>,
): Method<P, R> {
  let known: Spec<P, R> | undefined;
  const made = (): Spec<P, R> => (known ??= spec());
  return {
    summary,
    get params() {
      return made().params;
    },
    get result() {
      return made().result;
    },
    get problems() {
      return made().problems ?? [];
    },
    get access() {
      return made().access ?? 'operator';
    },
    get streams() {
      return made().streams ?? false;
    },
  };
}

/** Something that the gateway tells a connected client without being asked. */
export interface Notification<P extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
}

/** Its schema is made when it is first asked for, like that of a method. */
export function notification<P extends z.ZodType>(summary: string, params: () => P): Notification<P> {
  let known: P | undefined;
  return {
    summary,
    get params() {
      return (known ??= params());
    },
  };
}
