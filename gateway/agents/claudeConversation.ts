// A conversation with a plain `claude`: its turns, its questions, and the changes of mode and model.
import { randomUUID } from 'node:crypto';
import { withoutUndefined } from '../language.ts';
import type { Choosable, Message, Mode } from '../protocol/index.ts';
import {
  AgentError,
  type AgentConversation,
  type AgentEnd,
  type AgentListener,
  type OpenOptions,
  type TurnEnd,
} from './agent.ts';
import { formOptions } from './acpForm.ts';
import { ToolCards } from './acpTools.ts';
import { command } from './acpUpdates.ts';
import { Asking } from './asking.ts';
import { ClaudeConnection } from './claudeConnection.ts';
import { permissionAnswer, permissionOptions, questionsAnswer, questionsForm } from './claudeQuestions.ts';
import { toolCard } from './claudeTools.ts';
import { turnEnd, userLine } from './claudeTurn.ts';
import { writeServersFile } from './claudeServers.ts';
import { ClaudeReader } from './claudeUpdates.ts';
import { endedError } from './ending.ts';
import { list, object, text, word, type JsonObject } from './json.ts';
import type { Program } from './process.ts';
import { Teller } from './teller.ts';

/** It refuses to start with this as root, unless it is told that it is in a sandbox. */
const mayBypass = ({ env }: Program): boolean => process.getuid?.() !== 0 || 'IS_SANDBOX' in env;

