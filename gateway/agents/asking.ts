// What an agent asks while it waits: questions are answered by a person, or void when the agent or its turn is over.
import type { AgentListener, Answer, Question } from './agent.ts';
import { fitting } from './consent.ts';

export class Asking {
  readonly #listener: AgentListener;
  #turn = new AbortController();

  constructor(listener: AgentListener) {
    this.#listener = listener;
  }

  /** undefined: nobody needs an answer any more, or nobody could give one. `takenBack`: the agent itself says so. */
  async ask(question: Question, takenBack: AbortSignal): Promise<Answer | undefined> {
    const signal = AbortSignal.any([takenBack, this.#turn.signal]);
    if (signal.aborted) return undefined;
    const { promise: isVoid, resolve } = Promise.withResolvers<undefined>();
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    const shown = fitting(question);
    if (shown.options.length === 0) return undefined;
    return Promise.race([this.#listener.permission(shown, signal), isVoid]);
  }

  /** Withdraws all that is open. */
  withdrawAll(): void {
    this.#turn.abort();
    this.#turn = new AbortController();
  }
}
