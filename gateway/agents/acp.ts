// Speaks the Agent Client Protocol (version 1) with an agent: opens its session, runs turns, asks and cancels.
import { methods, PROTOCOL_VERSION } from '@agentclientprotocol/sdk';
import type { Message, Mode } from '../protocol/index.ts';
import {
  AgentError,
  type AgentConversation,
  type AgentDriver,
  type AgentEnd,
  type AgentListener,
  type AgentUpdate,
  type OpenOptions,
  type TurnEnd,
} from './agent.ts';
import { AcpConnection } from './acpConnection.ts';
import { promptBlocks, type PromptCapabilities } from './acpContent.ts';
import { loginAdvice } from './acpErrors.ts';
import { ToolCards } from './acpTools.ts';
import { configValue, isConversation, readUpdate } from './acpUpdates.ts';
import { bounded, isObject, object, word, type JsonObject } from './json.ts';
import { chooseMode, readModeOffer, type ModeOffer } from './modes.ts';
import type { Program } from './process.ts';

const { agent: call } = methods;

/** OpenCode needs 15 seconds on a loaded machine; whoever needs four times that does not start. */
const START_LIMIT_MS = 60_000;

/** gemini sends most of a replay after the reply to session/load, without an end marker: it ends with silence. */
const REPLAY_QUIET_MS = 250;
const REPLAY_LIMIT_MS = 3_000;

/** Updates that may wait for the name of their session: copilot sends some before it tells the name. */
const EARLY_LIMIT = 1_000;

const CANCELLED = { outcome: { outcome: 'cancelled' } } as const;

type Phase = 'opening' | 'replaying' | 'ready' | 'turn';

class AcpConversation implements AgentConversation {
  readonly #program: Program;
  readonly #listener: AgentListener;
  #tools = new ToolCards();
  readonly #questions = new Set<AbortController>();
  #connection!: AcpConnection; // Set by start() before anything else can happen.
  #phase: Phase = 'opening';
  #early: JsonObject[] = [];
  #lastUpdateAt = 0;
  #takes: PromptCapabilities = { image: false, embeddedContext: false };
  agentSessionId: string | null = null;
  opened: AgentConversation['opened'] = 'new';
  model: string | null = null;

