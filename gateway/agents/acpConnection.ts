// One ACP connection to one agent process: requests through the SDK, updates read by ourselves underneath it.
import {
  client,
  methods,
  RequestError,
  type AnyMessage,
  type ClientConnection,
} from '@agentclientprotocol/sdk';
import { AgentError } from './agent.ts';
import { replyError } from './acpErrors.ts';
import { endedError } from './ending.ts';
import { object, type JsonObject } from './json.ts';
import { AgentProcess, type Program } from './process.ts';

export interface ConnectionHandlers {
  /** The params of all session/update notifications of one read. */
  updates(params: readonly JsonObject[]): void;
  /** A session/request_permission; what it resolves with is the reply. `signal`: the agent takes it back. */
  permission(params: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** An elicitation/create, in the same way. */
  elicitation(params: JsonObject, signal: AbortSignal): Promise<JsonObject>;
}

/** So many lines of something else before the first message: this program does not speak ACP. */
const GARBAGE_LIMIT = 20;

/** Our own tolerant reading instead of the SDK's schema, which refuses what it does not know. */
const asItIs = object;

export class AcpConnection implements AsyncDisposable {
  readonly #program: Program;
  readonly process: AgentProcess;
  readonly #connection: ClientConnection;
  /** How to log in, once the agent has said so. */
  advice = '';

  static async start(program: Program, cwd: string, handlers: ConnectionHandlers): Promise<AcpConnection> {
    // The process begins to speak before the constructor below has run: the stream keeps what it says.
    let incoming: ReadableStreamDefaultController<AnyMessage> | undefined;
    const readable = new ReadableStream<AnyMessage>({
      start(controller) {
        incoming = controller;
      },
      cancel() {
        incoming = undefined; // The SDK has given the connection up.
      },
    });
    let isSpeaking = false;
    let garbageLines = 0;
    const agent = await AgentProcess.start(program, {
      cwd,
      onMessages(messages) {
        const updates: JsonObject[] = [];
        for (const message of messages) {
          if (message['method'] === methods.client.session.update && !('id' in message)) {
            updates.push(object(message['params']));
          } else if (isMessage(message)) {
            incoming?.enqueue(message);
          }
          isSpeaking ||= isMessage(message);
        }
        // The SDK takes up what was enqueued in a later microtask, so updates are told before a turn's end is.
        if (updates.length > 0) handlers.updates(updates);
      },
      onGarbage() {
        garbageLines += 1;
        if (!isSpeaking && garbageLines === GARBAGE_LIMIT) void agent[Symbol.asyncDispose]();
      },
    });
    void agent.ended.then(() => {
      incoming?.close();
      incoming = undefined;
    });
    return new AcpConnection(program, agent, readable, handlers);
  }

  private constructor(
    program: Program,
    agent: AgentProcess,
    readable: ReadableStream<AnyMessage>,
    handlers: ConnectionHandlers,
  ) {
    this.#program = program;
    this.process = agent;
    const writable = new WritableStream<AnyMessage>({ write: (message) => agent.write(message) });
    this.#connection = client({ name: 'holdfast' })
      .onRequest(methods.client.session.requestPermission, asItIs, ({ params, signal }) =>
        handlers.permission(params, signal),
      )
      .onRequest(methods.client.elicitation.create, asItIs, ({ params, signal }) =>
        handlers.elicitation(params, signal),
      )
      // Agents have notifications of their own (_auth/status_update, qwen/notify/...), which the SDK would log as errors.
      .onNotification('*', () => {})
      .connect({ readable, writable });
    // A connection that cannot go on (the agent closed its input) leaves a process that nobody can talk to.
    void this.#connection.closed.then(() => agent[Symbol.asyncDispose]());
  }

  /** Sends a request. Rejects with AgentError when the agent answers with an error, or ends (`when`: "at start"). */
  async request(method: string, params: object, when: string): Promise<JsonObject> {
    try {
      const reply: unknown = await this.#connection.agent.request(method, params);
      return object(reply);
    } catch (error) {
      throw await this.#explain(error, when);
    }
  }

  notify(method: string, params: object): void {
    // It fails only when the process has ended, which is told in its own way.
    this.#connection.agent.notify(method, params).catch(() => {});
  }

  async #explain(error: unknown, when: string): Promise<AgentError> {
    const { name } = this.#program;
    if (error instanceof RequestError) return replyError(name, error, this.advice);
    // Without a reply there is one reason: the connection closed, because the process has ended or is about to.
    const end = await this.process.ended;
    const failure = endedError(name, when, end);
    const [garbage] = this.process.garbage;
    if (garbage === undefined || when !== 'at start') return failure;
    return new AgentError('agent.failed', `${failure.message}\n${this.#notAcp()}`, error);
  }

  /** For a start that does not come about. */
  describeSilence(seconds: number): string {
    const said = this.process.lastWords;
    const { name } = this.#program;
    return `${name} did not answer within ${seconds} seconds.${said === '' ? '' : `\n${said}`}\n${this.#notAcp()}`;
  }

  #notAcp(): string {
    const { command, args } = this.#program;
    return `Check that this command starts an agent that speaks ACP: ${[command, ...args].join(' ')}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** The SDK answers what it cannot read with an error message of its own; log lines in JSON deserve no answer. */
const isMessage = (value: JsonObject): value is JsonObject & AnyMessage =>
  value['jsonrpc'] === '2.0' && ('method' in value || 'id' in value);
