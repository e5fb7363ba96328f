// A session at work: takes its prompts one after another, drives its agent, and lets questions wait for people.
import {
  AgentError,
  type AgentConversation,
  type AgentDriver,
  type AgentListener,
  type AgentUpdate,
  type Question,
} from '../agents/agent.ts';
import { withHistory } from '../core/history.ts';
import { place, type OpenMessage } from '../core/log.ts';
import { statusOf, type SessionFacts } from '../core/session.ts';
import {
  PermissionId,
  Problem,
  type AgentId,
  type EventBody,
  type Message,
  type Mode,
} from '../protocol/index.ts';
import {
  askPermission,
  endTurn,
  takePrompt,
  withdrawPermission,
  type TurnOutcome,
} from '../store/conversation.ts';
import type { LogOf } from '../store/log.ts';
import { digestOf } from '../store/permission.ts';
import type { StoredPrompt } from '../store/queue.ts';
import type { SessionChange } from '../store/session.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';

/** How long an agent may take to stop by itself before it is ended. */
export const CANCEL_GRACE_MS = 5_000;
/** How much of the log, in stored events, is looked through for an agent that has lost its memory. */
const HISTORY_EVENTS = 400;

export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What a session at work needs of the world. */
export interface Surroundings {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws the problem agent.unknown or agent.missing. */
  readonly findAgent: (agent: AgentId) => AgentDriver;
  /** What tells a process from a later one with the same pid; undefined when it is gone. */
  readonly startTime: (pid: number) => string | undefined;
  /** No new turn may start. */
  readonly isDraining: () => boolean;
}

interface Turn {
  readonly prompt: StoredPrompt;
  readonly firstSeq: number;
  readonly over: Promise<void>;
  /** Why it is being stopped, if it is. */
  stopping: 'person' | 'gateway' | undefined;
}

export class LiveSession {
  readonly #log: LogOf;
  readonly #world: Surroundings;
  readonly #end = new AbortController();
  readonly #questions = new Map<PermissionId, (optionId: string | undefined) => void>();
  #facts: SessionFacts = { agent: 'none', inTurn: false, openPermissions: 0 };
  #status: string;
  #conversation: AgentConversation | undefined;
  #starting:
    { readonly abort: AbortController; readonly conversation: Promise<AgentConversation> } | undefined;
  /** The agent remembers nothing of what is in the log: the next prompt takes it along. */
  #owesHistory = false;
  #turn: Turn | undefined;
  #openMessage: OpenMessage | undefined;
  #working: Promise<void> | undefined;
  #wokenAgain = false;

  constructor(log: LogOf, status: string, world: Surroundings) {
    this.#log = log;
    this.#status = status;
    this.#world = world;
  }

  get pid(): number | undefined {
    return this.#conversation?.pid;
  }

