// Tells the gateway what an agent says, and remembers when the gateway could not keep it.
import type { AgentListener, AgentUpdate } from './agent.ts';

export class Teller {
  readonly #listener: AgentListener;
  readonly #end: () => void;
  /** What the listener threw: the gateway cannot keep what the agent says, so the agent is ended. */
  failure: { readonly cause: unknown } | undefined;

  constructor(listener: AgentListener, end: () => void) {
    this.#listener = listener;
    this.#end = end;
  }

  tell(updates: readonly AgentUpdate[]): void {
    if (updates.length === 0 || this.failure !== undefined) return;
    try {
      this.#listener.updates(updates);
    } catch (cause) {
      // Above this there is only the event loop: the error goes to whoever waits for the turn instead.
      this.failure = { cause };
      this.#end();
    }
  }
}
