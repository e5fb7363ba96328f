// One connection to a plain `claude`, in its own protocol: lines of JSON, and requests in both directions among them.
import { randomUUID } from 'node:crypto';
import { messageOf } from '../language.ts';
import { AgentError, type AgentEnd } from './agent.ts';
import { endedError } from './ending.ts';
import { object, text, word, type JsonObject } from './json.ts';
import { AgentProcess, type Program } from './process.ts';

export interface ClaudeHandlers {
  /** All lines of one read that are no requests or answers. */
  lines(lines: readonly JsonObject[]): void;
  /** A can_use_tool; what it resolves with is the answer, undefined is none. `signal`: Claude takes it back. */
  permission(request: JsonObject, signal: AbortSignal): Promise<JsonObject | undefined>;
}

interface Waiting {
  readonly resolve: (response: JsonObject) => void;
  readonly reject: (error: Error) => void;
}

export class ClaudeConnection implements AsyncDisposable {
  readonly #program: Program;
  readonly #handlers: ClaudeHandlers;
  readonly #waiting = new Map<string, Waiting>();
  readonly #asked = new Map<string, AbortController>();
  #end: AgentEnd | undefined;
  process!: AgentProcess; // Set by start() before anything else can happen.

  static async start(program: Program, cwd: string, handlers: ClaudeHandlers): Promise<ClaudeConnection> {
    const connection = new ClaudeConnection(program, handlers);
    connection.process = await AgentProcess.start(program, {
      cwd,
      onMessages: (messages) => connection.#read(messages),
    });
    void connection.process.ended.then((end) => connection.#fail(end));
    return connection;
  }

  private constructor(program: Program, handlers: ClaudeHandlers) {
    this.#program = program;
    this.#handlers = handlers;
  }

  /** Asks Claude itself for something: {subtype: "interrupt"}. Rejects with AgentError when it refuses or ends. */
  async request(request: { readonly subtype: string } & JsonObject): Promise<JsonObject> {
    if (this.#end !== undefined) throw this.#endedError(this.#end);
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    this.#waiting.set(id, { resolve, reject });
    this.send({ type: 'control_request', request_id: id, request });
    return promise;
  }

  send(message: object): void {
    // It fails only when the process has ended, which is told in its own way.
    this.process.write(message).catch(() => {});
  }

  #read(messages: readonly JsonObject[]): void {
    let lines: JsonObject[] = [];
    const flush = (): void => {
      if (lines.length > 0) this.#handlers.lines(lines);
      lines = [];
    };
    for (const message of messages) {
      switch (message['type']) {
        case 'control_response':
          this.#settle(object(message['response']));
          break;
        case 'control_request':
          flush(); // The card of a tool comes before the question about it.
          void this.#answer(message);
          break;
        case 'control_cancel_request':
          this.#asked.get(text(message['request_id']) ?? '')?.abort();
          break;
        default:
          lines.push(message);
      }
    }
    flush();
  }

  #settle(response: JsonObject): void {
    const id = text(response['request_id']) ?? '';
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (response['subtype'] === 'success') waiting?.resolve(object(response['response']));
    else {
      const why = word(response['error']) ?? 'it does not say why';
      waiting?.reject(new AgentError('agent.refused', `${this.#program.name} refused: ${why}.`));
    }
  }

  async #answer(message: JsonObject): Promise<void> {
    const id = text(message['request_id']) ?? '';
    const request = object(message['request']);
    const reply = (response: JsonObject): void =>
      this.send({ type: 'control_response', response: { request_id: id, ...response } });
    if (request['subtype'] !== 'can_use_tool') {
      // Hooks, tools of ours, dialogs: whoever is not answered waits for ever.
      reply({ subtype: 'error', error: 'Holdfast does not offer this' });
      return;
    }
    const takenBack = new AbortController();
    this.#asked.set(id, takenBack);
    try {
      const response = await this.#handlers.permission(request, takenBack.signal);
      if (response !== undefined) reply({ subtype: 'success', response });
    } catch (error) {
      // Without a record of the question nobody can answer it, and no answer is no consent.
      reply({ subtype: 'error', error: messageOf(error) });
    } finally {
      this.#asked.delete(id);
    }
  }

  #fail(end: AgentEnd): void {
    this.#end = end;
    for (const question of this.#asked.values()) question.abort();
    for (const { reject } of this.#waiting.values()) reject(this.#endedError(end));
    this.#waiting.clear();
  }

  #endedError(end: AgentEnd): AgentError {
    return endedError(this.#program.name, 'at start', end);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
