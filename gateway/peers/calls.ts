// Calls to a peer that outlive the link: what a link took with it is asked again over the next one, and done once.
import { z } from 'zod';
import { Problem, problems, RPC, type ProblemName } from '../protocol/index.ts';
import { PassedOn } from '../rpc/dispatch.ts';
import type { Messages } from './messages.ts';

/** How long a call waits for a link that is gone. A break of a few seconds is not worth an error. */
export const LINK_WAIT_MS = 10_000;
/** How long it waits in all. Ending an agent with all its children takes a while. */
const ANSWER_MS = 60_000;
const MAX_PENDING = 1000;
/** Calls under way at once. The other side answers twice as many, because those of the previous link may still be running there. */
const MAX_UNDER_WAY = 64;
/** What may wait for room on a link is bounded, and mail comes in calls of megabytes. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

interface Pending {
  readonly text: string;
  /** Doing it twice is as good as doing it once. */
  readonly isRepeatable: boolean;
  /** The instance id of the gateway that it was sent to, which is another one after a restart there. */
  sentTo: string | undefined;
  readonly settle: (answer: { result: unknown } | { error: unknown }) => void;
}

export interface CallsOptions {
  /** What the peer is called here. */
  readonly name: () => string;
  /** The instance id of this gateway: with it, ids of calls are unique over restarts. */
  readonly instanceId: string;
  /** Calls back once; the result cancels. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** It is there, or has been away for longer than a moment. */
  readonly onPresence: (isThere: boolean) => void;
}

export interface CallOptions {
  readonly client?: object;
  readonly isRepeatable: boolean;
  /** Called with the result before anything that the peer sends after it is looked at. */
  readonly onResult?: (result: unknown) => void;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #pending = new Map<string, Pending>();
  /** The calls that wait to be sent, in order, and those that were sent over this link. */
  readonly #unsent = new Set<string>();
  readonly #underWay = new Set<string>();
  /** How long these are, together. */
  #characters = 0;
  #messages: Messages | undefined;
  #instanceId = '';
  #isGivenUp = false;
  #isThere = false;
  #cancelWait: () => void;
  #last = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#cancelWait = options.after(LINK_WAIT_MS, () => this.#giveUp());
  }

  /** Whether it is linked, or has been gone for no more than a moment. */
  get isThere(): boolean {
    return this.#isThere;
  }

  get isLinked(): boolean {
    return this.#messages !== undefined;
  }

  /** A link is there. What waits is sent, or sent again where that cannot do anything twice. */
  linked(messages: Messages, instanceId: string): void {
    this.#cancelWait();
    this.#isGivenUp = false;
    this.#messages = messages;
    this.#instanceId = instanceId;
    this.#be(true);
    this.#underWay.clear();
    this.#characters = 0;
    this.#unsent.clear();
    for (const [id, { sentTo, isRepeatable }] of this.#pending) {
      // A gateway that has not restarted remembers what it has answered, so sending again does nothing twice.
      if (sentTo === undefined || sentTo === instanceId || isRepeatable) this.#unsent.add(id);
      else {
        this.#fail(
          id,
          'It was started anew while this was under way: see whether it was done, then do it again.',
        );
      }
    }
    this.#sendMore();
  }

  /** The link is gone, for now. */
  dropped(): void {
    if (this.#messages === undefined) return;
    this.#messages = undefined;
    this.#cancelWait = this.#options.after(LINK_WAIT_MS, () => this.#giveUp());
  }

  /** The peer is no peer any more. */
  end(): void {
    this.#cancelWait();
    this.#giveUp();
  }

  call(method: string, params: unknown, options: CallOptions): Promise<unknown> {
    if (this.#isGivenUp) return Promise.reject(this.#offline());
    if (this.#pending.size >= MAX_PENDING)
      return Promise.reject(this.#offline('Too many calls wait for its answer.'));
    this.#last += 1;
    const id = `${this.#options.instanceId}.${this.#last}`;
    const { client, isRepeatable, onResult } = options;
    const text = JSON.stringify({ jsonrpc: '2.0', id, method, params, client });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const cancel = this.#options.after(ANSWER_MS, () =>
      this.#fail(id, 'It did not answer in time. It may still do what it was asked.'),
    );
    const settle: Pending['settle'] = (answer) => {
      this.#pending.delete(id);
      this.#unsent.delete(id);
      if (this.#underWay.delete(id)) this.#characters -= text.length;
      cancel();
      this.#sendMore();
      if ('error' in answer) return reject(answer.error);
      onResult?.(answer.result);
      resolve(answer.result);
    };
    this.#pending.set(id, { text, isRepeatable, settle, sentTo: undefined });
    this.#unsent.add(id);
    this.#sendMore();
    return promise;
  }

  /** Says something that needs no answer. Without a link it is lost. */
  tell(method: string, params: unknown, client?: object): void {
    this.#messages?.send(JSON.stringify({ jsonrpc: '2.0', method, params, client }));
  }

  /** An answer of the other side. */
  receive(id: string, answer: Readonly<Record<string, unknown>>): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if ('error' in answer) pending.settle({ error: errorOf(answer['error'], this.#options.name()) });
    else pending.settle({ result: answer['result'] });
  }

  /** As much as may be under way at once. */
  #sendMore(): void {
    for (const id of this.#unsent) {
      const pending = this.#pending.get(id);
      if (this.#messages === undefined || pending === undefined || !this.#mayGo(pending)) return;
      this.#unsent.delete(id);
      this.#underWay.add(id);
      this.#characters += pending.text.length;
      pending.sentTo = this.#instanceId;
      this.#messages.send(pending.text);
    }
  }

  #mayGo({ text }: Pending): boolean {
    const { size } = this.#underWay;
    return size === 0 || (size < MAX_UNDER_WAY && this.#characters + text.length <= MAX_CHARACTERS);
  }

  #be(there: boolean): void {
    if (this.#isThere === there) return;
    this.#isThere = there;
    this.#options.onPresence(there);
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#unsent.clear();
    this.#be(false);
    for (const id of this.#pending.keys()) this.#fail(id);
  }

  #fail(id: string, why?: string): void {
    this.#pending.get(id)?.settle({ error: this.#offline(why) });
  }

  #offline(why = 'There is no link to it now; it is tried again by itself.'): Problem {
    const peer = this.#options.name();
    return new Problem('peer.offline', `${peer} cannot be reached. ${why}`, { peer });
  }
}

const ErrorSaid = z.object({
  code: z.int(),
  message: z.string(),
  data: z.looseObject({ problem: z.unknown() }).optional().catch(undefined),
});

/** The error that the other gateway has answered with, to be thrown here. */
function errorOf(error: unknown, peer: string): unknown {
  const read = ErrorSaid.safeParse(error);
  if (!read.success)
    return new PassedOn(RPC.internal, `${peer} has answered with an error that cannot be read.`, undefined);
  const { code, data } = read.data;
  const message = read.data.message.slice(0, 2000);
  const { problem, ...rest } = data ?? {};
  // A bug of the other gateway is not ours, and the id of its details belongs to the log there.
  if (typeof problem !== 'string' || !Object.hasOwn(problems, problem) || problem === 'internal')
    return new PassedOn(code, message, data);
  return new Problem(problem as ProblemName, message, { ...rest, peer });
}
