// Calls from inside: what is no transport of its own goes through the same door as every other call.
import type { JSONRPCResponse } from 'json-rpc-2.0';
import { z } from 'zod';
import type { MethodName, ParamsIn, Result } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import type { Dispatcher } from './dispatch.ts';

/** A method said no: a declared problem, a wrong parameter, or a bug that is in the log. */
export class CallError extends Error {
  override name = 'CallError';
  readonly code: number;
  /** The name of the problem; of wrong parameters there is none. */
  readonly problem: string | undefined;

  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message);
    this.code = code;
    this.problem = Problematic.safeParse(data).data?.problem;
  }
}

const Problematic = z.object({ problem: z.string() });

/** Access, parameters and problems are looked at as for everybody. Rejects with CallError. */
export async function callInside<M extends MethodName>(
  dispatcher: Dispatcher,
  caller: Caller,
  method: M,
  params: ParamsIn<M>,
): Promise<Result<M>> {
  // Several may be under way at once; nobody looks at the id.
  const answer = await dispatcher.answer({ jsonrpc: '2.0', id: null, method, params }, caller);
  // One request with an id has one answer.
  const { error, ...rest } = answer as JSONRPCResponse;
  if (error !== undefined) throw new CallError(error);
  // The handler of this very method has made it.
  return rest.result as Result<M>;
}
