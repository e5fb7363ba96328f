// What an agent asks while it waits: questions are answered by a person, or void when the agent, or the turn they are of, is over.
import type { AgentListener, Answer, Question } from './agent.ts';
import { fitting } from './consent.ts';

export class Asking {
  readonly #listener: AgentListener;
  readonly #life = new AbortController();
  /** undefined: none runs, and what the agent asks is of what it does by itself. */
  #turn: AbortController | undefined;

  constructor(listener: AgentListener) {
    this.#listener = listener;
  }

  /** undefined: nobody needs an answer any more, or nobody could give one. `takenBack`: the agent itself says so. */
  async ask(question: Question, takenBack: AbortSignal): Promise<Answer | undefined> {
    const signal = AbortSignal.any([takenBack, (this.#turn ?? this.#life).signal]);
    if (signal.aborted) return undefined;
    const { promise: isVoid, resolve } = Promise.withResolvers<undefined>();
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    const shown = fitting(question);
    if (shown.options.length === 0) return undefined;
    return Promise.race([this.#listener.permission(shown, signal), isVoid]);
  }

  /** Withdraws what is open of a turn. `isRunning`: what is asked from now on is of a turn. */
  turn(isRunning: boolean): void {
    this.#turn?.abort();
    this.#turn = isRunning ? new AbortController() : undefined;
  }

  /** Withdraws all that is open: nobody hears an answer any more. */
  end(): void {
    this.turn(false);
    this.#life.abort();
  }
}
