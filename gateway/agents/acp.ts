// Speaks the Agent Client Protocol (version 1) with an agent: runs turns, asks people, cancels.
import { methods } from '@agentclientprotocol/sdk';
import { disposeOn, within } from '../language.ts';
import type { Message, Mode } from '../protocol/index.ts';
import {
  AgentError,
  type AgentConversation,
  type AgentDriver,
  type AgentEnd,
  type AgentListener,
  type AgentUpdate,
  type EarlierUpdate,
  type OpenOptions,
  type TurnEnd,
} from './agent.ts';
import { AcpConnection } from './acpConnection.ts';
import { promptBlocks } from './acpContent.ts';
import { AcpEarlier } from './acpEarlier.ts';
import { loginAdvice } from './acpErrors.ts';
import { elicitationReply, readElicitation } from './acpForm.ts';
import { readOffer } from './acpOffers.ts';
import {
  openSession,
  setMode,
  setModel,
  setOption,
  type AcpSession,
  type SessionHost,
} from './acpSession.ts';
import { pastSessions } from './acpSessions.ts';
import { ToolCards } from './acpTools.ts';
import { isConversation, readUpdate } from './acpUpdates.ts';
import { Asking } from './asking.ts';
import { endedError } from './ending.ts';
import { bounded, object, word, type JsonObject } from './json.ts';
import { forgetCurrent } from './modes.ts';
import type { Program } from './process.ts';
import { Teller } from './teller.ts';

const { agent: call } = methods;

/** OpenCode needs 15 seconds on a loaded machine; whoever needs four times that does not start. */
const START_LIMIT_MS = 60_000;

/** Saying goodbye must not keep anybody waiting. */
const CLOSE_LIMIT_MS = 500;

/** A replay is over after this much silence, and is not waited for any longer than that. */
const SILENCE_MS = 250;
const SILENCE_LIMIT_MS = 3_000;

/** Updates that may wait for the name of their session: copilot sends some before it tells the name. */
const EARLY_LIMIT = 1_000;

const CANCELLED = { outcome: { outcome: 'cancelled' } } as const;

class AcpConversation implements AgentConversation, SessionHost {
  readonly #program: Program;
  readonly #asking: Asking;
  /** Tool calls that the agent asks about while no turn runs. */
  readonly #askedBetween = new Set<string>();
  #tools = new ToolCards();
  #connection!: AcpConnection; // Set by start() before anything else can happen.
  #inTurn = false;
  #isCancelled = false;
  #inReplay = false;
  #earlier: AcpEarlier | undefined;
  #early: JsonObject[] = [];
  #lastUpdateAt = 0;
  #session: AcpSession | undefined;
  #closed: Promise<void> | undefined;
  readonly #teller: Teller;
  agentSessionId: string | null = null;
  opened: AgentConversation['opened'] = 'new';
  model: string | null = null;

