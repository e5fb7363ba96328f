// A session at work: takes its prompts one after another, drives its agent, and lets questions wait for people.
import type {
  AgentConversation,
  AgentListener,
  AgentUpdate,
  Answer,
  OpenOptions,
  Question,
} from '../agents/agent.ts';
import { withHistory } from '../core/history.ts';
import { statusOf, type SessionFacts } from '../core/session.ts';
import type { Message, PermissionId, PromptId } from '../protocol/index.ts';
import { endTurn, outcomeOfStop, takePrompt, writeEarlier, type TurnOutcome } from '../store/conversation.ts';
import type { LogOf } from '../store/log.ts';
import type { StoredPrompt } from '../store/queue.ts';
import { make, type Change } from './changes.ts';
import { compactLong } from './compacting.ts';
import { earlierTurns } from './earlier.ts';
import { asProblem, DAMAGED, describeFailure, unswapped } from './failures.ts';
import { FULL_DISK_MS, isFullDisk, persist } from './persist.ts';
import { Questions } from './questions.ts';
import { Rest } from './rest.ts';
import type { Surroundings } from './surroundings.ts';
import { Transcriber, type Said } from './transcriber.ts';

/** How long an agent may take to stop by itself before it is ended. */
export const CANCEL_GRACE_MS = 5_000;
/** How much of the log, in stored events, is looked through for an agent that has lost its memory. */
const HISTORY_EVENTS = 400;

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
  readonly #questions: Questions;
  readonly #transcriber = new Transcriber();
  readonly #rest: Rest;
  #facts: SessionFacts = { agent: 'none', inTurn: false, openPermissions: 0 };
  #conversation: AgentConversation | undefined;
  #starting:
    { readonly abort: AbortController; readonly conversation: Promise<AgentConversation> } | undefined;
  /** The agent remembers nothing of what is in the log: the next prompt takes it along. */
  #owesHistory = false;
  #turn: Turn | undefined;
  #taking: Promise<StoredPrompt | undefined> | undefined;
  #working: Promise<void> | undefined;
  #wokenAgain = false;

  constructor(log: LogOf, world: Surroundings) {
    this.#log = log;
    this.#world = world;
    this.#questions = new Questions(log, world, (openPermissions) => this.#note({ openPermissions }));
    this.#rest = new Rest(world.clock, world.idleAgentMs, () => this.#endIdleAgent());
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
    this.#wokenAgain = false;
    this.#working = this.#work()
      .catch((error: unknown) => {
        this.#world.logger.error({ err: error, sessionId: this.#log.sessionId }, 'session loop');
        // What waits goes on when there is room, with nobody asking for it.
        if (isFullDisk(error)) this.#world.clock.after(FULL_DISK_MS, () => this.wake());
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#wokenAgain) this.wake();
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
    const { session } = this.#world.store.sessions.get(this.#log.sessionId);
    if (agentSessionId !== undefined && agentSessionId !== session.agentSessionId) {
      await this.interrupt();
      // The next prompt of the queue, which comes now, waits for the agent of that conversation.
      await this.#rest.leave(this.#changeOver(agentSessionId));
    }
    const { opened } = await asProblem(this.#ready());
    return { fallback: opened === 'fallback' };
  }

  async #changeOver(agentSessionId: string): Promise<void> {
    const { store } = this.#world;
    await this.#started();
    await this.#conversation?.[Symbol.asyncDispose]();
    await store.synced(() => store.sessions.change(this.#log, { agentSessionId }));
  }

  /** Starts the agent with a fork of its own session `from`. Throws agent.unable or agent.failed. */
  async fork(from: string): Promise<void> {
    await asProblem(this.#ready({ resume: from, fork: true }));
  }

  /** Changes the agent, if it runs. Throws mode.unsupported, model.unsupported, option.unsupported or agent.failed. */
  async configure(change: Change): Promise<void> {
    await this.#rest.interrupt();
    // An agent that is being started was given the settings from before this change.
    const conversation = this.#conversation ?? (await this.#started());
    if (conversation === undefined) return;
    this.#rest.begin();
    await make(change, conversation, this.#world.clock);
  }

  /** Stops the running turn, if it is of the prompt that is named; resolves when it has ended. False: none was running. */
  async interrupt(only?: PromptId): Promise<boolean> {
    // A prompt that is being taken counts as running for everybody else.
    await this.#taking?.catch(() => undefined);
    const turn = this.#turn;
    if (turn === undefined || (only ?? turn.prompt.promptId) !== turn.prompt.promptId) return false;
    await this.#stopTurn(turn, 'person', CANCEL_GRACE_MS);
    return true;
  }

  /** Hands an answer to the agent that waits for it. */
  answer(permissionId: PermissionId, answer: Answer): void {
    this.#questions.answer(permissionId, answer);
  }

  /** Ends turn and agent, all its processes included. The prompt that ran is uncertain, but for a person who wants none of it. */
  async close(why: 'person' | 'gateway' = 'gateway'): Promise<void> {
    this.#end.abort();
    const turn = this.#turn;
    if (turn !== undefined) await this.#stopTurn(turn, why, 0);
    await this.#started();
    await this.#conversation?.[Symbol.asyncDispose]();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { store, clock } = this.#world;
    while (!this.#end.signal.aborted && !this.#world.isDraining()) {
      this.#taking = store.synced(() => takePrompt(store, this.#log.sessionId, clock.now()));
      const prompt = await this.#taking;
      // Whoever drained meanwhile waits for no turn of it: taken and not handed over, it runs with the next start.
      if (prompt === undefined || this.#world.isDraining()) return this.#rest.begin();
      await this.#runTurn(prompt);
    }
  }

  async #runTurn(prompt: StoredPrompt): Promise<void> {
    const { store, clock } = this.#world;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { prompt, firstSeq: store.log.firstOfTurn(this.#log), over, stopping: undefined };
    this.#turn = turn;
    this.#transcriber.closeMessage();
    this.#questions.tidy();
    // Counts from the agent's next state on: an agent that starts for a turn is never shown as idle in between.
    this.#facts = { ...this.#facts, inTurn: true };
    try {
      const outcome = await this.#attempt(turn);
      this.#questions.endTurn();
      await compactLong(this.#world, this.#log, turn.firstSeq);
      const end = (): void => {
        endTurn(store, this.#log, { ...turn, promptId: prompt.promptId }, outcome, clock.now());
        this.#note({ inTurn: false });
      };
      await persist(this.#world, { sessionId: this.#log.sessionId }, end, this.#end.signal);
      // Whoever asked for something meanwhile is told that it was too late.
      this.#questions.endTurn();
    } finally {
      this.#turn = undefined;
      resolve();
    }
  }

  async #attempt(turn: Turn): Promise<TurnOutcome> {
    const { store } = this.#world;
    const { promptId, isDamaged } = turn.prompt;
    if (isDamaged) return { how: 'failed', ...DAMAGED };
    const stopping = () => turn.stopping ?? (this.#end.signal.aborted ? 'gateway' : undefined);
    let handed = false;
    const stopped = (): TurnOutcome | undefined => outcomeOfStop(stopping(), handed);
    try {
      const conversation = await this.#ready();
      const stoppedAtStart = stopped();
      if (stoppedAtStart !== undefined) return stoppedAtStart;
      // From here on nobody can say whether the agent had it; this must be on disk before it can be true.
      await store.synced(() => {
        store.queue.markHanded(promptId);
        this.#note({ inTurn: true });
      });
      const stoppedMeanwhile = stopped();
      if (stoppedMeanwhile !== undefined) return stoppedMeanwhile;
      handed = true;
      const end = await conversation.prompt(this.#completed(turn));
      this.#owesHistory = false;
      if (end.stopReason === 'cancelled') return stopped() ?? { how: 'cancelled' };
      return stopped() ?? { how: 'done', ...end, agentSessionId: conversation.agentSessionId };
    } catch (error) {
      return stopped() ?? { how: 'failed', ...describeFailure(error, this.#world.logger) };
    }
  }

  /** What the agent is given: the prompt, and the conversation so far when it does not remember that. */
  #completed({ prompt, firstSeq }: Turn): Message {
    if (!this.#owesHistory) return prompt.message;
    const { messages } = this.#world.store.log.page(this.#log, firstSeq, HISTORY_EVENTS);
    return withHistory(messages, prompt.message);
  }

  /** The agent, started if it does not run. */
  async #ready(from: Partial<OpenOptions> = {}): Promise<AgentConversation> {
    await this.#rest.interrupt();
    if (this.#conversation !== undefined) return this.#conversation;
    if (this.#starting === undefined) {
      const abort = new AbortController();
      const conversation = this.#start(abort.signal, from).finally(() => (this.#starting = undefined));
      this.#starting = { abort, conversation };
    }
    return this.#starting.conversation;
  }

  /** The agent that is being started, once it is; undefined: there is none, or it did not come about. */
  async #started(): Promise<AgentConversation | undefined> {
    return this.#starting?.conversation.catch(() => undefined);
  }

  async #start(signal: AbortSignal, from: Partial<OpenOptions>): Promise<AgentConversation> {
    const { store, logger } = this.#world;
    const { session } = store.sessions.get(this.#log.sessionId);
    const tools = this.#world.lendTools(session.sessionId);
    try {
      store.written(() => this.#note({ agent: 'starting' }));
      const driver = this.#world.findAgent(session.agent);
      const { agentSessionId: resume } = session;
      const conversation = await driver.open(
        {
          cwd: unswapped(session.path),
          mode: session.mode,
          model: session.model,
          options: store.offers.chosen(this.#log),
          resume,
          tellEarlier: resume !== null && from.fork !== true && store.log.isStrangeTo(this.#log, resume),
          tools: tools.servers,
          ...from,
          onSpawn: (pid) => this.#remember(pid),
        },
        this.#listener,
        AbortSignal.any([signal, this.#end.signal]),
      );
      this.#conversation = conversation;
      void conversation.ended
        .then((end) => {
          tools[Symbol.dispose]();
          this.#agentEnded(conversation, end.detail);
        })
        .catch((err: unknown) => logger.error({ err, sessionId: session.sessionId }, 'agent ended'));
      this.#opened(conversation);
      this.#rest.begin();
      return conversation;
    } catch (error) {
      tools[Symbol.dispose]();
      // It runs, but that could not be written down: the next agent would not find this one's conversation.
      await this.#conversation?.[Symbol.asyncDispose]();
      store.written(() => {
        store.processes.removeOf(this.#log);
        this.#note({ agent: signal.aborted || this.#end.signal.aborted ? 'none' : 'failed' });
      });
      throw error;
    }
  }

  /** Writes down which session of its own the agent has opened, and what it tells of it. */
  #opened(conversation: AgentConversation): void {
    const { store, clock } = this.#world;
    const { agentSessionId, model, opened } = conversation;
    this.#owesHistory =
      opened === 'fallback' || (opened === 'resumed' && store.log.isUntold(this.#log, agentSessionId));
    const told = conversation.takeEarlier?.() ?? [];
    store.written(() => {
      store.sessions.change(this.#log, { agentSessionId });
      // If the prompt came first, the earlier conversation would stand below it and look like its answer.
      if (opened === 'resumed' && told.length > 0 && this.#turn === undefined) {
        const from = { head: store.log.head(this.#log), agentSessionId, newId: () => clock.newId() };
        writeEarlier(store, this.#log, earlierTurns(told, from), clock.now());
      }
      const subtype = opened === 'new' ? 'init' : this.#owesHistory ? 'fallback' : opened;
      store.log.append(this.#log, clock.now(), [
        { type: 'system', subtype, session_id: agentSessionId, model },
      ]);
      this.#note({ agent: 'ready' });
    });
  }

  async #stopTurn(turn: Turn, why: 'person' | 'gateway', grace: number): Promise<void> {
    turn.stopping ??= why;
    this.#starting?.abort.abort();
    const conversation = this.#conversation;
    this.#questions.end(why);
    conversation?.cancel();
    const end = () => void (conversation && this.#rest.leave(conversation[Symbol.asyncDispose]()));
    const calm = this.#world.clock.after(grace, end);
    await turn.over;
    calm();
  }

  readonly #listener: AgentListener = {
    updates: (updates) => {
      if (updates.length > 0)
        this.#transcriber.written(this.#world.store.written(() => this.#listen(updates)));
    },
    permission: (question, signal) => this.#ask(question, signal),
  };

  #listen(updates: readonly AgentUpdate[]): Said {
    const { store, clock } = this.#world;
    const said = this.#transcriber.read(updates, store.log.head(this.#log));
    if (said.title !== undefined) store.sessions.setTitle(this.#log, said.title, 'agent');
    if (said.offers !== undefined) store.offers.change(this.#log, said.offers);
    const { usage, step } = said;
    store.sessions.change(this.#log, {
      ...(usage === undefined ? {} : { usage }),
      ...(step === undefined ? {} : { step }),
    });
    if (said.bodies.length > 0) {
      const now = clock.now();
      const before = store.log.head(this.#log);
      const bytes = store.log.append(this.#log, now, said.bodies);
      store.retention.grown(this.#log, { before, bytes }, now);
    }
    return said;
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    if (this.#turn?.stopping !== undefined) return undefined;
    this.#transcriber.closeMessage();
    const answer = await this.#questions.ask(question, signal, this.#turn?.prompt.promptId);
    if (this.#turn === undefined) this.#rest.begin(); // While it was open, its agent could not be ended.
    return answer;
  }

  #endIdleAgent(): PromiseLike<void> | undefined {
    const conversation = this.#conversation;
    if (conversation === undefined || this.#turn !== undefined || this.#facts.openPermissions > 0) return;
    this.#world.logger.info({ sessionId: this.#log.sessionId, pid: conversation.pid }, 'agent idle: ended');
    return conversation[Symbol.asyncDispose]();
  }

  #agentEnded(conversation: AgentConversation, detail: string): void {
    if (this.#conversation !== conversation) return;
    const { store, logger } = this.#world;
    this.#conversation = undefined;
    this.#questions.withdrawAll();
    logger.info({ sessionId: this.#log.sessionId, pid: conversation.pid, detail }, 'agent ended');
    store.written(() => {
      store.processes.removeOf(this.#log);
      if (store.sessions.find(this.#log.sessionId) !== undefined) this.#note({ agent: 'none' });
    });
  }

  #remember(pid: number): void {
    const { store, logger } = this.#world;
    try {
      const startTime = this.#world.startTime(pid);
      if (startTime !== undefined) store.written(() => store.processes.add(this.#log, { pid, startTime }));
    } catch (err) {
      // Aborting it in the middle of its start would leave a process that nobody ends.
      logger.error({ err, sessionId: this.#log.sessionId, pid }, 'agent');
    }
  }

  /** Takes note of a fact and, if the status follows, writes it down. Inside a transaction, which may run twice. */
  #note(news: Partial<SessionFacts>): void {
    const { store, clock } = this.#world;
    this.#facts = { ...this.#facts, ...news };
    const status = statusOf(this.#facts);
    if ((store.sessions.find(this.#log.sessionId)?.session.status ?? status) === status) return;
    store.sessions.change(this.#log, { status });
    store.log.append(this.#log, clock.now(), [{ type: 'status', status }]);
  }
}
