// Any plain command as an agent: a prompt on its input, the answer on its output, one process for each prompt.
import type { ContentBlock, Message, Mode } from '../protocol/index.ts';
import {
  AgentError,
  type AgentConversation,
  type AgentDriver,
  type AgentEnd,
  type AgentListener,
  type OpenOptions,
  type TurnEnd,
} from './agent.ts';
import { endedError } from './ending.ts';
import { AgentProcess, type Program } from './process.ts';
import { Teller } from './teller.ts';

/** A command asks nobody: what it may do is what its own arguments and settings say. */
const MODES: readonly Mode[] = ['ask', 'auto'];

const blockText = (block: ContentBlock, name: string): string => {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource_link':
      return block.uri;
    case 'resource':
      return `${block.resource.uri}:\n${block.resource.text}`;
    case 'image':
      throw new AgentError(
        'agent.failed',
        `${name} takes only text: send the prompt again without the image.`,
      );
  }
};

const promptText = (message: Message, name: string): string =>
  typeof message === 'string' ? message : message.map((block) => blockText(block, name)).join('\n');

const checkMode = (name: string, mode: Mode): void => {
  if (MODES.includes(mode)) return;
  throw new AgentError(
    'mode.unsupported',
    `${name} is a plain command, which has no mode "${mode}": give it other arguments in the configuration.`,
  );
};

const noModels = (name: string): AgentError =>
  new AgentError(
    'model.unsupported',
    `${name} is a plain command, which offers no choice of models: name the model in its arguments.`,
  );

/** Lives from its start to the end of its one turn; the next prompt starts another one. */
class CommandConversation implements AgentConversation {
  readonly agentSessionId = null;
  readonly opened: AgentConversation['opened'];
  readonly model = null;
  readonly #name: string;
  readonly #decoder = new TextDecoder();
  readonly #teller: Teller;
  #process!: AgentProcess; // Set by start() before anything else can happen.
  #isCancelled = false;

  static async start(
    program: Program,
    options: OpenOptions,
    listener: AgentListener,
  ): Promise<CommandConversation> {
    const conversation = new CommandConversation(program.name, options, listener);
    conversation.#process = await AgentProcess.start(program, {
      cwd: options.cwd,
      onOutput: (chunk) => conversation.#say(conversation.#decoder.decode(chunk, { stream: true })),
    });
    options.onSpawn(conversation.pid);
    return conversation;
  }

  private constructor(name: string, { resume }: OpenOptions, listener: AgentListener) {
    this.#name = name;
    this.opened = resume === null ? 'new' : 'fallback'; // It remembers nothing.
    this.#teller = new Teller(listener, () => void this[Symbol.asyncDispose]());
  }

  get pid(): number {
    return this.#process.pid;
  }

  get ended(): Promise<AgentEnd> {
    return this.#process.ended;
  }

  async prompt(message: Message): Promise<TurnEnd> {
    this.#process.setInTurn(true);
    this.#process.finish(promptText(message, this.#name));
    const end = await this.ended;
    this.#say(this.#decoder.decode()); // What is left of a character that was cut in two.
    if (this.#teller.failure !== undefined) throw this.#teller.failure.cause;
    if (this.#isCancelled) return { stopReason: 'cancelled' };
    if (end.code !== 0) throw endedError(this.#name, 'before its answer was complete', end);
    return { stopReason: 'end_turn' };
  }

  #say(text: string): void {
    if (text !== '') this.#teller.tell([{ type: 'message', text }]);
  }

  cancel(): void {
    this.#isCancelled = true;
    void this[Symbol.asyncDispose]();
  }

  async setMode(mode: Mode): Promise<void> {
    checkMode(this.#name, mode);
  }

  setOption(optionId: string): Promise<void> {
    return Promise.reject(new AgentError('option.unsupported', `${this.#name} has no option "${optionId}".`));
  }

  setModel(): Promise<void> {
    return Promise.reject(noModels(this.#name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** How to speak with a program that reads a prompt and writes an answer. */
export const commandDriver = (program: Program): AgentDriver => ({
  async open(options, listener, signal) {
    signal.throwIfAborted();
    checkMode(program.name, options.mode);
    if (options.model !== null) throw noModels(program.name);
    const conversation = await CommandConversation.start(program, options, listener);
    if (!signal.aborted) return conversation;
    await conversation[Symbol.asyncDispose]();
    throw signal.reason;
  },
});