  static async start(
    program: Program,
    options: OpenOptions,
    listener: AgentListener,
  ): Promise<AcpConversation> {
    const conversation = new AcpConversation(program, listener);
    conversation.#connection = await AcpConnection.start(program, options.cwd, {
      updates: (params) => conversation.#read(params),
      permission: (params, signal) => conversation.#ask(params, signal),
      elicitation: (params, signal) => conversation.#elicit(params, signal),
    });
    options.onSpawn(conversation.pid);
    return conversation;
  }

  private constructor(program: Program, listener: AgentListener) {
    this.#program = program;
    this.#asking = new Asking(listener);
    this.#teller = new Teller(listener, () => void this[Symbol.asyncDispose]());
  }

  get name(): string {
    return this.#program.name;
  }

  get pid(): number {
    return this.#connection.process.pid;
  }

  get ended(): Promise<AgentEnd> {
    return this.#connection.process.ended;
  }

  get hasExited(): boolean {
    return this.#connection.process.hasExited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#asking.end();
    await (this.#closed ??= this.#close());
    await this.#connection[Symbol.asyncDispose]();
  }

  /** An agent with nothing to do is told that the session ends, so that it can put its own things in order. */
  async #close(): Promise<void> {
    if (this.#session?.canClose !== true || this.#inTurn || this.hasExited) return;
    const params = { sessionId: this.agentSessionId };
    await within(
      CLOSE_LIMIT_MS,
      this.request(call.session.close, params).catch(() => {}),
    );
  }

  // ---- opening ----

  async open(options: OpenOptions): Promise<void> {
    if (options.tellEarlier === true) this.#earlier = new AcpEarlier();
    this.#session = await openSession(this, options);
    this.opened = this.#session.opened;
    this.model = this.#session.model;
    const { reply, canFork } = this.#session;
    this.#tell([{ type: 'offers', offers: { ...readOffer(reply).shown, fork: canFork } }]);
  }

  takeEarlier(): readonly EarlierUpdate[] {
    const told = this.#earlier === undefined ? [] : [...this.#earlier.take(), ...this.#tools.endTurn()];
    this.#earlier = undefined;
    return told;
  }

  async setMode(mode: Mode): Promise<void> {
    const { sessionId, reply } = this.#opened();
    // The agent, or a slash command, may have changed it since it was offered.
    await setMode(this, sessionId, mode, forgetCurrent(readOffer(reply)));
  }

  async setModel(model: string): Promise<void> {
    const { sessionId, reply } = this.#opened();
    const answer = await setModel(this, sessionId, model, readOffer(reply));
    this.model = model;
    this.#tell(this.#offered(answer));
  }

  async setOption(optionId: string, value: string): Promise<void> {
    const { sessionId, reply } = this.#opened();
    const answer = await setOption(this, sessionId, { optionId, value }, readOffer(reply));
    this.#tell(this.#offered(answer));
  }

  /** What can be chosen has changed: another model, for example, has other levels of thinking. */
  #offered({ configOptions }: JsonObject): AgentUpdate[] {
    if (this.#session === undefined || !Array.isArray(configOptions)) return [];
    const reply = { ...this.#session.reply, configOptions };
    this.#session = { ...this.#session, reply };
    return [{ type: 'offers', offers: readOffer(reply).shown }];
  }

  #opened(): AcpSession {
    if (this.#session === undefined) throw new Error('the session is not open yet');
    return this.#session;
  }

  request(method: string, params: object): Promise<JsonObject> {
    return this.#send(
      method,
      params,
      this.#session === undefined ? 'at start' : 'when it was asked for a change',
    );
  }

  async #send(method: string, params: object, when: string): Promise<JsonObject> {
    const reply = this.#connection.request(method, params, when);
    await reply.catch(() => undefined);
    // The agent is being ended because something of its output was lost: its answer to the prompt does not count any more.
    if (this.#teller.failure === undefined) return reply;
    await this.ended;
    throw this.#teller.failure.cause;
  }

  canLogIn(authMethods: unknown): void {
    this.#connection.advice = loginAdvice(this.#program, authMethods);
  }

  listenTo(sessionId: string | null, isReplay: boolean): void {
    this.agentSessionId = sessionId;
    this.#inReplay = isReplay;
    this.#tools = new ToolCards(); // Those of a replay that came to nothing are of another session.
    if (sessionId === null) return;
    const early = this.#early;
    this.#early = [];
    this.#read(early);
  }

  async silence(): Promise<void> {
    const start = performance.now();
    this.#lastUpdateAt = start;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - this.#lastUpdateAt >= SILENCE_MS || now - start >= SILENCE_LIMIT_MS) resolve();
    }, SILENCE_MS / 5);
    await Promise.race([promise, this.ended]);
    clearInterval(timer);
  }

  /** For a start that does not come about. */
  describeSilence(seconds: number): string {
    return this.#connection.describeSilence(seconds);
  }

  // ---- turns ----

  async prompt(message: Message): Promise<TurnEnd> {
    if (this.#inTurn) throw new Error('a turn is running: one prompt at a time');
    const prompt = promptBlocks(message, this.#opened().takes, this.name);
    if (this.#inReplay) {
      this.#inReplay = false;
      this.#tools = new ToolCards(); // The cards of a replay are in the log, in the state in which they really ended.
    }
    this.#inTurn = true;
    this.#connection.process.setInTurn(true);
    this.#asking.turn(true);
    this.#isCancelled = false;
    try {
      const params = { sessionId: this.agentSessionId, prompt };
      const reply = await this.#send(call.session.prompt, params, 'in the middle of its answer');
      const usage = reply['usage'] ?? object(reply['_meta'])['quota']; // The second is gemini's.
      const stopReason = word(reply['stopReason']) ?? 'end_turn';
      if (stopReason === 'cancelled' && !this.#isCancelled && this.hasExited) {
        // qwen's launcher was killed: the real agent, its child, still calls that a cancelled turn.
        throw endedError(this.name, 'in the middle of its answer', await this.ended);
      }
      return usage === undefined || usage === null ? { stopReason } : { stopReason, usage: bounded(usage) };
    } finally {
      this.#inTurn = false;
      this.#connection.process.setInTurn(false);
      this.#asking.turn(false);
      this.#tell(this.#tools.endTurn(this.#askedBetween));
    }
  }

  cancel(): void {
    if (!this.#inTurn) return;
    this.#isCancelled = true;
    this.#connection.notify(call.session.cancel, { sessionId: this.agentSessionId });
    // gemini does not end its turn before its open question is answered.
    this.#asking.turn(true);
  }

  // ---- what the agent says ----

  #read(batch: readonly JsonObject[]): void {
    this.#lastUpdateAt = performance.now();
    const updates: AgentUpdate[] = [];
    for (const params of batch) {
      if (this.agentSessionId === null) {
        if (this.#early.length < EARLY_LIMIT) this.#early.push(params);
      } else if (params['sessionId'] === this.agentSessionId) {
        const read = readUpdate(params['update'], this.#tools);
        if (this.#inReplay) {
          // A replay has no ends of turns: OpenCode's calls that a crash has cut stay in progress for ever.
          const isPrompt = object(params['update'])['sessionUpdate'] === 'user_message_chunk';
          this.#earlier?.hear(params['update'], isPrompt ? this.#tools.endTurn() : read);
        }
        updates.push(...read, ...this.#offered(object(params['update'])));
      }
    }
    this.#tell(this.#inReplay ? updates.filter((update) => !isConversation(update)) : updates);
  }

  #tell(updates: readonly AgentUpdate[]): void {
    for (const update of updates) if (update.type === 'model') this.model = update.model;
    this.#teller.tell(updates);
  }

  async #ask(params: JsonObject, takenBack: AbortSignal): Promise<JsonObject> {
    const asked = this.#mayAsk(params) ? this.#tools.ask(params) : undefined;
    if (asked === undefined) return CANCELLED;
    this.#tell(asked.updates);
    const { toolCallId } = asked.question.toolCall;
    if (!this.#inTurn) this.#askedBetween.add(toolCallId);
    const answer = await this.#asking
      .ask(asked.question, takenBack)
      .finally(() => this.#askedBetween.delete(toolCallId));
    if (answer === undefined) return CANCELLED;
    return { outcome: { outcome: 'selected', optionId: answer.optionId } };
  }

  async #elicit(params: JsonObject, takenBack: AbortSignal): Promise<JsonObject> {
    if (!this.#mayAsk(params)) return elicitationReply(undefined);
    const question = readElicitation(params, (toolCallId) => this.#tools.find(toolCallId));
    return elicitationReply(await this.#asking.ask(question, takenBack));
  }

  /** Also between turns: some work on in the background. While it starts, nobody could answer in time. */
  #mayAsk(params: JsonObject): boolean {
    return this.#session !== undefined && params['sessionId'] === this.agentSessionId;
  }
}

/** How to speak ACP with a program. `startLimitMs` is how long it may take until it can be prompted. */
export const acpDriver = (program: Program, startLimitMs = START_LIMIT_MS): Required<AgentDriver> => {
  const open = async (
    options: OpenOptions,
    listener: AgentListener,
    signal: AbortSignal,
  ): Promise<AcpConversation> => {
    signal.throwIfAborted();
    const conversation = await AcpConversation.start(program, options, listener);
    const limit = AbortSignal.timeout(startLimitMs);
    // Ending the process makes the request that waits for it reject.
    using _ = disposeOn(AbortSignal.any([signal, limit]), conversation);
    try {
      await conversation.open(options);
      signal.throwIfAborted();
      return conversation;
    } catch (error) {
      const { hasExited, agentSessionId } = conversation;
      await conversation[Symbol.asyncDispose]();
      signal.throwIfAborted();
      const isDead = error instanceof AgentError && hasExited && agentSessionId !== null;
      if (isDead && agentSessionId === options.resume) {
        // Of its old session, or it was ended because it hung there: without it, it may well come up.
        const fresh = await open({ ...options, resume: null }, listener, signal);
        fresh.opened = 'fallback';
        return fresh;
      }
      if (limit.aborted) {
        throw new AgentError('agent.failed', conversation.describeSilence(startLimitMs / 1000), error);
      }
      throw error;
    }
  };
  return { open, pastSessions: (home, cwd, signal) => pastSessions(program, home, cwd, signal) };
};