const argumentsFor = (program: Program, model: string | null, session: readonly string[]): string[] => [
  ...program.args,
  '-p',
  ...['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
  '--include-partial-messages',
  ...['--permission-prompt-tool', 'stdio', '--permission-mode', 'default'],
  // Allows to change to that mode later; it does not choose it.
  ...(mayBypass(program) ? ['--allow-dangerously-skip-permissions'] : []),
  ...(model === null ? [] : ['--model', model]),
  ...session,
];

/** What our modes are called, the closest in meaning first. `auto` lets a classifier decide instead of a person. */
const MODES: Record<Mode, readonly string[]> = {
  auto: ['bypassPermissions', 'auto'],
  code: ['acceptEdits'],
  plan: ['plan'],
  ask: ['default'],
};

interface Turn {
  readonly uuid: string;
  readonly end: PromiseWithResolvers<TurnEnd>;
  /** Another turn, which Claude has begun by itself, comes first: its result is not ours. */
  waits: boolean;
  isCancelled: boolean;
}

export class ClaudeConversation implements AgentConversation {
  readonly #name: string;
  readonly #asking: Asking;
  readonly #teller: Teller;
  readonly #tools = new ToolCards();
  readonly #reader = new ClaudeReader(this.#tools);
  #connection!: ClaudeConnection; // Set by start() before anything else can happen.
  #turn: Turn | undefined;
  agentSessionId: string;
  opened: AgentConversation['opened'] = 'new';
  /** It said that it does not know the session that it was to resume. */
  isLost = false;

  static async start(
    program: Program,
    options: OpenOptions,
    listener: AgentListener,
    resume: string | null,
  ): Promise<ClaudeConversation> {
    const isFork = resume !== null && options.fork === true;
    const sessionId = resume === null || isFork ? randomUUID() : resume;
    const conversation = new ClaudeConversation(program.name, sessionId, listener);
    const session = [
      ...(resume === null ? [] : ['--resume', resume]),
      ...(isFork ? ['--fork-session'] : []),
      ...(resume === null || isFork ? ['--session-id', sessionId] : []),
    ];
    const servers = writeServersFile(options.tools);
    const args = argumentsFor(program, options.model, [...session, ...servers.args]);
    try {
      conversation.#connection = await ClaudeConnection.start({ ...program, args }, options.cwd, {
        lines: (lines) => conversation.#read(lines),
        permission: (request, signal) => conversation.#ask(request, signal),
      });
    } catch (error) {
      servers[Symbol.dispose]();
      throw error;
    }
    void conversation.ended.then((end) => {
      servers[Symbol.dispose]();
      conversation.#agentEnded(end);
    });
    options.onSpawn(conversation.pid);
    return conversation;
  }

  private constructor(name: string, sessionId: string, listener: AgentListener) {
    this.#name = name;
    this.agentSessionId = sessionId;
    this.#asking = new Asking(listener);
    this.#teller = new Teller(listener, () => void this[Symbol.asyncDispose]());
  }

  get pid(): number {
    return this.#connection.process.pid;
  }

  get ended(): Promise<AgentEnd> {
    return this.#connection.process.ended;
  }

  get model(): string | null {
    return this.#reader.model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#asking.end();
    await this.#connection[Symbol.asyncDispose]();
  }

  /** Resolves when it is ready. Without this request it says nothing before the first prompt. */
  async initialize(mode: Mode): Promise<void> {
    const hello = await this.#connection.request({ subtype: 'initialize', hooks: null });
    const commands = list(hello['commands']).flatMap(command);
    if (commands.length > 0) this.#teller.tell([{ type: 'commands', commands }]);
    const models = list(hello['models']).flatMap(offeredModel);
    // Whether it may switch to each of them only asking can tell; a refusal is an error where it is chosen.
    this.#teller.tell([{ type: 'offers', offers: { modes: ['ask', 'plan', 'code', 'auto'], models } }]);
    if (mode !== 'ask') await this.setMode(mode);
  }

  describeSilence(seconds: number): string {
    const said = this.#connection.process.lastWords;
    return `${this.#name} did not answer within ${seconds} seconds.${said === '' ? '' : `\n${said}`}`;
  }

  async setMode(mode: Mode): Promise<void> {
    let refusal: unknown;
    for (const name of MODES[mode]) {
      try {
        await this.#connection.request({ subtype: 'set_permission_mode', mode: name });
        return;
      } catch (error) {
        refusal = error;
      }
    }
    throw refused('mode.unsupported', refusal);
  }

  setOption(optionId: string): Promise<void> {
    return Promise.reject(new AgentError('option.unsupported', `${this.#name} has no option "${optionId}".`));
  }

  async setModel(model: string): Promise<void> {
    try {
      await this.#connection.request({ subtype: 'set_model', model });
    } catch (error) {
      throw refused('model.unsupported', error);
    }
  }

  // ---- turns ----

  async prompt(message: Message): Promise<TurnEnd> {
    if (this.#turn !== undefined) throw new Error('a turn is running: one prompt at a time');
    const end = Promise.withResolvers<TurnEnd>();
    const turn: Turn = { uuid: randomUUID(), end, waits: false, isCancelled: false };
    this.#turn = turn;
    this.#connection.process.setInTurn(true);
    this.#asking.turn(true);
    this.#connection.send(userLine(message, turn.uuid));
    try {
      return await turn.end.promise;
    } finally {
      this.#turn = undefined;
      this.#connection.process.setInTurn(false);
      this.#asking.turn(false);
      this.#teller.tell(this.#tools.endTurn());
    }
  }

  cancel(): void {
    if (this.#turn === undefined) return;
    this.#turn.isCancelled = true;
    this.#interrupt();
    this.#asking.turn(true);
  }

  /** Its end is told by the turn's result; one that fails leaves the turn to whoever asked, who ends the agent. */
  #interrupt(): void {
    this.#connection.request({ subtype: 'interrupt' }).catch(() => {});
  }

  // ---- what Claude says ----

  #read(lines: readonly JsonObject[]): void {
    this.#teller.tell(lines.flatMap((line) => this.#reader.read(line)));
    if (this.#teller.failure !== undefined) return; // Its end fails the turn, of which something is missing.
    for (const line of lines) {
      const turn = this.#turn;
      if (line['type'] === 'system' && line['subtype'] === 'init') {
        this.agentSessionId = word(line['session_id']) ?? this.agentSessionId;
      } else if (line['type'] === 'command_lifecycle') {
        if (turn !== undefined && line['command_uuid'] === turn.uuid) this.#isNow(turn, line['state']);
      } else if (line['type'] === 'result') {
        if (turn === undefined) this.isLost ||= line['is_error'] === true;
        else if (!turn.waits) settle(turn, turnEnd(this.#name, line));
      }
    }
  }

  #isNow(turn: Turn, state: unknown): void {
    turn.waits = state === 'queued';
    // An interrupt that came before it had begun has stopped nothing, or another turn.
    if (turn.isCancelled && state === 'started') this.#interrupt();
  }

  #agentEnded(end: AgentEnd): void {
    const { failure } = this.#teller;
    this.#turn?.end.reject(
      failure === undefined ? endedError(this.#name, 'in the middle of its answer', end) : failure.cause,
    );
  }

  // ---- what Claude asks ----

  /** A question that Claude took back, or that an interrupt is about to end, wants no answer. */
  async #ask(request: JsonObject, takenBack: AbortSignal): Promise<JsonObject | undefined> {
    const input = object(request['input']);
    const name = text(request['tool_name']) ?? '';
    const card = toolCard(text(request['tool_use_id']) ?? randomUUID(), name, input);
    const asked = this.#tools.ask({ toolCall: card, options: permissionOptions(request) });
    if (asked === undefined) throw new Error('unreachable: the card has an id, and there are options');
    this.#teller.tell(asked.updates);
    const questions = name === 'AskUserQuestion' ? questionsForm(input) : undefined;
    const question =
      questions === undefined ? asked.question : { ...asked.question, ...questions, options: formOptions };
    const answer = await this.#asking.ask(question, takenBack);
    if (answer === undefined) return undefined;
    return questions === undefined
      ? permissionAnswer(request, answer.optionId)
      : questionsAnswer(input, answer);
  }
}

const offeredModel = (raw: unknown): Choosable[] => {
  const { value, displayName, description } = object(raw);
  const id = word(value);
  if (id === undefined) return [];
  return [withoutUndefined({ value: id, name: word(displayName) ?? id, description: word(description) })];
};

const settle = ({ end }: Turn, how: TurnEnd | AgentError): void => {
  if (how instanceof AgentError) end.reject(how);
  else end.resolve(how);
};

/** What a refused change is to whoever asked for it; that the process ended is no refusal. */
const refused = (code: string, error: unknown): unknown =>
  error instanceof AgentError && error.code === 'agent.refused'
    ? new AgentError(code, error.message, error)
    : error;
