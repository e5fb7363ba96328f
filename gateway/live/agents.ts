// What is asked of agents besides prompts: which there are, whether they answer, what they remember.
import { AgentError, type PastSession } from '../agents/agent.ts';
import type { Catalogue } from '../agents/catalogue.ts';
import { residentBytes } from '../agents/processTree.ts';
import { updateRegistry } from '../agents/registryUpdate.ts';
import { Problem, type Agent, type AgentId } from '../protocol/index.ts';
import type { Clock } from './clock.ts';
import { asProblem } from './failures.ts';

/** An agent that says nothing for so long has nothing to say. */
const PATIENCE_MS = 30_000;

export interface AgentsParts {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  /** Where an agent works that has no session. */
  readonly home: string;
  readonly registry: { readonly url: string; readonly file: string };
}

export class Agents {
  readonly #parts: AgentsParts;
  readonly #patienceMs: number;

  constructor(parts: AgentsParts, patienceMs = PATIENCE_MS) {
    this.#parts = parts;
    this.#patienceMs = patienceMs;
  }

  list(): readonly Agent[] {
    return this.#parts.catalogue.list();
  }

  get default(): AgentId {
    return this.#parts.catalogue.defaultAgent;
  }

  /** The day of the registry, as YYYY-MM-DD. */
  get registryDate(): string {
    return this.#parts.catalogue.registryDate;
  }

  /** Fetches the registry. Throws registry.unreachable. */
  async refresh(): Promise<void> {
    const { catalogue, clock, registry } = this.#parts;
    catalogue.take(await updateRegistry(registry.url, registry.file, clock.now().slice(0, 10)));
  }

  /** Throws the problem agent.unknown or agent.missing. */
  mustBeInstalled(agent: AgentId): void {
    this.#parts.catalogue.find(agent);
  }

  /** Starts it, sees whether it answers, ends it. Throws agent.unknown or agent.missing. */
  async check(agent: AgentId): Promise<{ ok: boolean; detail: string }> {
    const { catalogue, home: cwd } = this.#parts;
    const { driver, name } = catalogue.find(agent);
    const listener = { updates: () => {}, permission: () => Promise.resolve(undefined) };
    try {
      return await this.#patiently(name, async (signal) => {
        const options = {
          cwd,
          mode: 'ask',
          model: null,
          resume: null,
          tools: [],
          onSpawn: () => {},
        } as const;
        await using conversation = await driver.open(options, listener, signal);
        return { ok: true, detail: `${name} answers (process ${conversation.pid}).` };
      });
    } catch (error) {
      if (error instanceof AgentError) return { ok: false, detail: error.message };
      throw error;
    }
  }

  /** What the agent remembers by itself. Throws agent.unknown, agent.missing, agent.unable or agent.failed. */
  async pastSessions(agent: AgentId, path: string | undefined): Promise<PastSession[]> {
    const { catalogue, home } = this.#parts;
    const { driver, name } = catalogue.find(agent);
    const ask = driver.pastSessions?.bind(driver);
    if (ask === undefined)
      throw new Problem('agent.unable', `${name} does not tell which conversations it remembers.`);
    return asProblem(this.#patiently(name, (signal) => ask(home, path, signal)));
  }

  /** Rejects with AgentError agent.failed when the agent takes too long. */
  async #patiently<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const patience = AbortSignal.timeout(this.#patienceMs);
    try {
      return await work(patience);
    } catch (error) {
      if (!patience.aborted) throw error;
      const seconds = this.#patienceMs / 1000;
      throw new AgentError('agent.failed', `${name} did not answer within ${seconds} seconds.`, error);
    }
  }

  /** Bytes in memory of processes with their descendants; none where the system does not tell. */
  memoryOf(pids: readonly number[]): ReadonlyMap<number, number> {
    return residentBytes(pids);
  }
}
