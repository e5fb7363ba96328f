// From text to handler and back: JSON-RPC 2.0 behind a door that caps nesting and batches, checks ids and parameters,
// and tells declared problems from bugs.
import { randomUUID } from 'node:crypto';
import {
  createJSONRPCErrorResponse,
  createJSONRPCSuccessResponse,
  type JSONRPCErrorResponse,
  type JSONRPCID,
  type JSONRPCResponse,
} from 'json-rpc-2.0';
import { z } from 'zod';
import { methods, Problem, RPC, type MethodName, type Params, type Result } from '../protocol/index.ts';
import type { Caller } from './caller.ts';
import { isShallow, MAX_DEPTH } from './json.ts';

const MAX_BATCH = 32;

export type Handler<M extends MethodName> = (
  params: Params<M>,
  caller: Caller,
) => Promise<Result<M>> | Result<M>;
export type Handlers<M extends MethodName = MethodName> = { readonly [K in M]: Handler<K> };

/** What another gateway has answered a call with, to be answered here as it is. */
export class PassedOn extends Error {
  override name = 'PassedOn';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** null: nothing is to be answered. */
type Answer = JSONRPCResponse | null;
type Answers = Answer | JSONRPCResponse[];
type Call = (params: unknown, id: JSONRPCID, caller: Caller) => JSONRPCResponse | Promise<JSONRPCResponse>;

/**
 * Answers are text; undefined when nothing is to be answered. What needs no waiting is answered before `receive`
 * returns: a promise for each of many small calls costs more than the calls do.
 */
export class Dispatcher {
  readonly #calls = new Map<string, Call>();
  readonly #logBug: (error: unknown, errorId: string, method: string) => void;

  constructor(handlers: Handlers, logBug: (error: unknown, errorId: string, method: string) => void) {
    this.#logBug = logBug;
    // The table's own keys.
    for (const name of Object.keys(methods) as MethodName[]) this.#add(name, handlers[name]);
  }

  receive(text: string, caller: Caller): string | undefined | Promise<string | undefined> {
    const request = parse(text);
    if ('refusal' in request) return JSON.stringify(request.refusal);
    const answer = this.answer(request.payload, caller);
    return answer instanceof Promise ? answer.then(textOf) : textOf(answer);
  }

  /** The same for what has been parsed already. */
  answer(payload: unknown, caller: Caller): Answers | Promise<Answers> {
    return Array.isArray(payload) ? this.#receiveBatch(payload, caller) : this.#receiveOne(payload, caller);
  }

  async #receiveBatch(batch: readonly unknown[], caller: Caller): Promise<Answers> {
    if (batch.length === 0) return refuse(null, RPC.invalidRequest, 'A batch needs at least one request.');
    if (batch.length > MAX_BATCH) {
      return refuse(null, RPC.invalidRequest, `A batch holds at most ${MAX_BATCH} requests; send several.`);
    }
    const answers = await Promise.all(batch.map(async (request) => this.#receiveOne(request, caller)));
    const given = answers.filter((answer) => answer !== null);
    return given.length === 0 ? null : given;
  }

  #receiveOne(payload: unknown, caller: Caller): Answer | Promise<Answer> {
    const request = Request.safeParse(payload);
    if (!request.success) {
      // Whoever has said under which id waits for an answer under it.
      const asked = Asked.safeParse(payload).data;
      return refuse(
        asked?.id ?? null,
        RPC.invalidRequest,
        explain('Not a JSON-RPC 2.0 request', request.error),
      );
    }
    const { method, params: given = {}, id } = request.data;
    // Some libraries write none as an empty list.
    const params = Array.isArray(given) && given.length === 0 ? {} : given;
    if (id !== undefined && caller.waitsFor(id)) {
      return refuse(id, RPC.invalidRequest, 'A request with this id is still being worked on.');
    }
    const call = this.#calls.get(method);
    const answer =
      call === undefined
        ? refuse(
            id ?? null,
            RPC.methodNotFound,
            `Method not found: ${method}. rpc.discover tells which there are.`,
          )
        : call(params, id ?? null, caller);
    if (id !== undefined) return answer instanceof Promise ? caller.wait(id, answer) : answer;
    // A notification: done, and not answered.
    return answer instanceof Promise ? answer.then(() => null) : null;
  }

  #add<M extends MethodName>(name: M, handler: Handler<M>): void {
    const entry = methods[name];
    this.#calls.set(name, (given, id, caller) => {
      try {
        caller.admit(name, entry.access, given);
        const params = entry.params.safeParse(given);
        if (!params.success) return refuse(id, RPC.invalidParams, explain(name, params.error));
        // The schema that was just used is the one of this very method.
        const result = handler(params.data as Params<M>, caller);
        if (!(result instanceof Promise)) return createJSONRPCSuccessResponse(id, result);
        return result.then(
          (value) => createJSONRPCSuccessResponse(id, value),
          (error: unknown) => this.#errorOf(id, error, name),
        );
      } catch (error) {
        return this.#errorOf(id, error, name);
      }
    });
  }

  #errorOf(id: JSONRPCID, error: unknown, method: string): JSONRPCErrorResponse {
    if (error instanceof PassedOn)
      return createJSONRPCErrorResponse(id, error.code, error.message, error.data);
    if (error instanceof Problem) {
      return createJSONRPCErrorResponse(id, error.code, error.message, {
        ...error.data,
        problem: error.problem,
      });
    }
    const errorId = randomUUID();
    this.#logBug(error, errorId, method);
    return createJSONRPCErrorResponse(
      id,
      RPC.internal,
      `A bug in Holdfast. Its log says more under ${errorId}.`,
      {
        problem: 'internal',
        errorId,
      },
    );
  }
}

/** An id is given back only where giving it back is exact. */
const Asked = z.object({
  id: z
    .union(
      [z.string().max(64), z.int(), z.null()],
      'must be text of at most 64 characters, or a whole number',
    )
    .optional(),
});
const Request = Asked.extend({
  jsonrpc: z.literal('2.0', 'must be "2.0"'),
  method: z.string().max(256),
  // Looked at here, read by the schema of the method.
  params: z
    .custom<object>((value) => typeof value === 'object' && value !== null, 'must be an object, or left out')
    .optional(),
});

const textOf = (answer: Answers): string | undefined =>
  answer === null ? undefined : JSON.stringify(answer);

const refuse = (id: JSONRPCID, code: number, message: string): JSONRPCErrorResponse =>
  createJSONRPCErrorResponse(id, code, message);

/** JSON that a stranger wrote, or why it is not read. */
export function parse(text: string): { payload: unknown } | { refusal: JSONRPCErrorResponse } {
  if (!isShallow(text)) {
    return {
      refusal: refuse(null, RPC.invalidRequest, `Nested deeper than ${MAX_DEPTH}: nothing was read.`),
    };
  }
  try {
    return { payload: JSON.parse(text) };
  } catch {
    return { refusal: refuse(null, RPC.parse, 'Not JSON: nothing was done.') };
  }
}

/** What is wrong may be as long as the request: nobody reads all of that. */
const MAX_REASON = 1_000;

/** "session.create: path: expected string", a part for each thing that is wrong. */
function explain(what: string, error: z.ZodError): string {
  const lines = error.issues.map(({ path, message }) => {
    const wrong = message.endsWith('received undefined') ? 'is missing' : message;
    return [...path.map(String), wrong].join(': ');
  });
  const reason = lines.join('; ');
  const shown = reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON).toWellFormed()}...` : reason;
  return `${what}: ${shown}`;
}
