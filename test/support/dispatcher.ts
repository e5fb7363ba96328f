// A dispatcher in front of handlers that a test gives, as every transport would use it.
import { methods } from '../../gateway/protocol/index.ts';
import { Caller } from '../../gateway/rpc/caller.ts';
import { Dispatcher, type Handlers } from '../../gateway/rpc/dispatch.ts';

export interface Answer {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
}

export interface TestDispatcher {
  readonly dispatcher: Dispatcher;
  readonly bugs: { readonly error: unknown; readonly errorId: string; readonly method: string }[];
  /** The answer as text. */
  readonly text: (sent: string) => Promise<string | undefined>;
  /** The one answer to one request. */
  readonly one: (sent: unknown) => Promise<Answer>;
  /** All answers to a batch. */
  readonly all: (sent: readonly unknown[]) => Promise<Answer[]>;
}

export const unexpected = (): never => {
  throw new Error('not expected to be called');
};

/** Methods that a test does not give answer that they are not expected to be called. */
export function handlersWith(given: Partial<Handlers>): Handlers {
  const others = Object.fromEntries(Object.keys(methods).map((name) => [name, unexpected]));
  // Every method of the contract is there by the line above.
  return { ...others, ...given } as Handlers;
}

export function newDispatcher(given: Partial<Handlers>): TestDispatcher {
  const bugs: TestDispatcher['bugs'] = [];
  const dispatcher = new Dispatcher(handlersWith(given), (error, errorId, method) =>
    bugs.push({ error, errorId, method }),
  );
  const caller = new Caller('rpc');
  const text = async (sent: string): Promise<string | undefined> => dispatcher.receive(sent, caller);
  const parsed = async (sent: unknown): Promise<unknown> =>
    JSON.parse((await text(typeof sent === 'string' ? sent : JSON.stringify(sent))) ?? 'null');
  return {
    dispatcher,
    bugs,
    text,
    // Answers are checked by the tests that read them.
    one: (sent) => parsed(sent) as Promise<Answer>,
    all: (sent) => parsed(sent) as Promise<Answer[]>,
  };
}

export const request = (method: unknown, params?: unknown, id: unknown = 1): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params === undefined ? {} : { params }),
});
