// Calls of a peer, answered as those of any client, within its policy; what was done for it is not done again.
import { lacks } from '../core/peerPolicy.ts';
import {
  ClientId,
  methods,
  Problem,
  RemoteClient,
  RPC,
  type Envelope,
  type Method,
  type MethodName,
  type PeerName,
  type PeerPolicy,
} from '../protocol/index.ts';
import { Caller } from '../rpc/caller.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import type { Messages } from './messages.ts';

/** Answers kept for calls that a broken link may make the peer repeat. */
const MAX_REMEMBERED = 500;
const MAX_AT_ONCE = 128;
const MAX_VISITORS = 256;

/** What a call comes to, as the members of its answer. */
export type Outcome = { readonly result: unknown } | { readonly error: object };

export interface ServingOptions {
  /** What the peer is called here, and what it may do: asked for each call, so a change acts at once. */
  readonly name: () => PeerName;
  readonly policy: () => PeerPolicy;
  readonly dispatcher: Dispatcher;
  /** Answers what gateways say to each other; undefined when it is no such method. */
  readonly between: (method: string, params: unknown) => Promise<Outcome> | undefined;
}

/** A client of a peer. */
class Visitor extends Caller {
  readonly #options: ServingOptions;

  constructor(client: RemoteClient, options: ServingOptions, messages: Messages) {
    const mark = `{"client":${JSON.stringify(client.id)},`;
    // It reads at least; `admit` says what it may do.
    super(
      'peer',
      { tokenId: 'peer', scope: 'read' },
      {
        send: (frame) => messages.send(mark + frame.toString().slice(1)),
        onDrain: (callback) => messages.onDrain(callback),
      },
    );
    this.#options = options;
    this.actor = { clientId: this.clientIdOf(client.clientId), name: `${client.name} on ${this.peer}` };
  }

  override get peer(): PeerName {
    return this.#options.name();
  }

  override admit(method: MethodName, _access: Method['access'], params: unknown): void {
    const { peer } = this;
    const missing = lacks(this.#options.policy(), method, params);
    if (missing === undefined && !isForwarded(params)) return;
    throw new Problem(
      'peer.forbidden',
      missing === undefined || missing === 'everything'
        ? `${method} is not for other gateways: it can only be done on that machine.`
        : `That machine does not allow this (${method}). To allow it, there: holdfast peers policy ${peer} --${missing}`,
      { method },
    );
  }

  /** Never the id of a client of our own, whose place in the log it could move. */
  override clientIdOf(named: ClientId | undefined): ClientId {
    if (named === undefined) return this.actor.clientId;
    return ClientId.parse(`peer:${this.peer}:${named}`.replaceAll('..', '.').slice(0, 128));
  }
}

const isForwarded = (params: unknown): boolean =>
  typeof params === 'object' && params !== null && 'peer' in params;

/** Asked again, it is simply read again. */
const isRead = (method: string): boolean =>
  Object.hasOwn(methods, method) && methods[method as MethodName].access === 'read';

const refusal = (id: string | undefined, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: RPC.invalidRequest, message } });

export class Serving {
  readonly #options: ServingOptions;
  readonly #visitors = new Map<string, Visitor>();
  readonly #remembered = new Map<string, string | Promise<string>>();
  #atOnce = 0;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** A request or a notification that a client of the peer makes, or the peer itself. */
  receive(envelope: Envelope & { method: string }, messages: Messages): void {
    const { id } = envelope;
    if (id === undefined) return void this.#answer(envelope, messages);
    const before = this.#remembered.get(id);
    const answer = before ?? this.#answer(envelope, messages);
    if (before === undefined && !isRead(envelope.method)) this.#remember(id, answer);
    // What needs no waiting is answered before anything else is read.
    if (typeof answer === 'string') messages.send(answer);
    else void answer.then((text) => messages.send(text));
  }

  /** A client of the peer is gone. */
  hangUp(id: string): void {
    this.#visitors.get(id)?.close();
    this.#visitors.delete(id);
  }

  /** Ends all that its clients follow here: the link is gone, or the policy has changed. */
  endAll(): void {
    for (const id of this.#visitors.keys()) this.hangUp(id);
  }

  #answer(
    { client, ...request }: Envelope & { method: string },
    messages: Messages,
  ): string | Promise<string> {
    const { id, method, params } = request;
    if (this.#atOnce >= MAX_AT_ONCE) return refusal(id, 'Too many calls at once; wait for answers.');
    const between = this.#options.between(method, params);
    if (between !== undefined)
      return this.#count(between.then((outcome) => JSON.stringify({ jsonrpc: '2.0', id, ...outcome })));
    const visitor = this.#visitor(client, messages);
    if (visitor === undefined) return refusal(id, 'This call needs a client.');
    const answer = this.#options.dispatcher.answer(request, visitor);
    return answer instanceof Promise
      ? this.#count(answer.then((one) => JSON.stringify(one)))
      : JSON.stringify(answer);
  }

  #count(answer: Promise<string>): Promise<string> {
    this.#atOnce += 1;
    return answer.finally(() => {
      this.#atOnce -= 1;
    });
  }

  #visitor(given: Envelope['client'], messages: Messages): Visitor | undefined {
    const known = typeof given === 'object' && this.#visitors.get(given.id);
    if (known) return known;
    const client = RemoteClient.safeParse(given);
    if (!client.success) return undefined;
    const [oldest] = this.#visitors.keys();
    if (this.#visitors.size >= MAX_VISITORS && oldest !== undefined) this.hangUp(oldest);
    const visitor = new Visitor(client.data, this.#options, messages);
    this.#visitors.set(client.data.id, visitor);
    return visitor;
  }

  #remember(id: string, answer: string | Promise<string>): void {
    this.#remembered.set(id, answer);
    if (typeof answer !== 'string') void answer.then((text) => this.#remembered.set(id, text));
    for (const [oldest, given] of this.#remembered) {
      if (this.#remembered.size <= MAX_REMEMBERED) return;
      // What is under way would be begun again.
      if (typeof given === 'string') this.#remembered.delete(oldest);
    }
  }
}
