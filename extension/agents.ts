// The agents catalogue as this window knows it: names and icons for sessions, choices for new ones.
import type { Agent, AgentId } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';

/** Where the catalogue is kept from one start to the next (vscode.Memento). */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** Agents that have a line in the welcome text, each with a context key of its own: that text cannot show a value. See package.json. */
export const WELCOMED: readonly string[] = ['claude', 'codex', 'opencode', 'gemini', 'copilot', 'qwen'];

const KEY = 'agents';

export class Agents {
  readonly #connection: Connection;
  readonly #memory: Memory;
  readonly #changed = new Emitter<undefined>();
  readonly onDidChange = this.#changed.event;
  #all = new Map<string, Agent>();

  constructor(connection: Connection, memory: Memory, warn: (message: string) => void) {
    this.#connection = connection;
    this.#memory = memory;
    // The catalogue of last time: a chat that comes back after a reload gets its title before the gateway has looked for agents.
    // Only `refresh` writes there.
    this.#know((memory.get(KEY) ?? []) as readonly Agent[]);
    connection.onClient(() => {
      this.refresh().catch((error: unknown) => warn(`The agents could not be listed: ${String(error)}`));
    });
  }

  /** Asks anew: an agent may have been installed since. */
  async refresh(): Promise<{ agents: readonly Agent[]; defaultAgent: AgentId }> {
    const { agents, defaultAgent } = await this.#connection.call('agent.list', {});
    this.#know(agents);
    void this.#memory.update(KEY, agents);
    this.#changed.fire(undefined);
    return { agents, defaultAgent };
  }

  /** Those that could be started when they were last asked about. */
  get installed(): readonly Agent[] {
    return [...this.#all.values()].filter(({ state }) => state === 'installed');
  }

  name(id: string): string {
    return this.#all.get(id)?.name ?? id;
  }

  /** A codicon; the catalogue's word is only taken when it can be one. */
  icon(id: string): string {
    const icon = this.#all.get(id)?.icon ?? '';
    return /^[a-z][a-z0-9-]{0,40}$/.test(icon) ? icon : 'robot';
  }

  #know(agents: readonly Agent[]): void {
    this.#all = new Map(agents.map((agent) => [agent.agent, agent]));
  }
}