  static async open(
    program: Program,
    options: OpenOptions,
    listener: AgentListener,
  ): Promise<AcpConversation> {
    const conversation = new AcpConversation(program, listener);
    conversation.#connection = await AcpConnection.start(program, options.cwd, {
      updates: (params) => conversation.#read(params),
      permission: (params, signal) => conversation.#ask(params, signal),
    });
    options.onSpawn(conversation.pid);
    return conversation;
  }

  private constructor(program: Program, listener: AgentListener) {
    this.#program = program;
    this.#listener = listener;
  }

  get pid(): number {
    return this.#connection.pid;
  }

  get ended(): Promise<AgentEnd> {
    return this.#connection.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#withdrawQuestions();
    await this.#connection[Symbol.asyncDispose]();
  }

  // ---- opening ----

  /** Makes the agent ready: initialize, then its session, then mode and model. */
  async begin({ cwd, mode, model, resume }: OpenOptions): Promise<void> {
    const hello = await this.#request(call.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientInfo: { name: 'holdfast', title: 'Holdfast', version: '1' },
      // Agents read and write files themselves, where their own rules and the user's permissions hold.
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    });
    this.#connection.advice = loginAdvice(this.#program.name, hello['authMethods']);
    const capabilities = object(hello['agentCapabilities']);
    const takes = object(capabilities['promptCapabilities']);
    this.#takes = { image: takes['image'] === true, embeddedContext: takes['embeddedContext'] === true };
    const resumed = resume === null ? undefined : await this.#resume(resume, cwd, capabilities);
    const reply = resumed ?? (await this.#new(cwd));
    if (resume !== null) this.opened = resumed === undefined ? 'fallback' : 'resumed';
    const models = object(reply['models']); // The old way, which gemini, codex and qwen still use.
    this.model = configValue(reply['configOptions'], 'model') ?? word(models['currentModelId']) ?? null;
    const offer = readModeOffer(reply);
    await this.#setMode(mode, offer);
    if (model !== null) await this.#setModel(model, offer);
  }

  async #new(cwd: string): Promise<JsonObject> {
    this.agentSessionId = null;
    this.#phase = 'opening';
    const reply = await this.#request(call.session.new, { cwd, mcpServers: [] });
    const sessionId = word(reply['sessionId']);
    if (sessionId === undefined) {
      throw new AgentError(
        'agent.failed',
        `${this.#program.name} opened a session without naming it: update it.`,
      );
    }
    this.#nameSession(sessionId, 'ready');
    return reply;
  }

  /** The agent's own memory, if it has one and still knows the session. Undefined: it does not. */
  async #resume(sessionId: string, cwd: string, capabilities: JsonObject): Promise<JsonObject | undefined> {
    const canResume = isObject(object(capabilities['sessionCapabilities'])['resume']);
    if (!canResume && capabilities['loadSession'] !== true) return undefined;
    this.#nameSession(sessionId, 'replaying');
    try {
      const method = canResume ? call.session.resume : call.session.load;
      const reply = await this.#request(method, { sessionId, cwd, mcpServers: [] });
      if (!canResume) await this.#replayEnd();
      return reply;
    } catch (error) {
      // A session that the agent has lost is no reason to refuse a person: it goes on without the memory.
      if (error instanceof AgentError && error.code === 'agent.auth') throw error;
      return undefined;
    }
  }

  async #replayEnd(): Promise<void> {
    const start = performance.now();
    this.#lastUpdateAt = start;
    const timing = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - this.#lastUpdateAt >= REPLAY_QUIET_MS || now - start >= REPLAY_LIMIT_MS) timing.resolve();
    }, REPLAY_QUIET_MS / 5);
    await Promise.race([timing.promise, this.ended]);
    clearInterval(timer);
  }

  async #setMode(mode: Mode, offer: ModeOffer): Promise<void> {
    const sessionId = this.agentSessionId;
    const change = chooseMode(mode, offer);
    if (change.type === 'mode')
      await this.#request(call.session.setMode, { sessionId, modeId: change.modeId });
    if (change.type === 'option') {
      const { configId, value } = change;
      await this.#request(call.session.setConfigOption, { sessionId, configId, value });
    }
    if (change.type === 'unsupported') {
      const offered = offer.modes.length === 0 ? 'none' : offer.modes.join(', ');
      throw new AgentError(
        'mode.unsupported',
        `${this.#program.name} offers nothing that the mode "${mode}" could mean (its modes: ${offered}). Choose "ask".`,
      );
    }
  }

  async #setModel(model: string, { options }: ModeOffer): Promise<void> {
    if (model === this.model) return;
    const option = options.find(({ category }) => category === 'model');
    if (option === undefined || !option.values.includes(model)) {
      const offered = option === undefined ? 'it offers no choice' : `it offers ${option.values.join(', ')}`;
      throw new AgentError('agent.failed', `${this.#program.name} has no model "${model}": ${offered}.`);
    }
    const sessionId = this.agentSessionId;
    await this.#request(call.session.setConfigOption, { sessionId, configId: option.id, value: model });
    this.model = model;
  }

  #request(method: string, params: object): Promise<JsonObject> {
    return this.#connection.request(method, params, 'at start');
  }

  describeSilence(seconds: number): string {
    return this.#connection.describeSilence(seconds);
  }

  // ---- turns ----

  async prompt(message: Message): Promise<TurnEnd> {
    if (this.#phase === 'turn') throw new Error('a turn is running: one prompt at a time');
    const prompt = promptBlocks(message, this.#takes, this.#program.name);
    // The cards of a replay are in the log already, in the state in which they really ended.
    if (this.#phase === 'replaying') this.#tools = new ToolCards();
    this.#phase = 'turn';
    try {
      const params = { sessionId: this.agentSessionId, prompt };
      const reply = await this.#connection.request(
        call.session.prompt,
        params,
        'in the middle of its answer',
      );
      const usage = reply['usage'] ?? object(reply['_meta'])['quota']; // The second is gemini's.
      const stopReason = word(reply['stopReason']) ?? 'end_turn';
      return usage === undefined || usage === null ? { stopReason } : { stopReason, usage: bounded(usage) };
    } finally {
      this.#phase = 'ready';
      this.#withdrawQuestions();
      this.#tell(this.#tools.endTurn());
    }
  }

  cancel(): void {
    if (this.#phase !== 'turn') return;
    this.#connection.notify(call.session.cancel, { sessionId: this.agentSessionId });
    // gemini does not end its turn before its open question is answered.
    this.#withdrawQuestions();
  }

  // ---- what the agent says ----

  #nameSession(sessionId: string, phase: Phase): void {
    this.agentSessionId = sessionId;
    this.#phase = phase;
    const early = this.#early;
    this.#early = [];
    this.#read(early);
  }

  #read(batch: readonly JsonObject[]): void {
    this.#lastUpdateAt = performance.now();
    const updates: AgentUpdate[] = [];
    for (const params of batch) {
      if (this.agentSessionId === null) {
        if (this.#early.length < EARLY_LIMIT) this.#early.push(params);
      } else if (params['sessionId'] === this.agentSessionId) {
        updates.push(...readUpdate(params['update'], this.#tools));
      }
    }
    this.#tell(this.#phase === 'replaying' ? updates.filter((update) => !isConversation(update)) : updates);
  }

  #tell(updates: readonly AgentUpdate[]): void {
    for (const update of updates) if (update.type === 'model') this.model = update.model;
    if (updates.length > 0) this.#listener.updates(updates);
  }

  async #ask(params: JsonObject, takenBack: AbortSignal): Promise<JsonObject> {
    const asked = params['sessionId'] === this.agentSessionId ? this.#tools.ask(params) : undefined;
    if (asked === undefined || this.#phase !== 'turn') return CANCELLED;
    this.#tell(asked.updates);
    const withdrawn = new AbortController();
    this.#questions.add(withdrawn);
    try {
      const signal = AbortSignal.any([takenBack, withdrawn.signal]);
      const optionId = await Promise.race([
        this.#listener.permission(asked.question, signal),
        aborted(signal),
      ]);
      return optionId === undefined ? CANCELLED : { outcome: { outcome: 'selected', optionId } };
    } finally {
      this.#questions.delete(withdrawn);
    }
  }

  #withdrawQuestions(): void {
    for (const question of this.#questions) question.abort();
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** How to speak ACP with a program. `startLimitMs` is how long it may take until it can be prompted. */
export const acpDriver = (program: Program, startLimitMs = START_LIMIT_MS): AgentDriver => ({
  async open(options, listener, signal) {
    signal.throwIfAborted();
    const conversation = await AcpConversation.open(program, options, listener);
    const limit = AbortSignal.timeout(startLimitMs);
    const stop = AbortSignal.any([signal, limit]);
    // Ending the process makes the request that waits for it reject.
    const end = (): void => void conversation[Symbol.asyncDispose]();
    stop.addEventListener('abort', end);
    if (stop.aborted) end();
    try {
      await conversation.begin(options);
      signal.throwIfAborted();
      return conversation;
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      signal.throwIfAborted();
      if (limit.aborted)
        throw new AgentError('agent.failed', conversation.describeSilence(startLimitMs / 1000), error);
      throw error;
    } finally {
      stop.removeEventListener('abort', end);
    }
  },
});