  /** Looks for work. Call it whenever there may be some. */
  wake(): void {
    if (this.#end.signal.aborted) return;
    if (this.#working !== undefined) {
      this.#wokenAgain = true;
      return;
    }
    this.#working = this.#work()
      .catch((error: unknown) =>
        this.#world.logger.error({ err: error, sessionId: this.#log.sessionId }, 'session loop'),
      )
      .finally(() => {
        this.#working = undefined;
        if (!this.#wokenAgain) return;
        this.#wokenAgain = false;
        this.wake();
      });
  }

  /** Whether a turn runs now. */
  get isInTurn(): boolean {
    return this.#turn !== undefined;
  }

  /** Resolves when the turn that runs now, if any, has ended. */
  async settled(): Promise<void> {
    await this.#turn?.over;
  }

  /** Starts the agent if it does not run; answers whether it has lost its memory of the conversation. */
  async resume(agentSessionId: string | undefined): Promise<{ fallback: boolean }> {
    const { store } = this.#world;
    if (
      agentSessionId !== undefined &&
      agentSessionId !== store.sessions.get(this.#log.sessionId).session.agentSessionId
    ) {
      await this.interrupt();
      await this.#conversation?.[Symbol.asyncDispose]();
      await store.synced(() => store.sessions.change(this.#log, { agentSessionId }));
    }
    const { opened } = await asProblem(this.#ready());
    return { fallback: opened === 'fallback' };
  }

  /** Changes mode or model of the agent, if it runs. Throws mode.unsupported, model.unsupported or agent.failed. */
  async configure(change: { readonly mode?: Mode; readonly model?: string }): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    if (change.mode !== undefined) await asProblem(conversation.setMode(change.mode));
    if (change.model !== undefined) await asProblem(conversation.setModel(change.model));
  }

  /** Stops the running turn and resolves when it has ended; false when none was running. */
  async interrupt(): Promise<boolean> {
    const turn = this.#turn;
    if (turn === undefined) return false;
    await this.#stopTurn(turn, 'person');
    return true;
  }

  /** Hands an answer to the agent that waits for it. */
  answer(permissionId: PermissionId, optionId: string): void {
    this.#questions.get(permissionId)?.(optionId);
  }

  /** Ends turn and agent, all its processes included, and works no more. The prompt that ran is uncertain. */
  async close(): Promise<void> {
    this.#end.abort();
    const turn = this.#turn;
    if (turn !== undefined) await this.#stopTurn(turn, 'gateway');
    await this.#conversation?.[Symbol.asyncDispose]();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock } = this.#world;
    while (!this.#end.signal.aborted && !this.#world.isDraining()) {
      const prompt = await store.synced(() => takePrompt(store, this.#log.sessionId, clock.now()));
      if (prompt === undefined) return;
      await this.#runTurn(prompt);
    }
  }

  async #runTurn(prompt: StoredPrompt): Promise<void> {
    const { store, clock } = this.#world;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { prompt, firstSeq: store.log.firstOfTurn(this.#log), over, stopping: undefined };
    this.#turn = turn;
    this.#openMessage = undefined;
    // Counts from the agent's next state on: an agent that starts for a turn is never shown as idle in between.
    this.#facts = { ...this.#facts, inTurn: true };
    const outcome = await this.#attempt(turn);
    this.#withdrawAll();
    await store.synced(() => {
      endTurn(store, this.#log, { promptId: prompt.promptId, firstSeq: turn.firstSeq }, outcome, clock.now());
      this.#note({ inTurn: false });
    });
    this.#turn = undefined;
    resolve();
  }

  async #attempt(turn: Turn): Promise<TurnOutcome> {
    const { store } = this.#world;
    const { promptId } = turn.prompt;
    try {
      const conversation = await this.#ready();
      if (turn.stopping !== undefined) return outcomeOfStop(turn.stopping);
      // From here on nobody can say whether the agent had it; this must be on disk before it can be true.
      await store.synced(() => {
        store.queue.markHanded(promptId);
        this.#note({ inTurn: true });
      });
      const end = await conversation.prompt(this.#completed(turn));
      this.#owesHistory = false;
      if (turn.stopping !== undefined) return outcomeOfStop(turn.stopping);
      if (end.stopReason === 'cancelled') return { how: 'cancelled' };
      return { how: 'done', ...end, agentSessionId: conversation.agentSessionId };
    } catch (error) {
      if (turn.stopping !== undefined) return outcomeOfStop(turn.stopping);
      return { how: 'failed', ...describe(error, this.#world.logger) };
    }
  }

  /** What the agent is given: the prompt, and the conversation so far when it does not remember that. */
  #completed({ prompt, firstSeq }: Turn): Message {
    if (!this.#owesHistory) return prompt.message;
    const { messages } = this.#world.store.log.page(this.#log, firstSeq, HISTORY_EVENTS);
    return withHistory(messages, prompt.message);
  }

  /** The agent, started if it does not run. */
  async #ready(): Promise<AgentConversation> {
    if (this.#conversation !== undefined) return this.#conversation;
    if (this.#starting === undefined) {
      const abort = new AbortController();
      const conversation = this.#start(abort.signal).finally(() => (this.#starting = undefined));
      this.#starting = { abort, conversation };
    }
    return this.#starting.conversation;
  }

  async #start(signal: AbortSignal): Promise<AgentConversation> {
    const { store, clock } = this.#world;
    const { session } = store.sessions.get(this.#log.sessionId);
    store.written(() => this.#note({ agent: 'starting' }));
    try {
      const driver = this.#world.findAgent(session.agent);
      const conversation = await driver.open(
        {
          cwd: session.path,
          mode: session.mode,
          model: session.model,
          resume: session.agentSessionId,
          onSpawn: (pid) => this.#remember(pid),
        },
        this.#listener,
        AbortSignal.any([signal, this.#end.signal]),
      );
      this.#conversation = conversation;
      void conversation.ended.then((end) => this.#agentEnded(conversation, end.detail));
      const { agentSessionId, model, opened } = conversation;
      this.#owesHistory = opened === 'fallback';
      store.written(() => {
        store.sessions.change(this.#log, { agentSessionId });
        const subtype = opened === 'new' ? 'init' : opened;
        store.log.append(this.#log, clock.now(), [
          { type: 'system', subtype, session_id: agentSessionId, model },
        ]);
        this.#note({ agent: 'ready' });
      });
      return conversation;
    } catch (error) {
      store.written(() => this.#note({ agent: signal.aborted ? 'none' : 'failed' }));
      throw error;
    }
  }

  async #stopTurn(turn: Turn, why: 'person' | 'gateway'): Promise<void> {
    turn.stopping ??= why;
    this.#starting?.abort.abort();
    const conversation = this.#conversation;
    this.#withdrawAll();
    conversation?.cancel();
    const grace = why === 'person' ? CANCEL_GRACE_MS : 0;
    const calm = this.#world.clock.after(grace, () => void conversation?.[Symbol.asyncDispose]());
    await turn.over;
    calm();
  }

  readonly #listener: AgentListener = {
    updates: (updates) => {
      if (updates.length === 0) return;
      const { store, clock } = this.#world;
      store.written(() => {
        const change = this.#append(updates, clock.now());
        store.sessions.change(this.#log, change);
      });
    },
    permission: (question, signal) => this.#ask(question, signal),
  };

  #append(updates: readonly AgentUpdate[], now: string): SessionChange {
    const { store } = this.#world;
    const bodies: EventBody[] = [];
    let change: SessionChange = {};
    const head = store.log.head(this.#log);
    for (const update of updates) {
      switch (update.type) {
        case 'message':
        case 'thought': {
          if (update.text === '') break;
          const { type: kind, text, key } = update;
          const placed = place(this.#openMessage, { kind, text, key }, head + bodies.length + 1);
          this.#openMessage = placed.open;
          bodies.push(placed.body);
          break;
        }
        case 'mode':
          bodies.push({ type: 'mode', mode: update.modeId });
          break;
        case 'title':
          store.sessions.setTitle(this.#log, update.title, 'agent');
          break;
        case 'usage': {
          const { type: _, ...usage } = update;
          change = { ...change, usage };
          bodies.push(update);
          break;
        }
        case 'tool_use':
        case 'plan':
          // These stand in the conversation: what the agent says next is a new message.
          this.#openMessage = undefined;
          bodies.push(update);
          break;
        case 'tool_update':
        case 'commands':
        // What the agent uses now; the session's own model is only what a person chose.
        case 'model':
          bodies.push(update);
          break;
      }
    }
    if (bodies.length > 0) store.log.append(this.#log, now, bodies);
    return change;
  }

  async #ask(question: Question, signal: AbortSignal): Promise<string | undefined> {
    const { store, clock } = this.#world;
    const { sessionId } = this.#log;
    const asked = { title: question.title, toolCall: question.toolCall, options: [...question.options] };
    const permissionId = PermissionId.parse(clock.newId());
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    if (this.#turn?.stopping !== undefined) return undefined;
    this.#questions.set(permissionId, resolve);
    this.#openMessage = undefined;
    await store.synced(() => {
      const now = clock.now();
      askPermission(
        store,
        this.#log,
        { permissionId, sessionId, ...asked, digest: digestOf(asked), createdAt: now },
        now,
      );
      this.#note({ openPermissions: this.#questions.size });
    });
    const withdraw = (): void => this.#withdraw(permissionId);
    signal.addEventListener('abort', withdraw, { once: true });
    if (signal.aborted) withdraw();
    const optionId = await promise;
    signal.removeEventListener('abort', withdraw);
    this.#questions.delete(permissionId);
    store.written(() => this.#note({ openPermissions: this.#questions.size }));
    return optionId;
  }

  #withdraw(permissionId: PermissionId): void {
    const { store, clock } = this.#world;
    store.written(() => withdrawPermission(store, this.#log, permissionId, clock.now()));
    this.#questions.get(permissionId)?.(undefined);
  }

  #withdrawAll(): void {
    for (const permissionId of this.#questions.keys()) this.#withdraw(permissionId);
  }

  #agentEnded(conversation: AgentConversation, detail: string): void {
    if (this.#conversation !== conversation) return;
    const { store, logger } = this.#world;
    this.#conversation = undefined;
    this.#withdrawAll();
    logger.info({ sessionId: this.#log.sessionId, pid: conversation.pid, detail }, 'agent ended');
    store.written(() => {
      store.processes.remove(conversation.pid);
      if (store.sessions.find(this.#log.sessionId) !== undefined) this.#note({ agent: 'none' });
    });
  }

  #remember(pid: number): void {
    const { store } = this.#world;
    const startTime = this.#world.startTime(pid);
    if (startTime !== undefined) store.written(() => store.processes.add(this.#log, { pid, startTime }));
  }

  /** Takes note of a fact and, if the status follows, writes it down. Inside a transaction. */
  #note(news: Partial<SessionFacts>): void {
    const { store, clock } = this.#world;
    this.#facts = { ...this.#facts, ...news };
    const status = statusOf(this.#facts);
    if (status === this.#status) return;
    this.#status = status;
    store.sessions.change(this.#log, { status });
    store.log.append(this.#log, clock.now(), [{ type: 'status', status }]);
  }
}

/** What an agent's failure is to somebody who called a method: a declared problem. */
async function asProblem<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { code, message } = error;
    const problem = code === 'mode.unsupported' || code === 'model.unsupported' ? code : 'agent.failed';
    throw new Problem(problem, message, { code }, error);
  }
}

const outcomeOfStop = (why: 'person' | 'gateway'): TurnOutcome =>
  why === 'person' ? { how: 'cancelled' } : { how: 'uncertain' };

function describe(error: unknown, logger: Logger): { code: string; message: string } {
  if (error instanceof AgentError) return { code: error.code, message: error.message };
  if (error instanceof Problem) return { code: error.problem, message: error.message };
  logger.error({ err: error }, 'turn');
  return {
    code: 'internal',
    message: 'Holdfast met a bug in this turn. Its log has the details; sending again is safe.',
  };
}
