// The agents catalogue: which agents there are, whether they are installed, and how to mend it when not.
import { isAbsolute } from 'node:path';
import { AgentId, Problem, type Agent } from '../protocol/index.ts';
import type { AgentDriver } from './agent.ts';
import { DRIVERS, type AgentProtocol } from './drivers.ts';
import { KNOWN, type KnownAgent } from './knownAgents.ts';
import { lookUp, statOf, type Lookup } from './lookUp.ts';
import { describeRegistryAgent, installedProgram, type Registry, type RegistryAgent } from './registry.ts';
import type { Program } from './process.ts';

/** An agent that a user has described. With the id of a known agent it replaces that one. */
export interface AgentConfig {
  readonly name?: string | undefined;
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly protocol?: AgentProtocol | undefined;
}

export interface CatalogueOptions {
  /** From the gateway's configuration. */
  readonly agents?: Readonly<Record<string, AgentConfig>>;
  /** How the gateway itself was started: the demo agent is `<node> <script> demo-agent`. */
  readonly node: string;
  readonly script: string;
  readonly path?: string;
  readonly platform?: NodeJS.Platform;
  /** Agents that are only known from there: listed last, and never the default. */
  readonly registry?: () => Registry;
}

export interface FoundAgent extends Program {
  readonly driver: AgentDriver;
}

interface Entry extends Omit<KnownAgent, 'agent'> {
  readonly agent: AgentId;
  readonly env: Readonly<Record<string, string>>;
  readonly protocol: AgentProtocol;
  readonly source: 'known' | 'configured';
}

/** Why what is there cannot be started, and what to do about it. */
const describeBroken = (lookup: Exclude<Lookup, undefined | { readonly found: string }>): string => {
  if ('notExecutable' in lookup) {
    const { notExecutable } = lookup;
    return `${notExecutable} is there but may not be executed: run \`chmod +x ${notExecutable}\`.`;
  }
  return (
    `${lookup.shellScript} is a script of the Windows shell, and agents are never started through a shell. In the ` +
    'configuration, set its command to node.exe and its first argument to the JavaScript file that the script runs.'
  );
};

export class Catalogue {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #path: string;
  readonly #platform: NodeJS.Platform;
  readonly #kept: () => Registry;
  #taken: Registry | undefined;

  constructor({ agents = {}, node, script, path, platform, registry }: CatalogueOptions) {
    this.#path = path ?? process.env['PATH'] ?? '';
    this.#platform = platform ?? process.platform;
    this.#kept = registry ?? (() => ({ date: '', agents: [] }));
    const entries = new Map<string, Entry>();
    for (const known of KNOWN) {
      const agent = AgentId.parse(known.agent);
      entries.set(agent, { ...known, agent, env: {}, protocol: 'acp', source: 'known' });
    }
    for (const [id, config] of Object.entries(agents)) {
      const agent = AgentId.parse(id);
      const { name = id, command, args = [], env = {}, protocol = 'acp' } = config;
      const icon = entries.get(agent)?.icon ?? 'terminal';
      entries.set(agent, { agent, name, icon, command, args, env, protocol, source: 'configured' });
    }
    // The last, so that it is the default only where nothing else is installed.
    entries.set('demo', {
      agent: AgentId.parse('demo'),
      name: 'Demo agent',
      icon: 'beaker',
      command: node,
      args: [script, 'demo-agent'],
      // Inside VS Code, "node" is Electron: it has to be told to behave as Node.
      env: 'electron' in process.versions ? { ELECTRON_RUN_AS_NODE: '1' } : {},
      protocol: 'acp',
      source: 'known',
    });
    this.#entries = entries;
  }

  list(): Agent[] {
    const own = [...this.#entries.values()].map((entry) => this.#describe(entry));
    const others = this.#others().map((agent) => describeRegistryAgent(agent, this.#path, this.#platform));
    return [...own, ...others];
  }

  get registryDate(): string {
    return this.#registry.date;
  }

  /** Another registry; what is known or configured here stays. */
  take(registry: Registry): void {
    this.#taken = registry;
  }

  /** Read when it is first asked for. */
  get #registry(): Registry {
    return (this.#taken ??= this.#kept());
  }

  /** Those of the registry that are not here under a name of our own. */
  #others(): RegistryAgent[] {
    const packages = new Set([...this.#entries.values()].map(({ npm }) => npm));
    return this.#registry.agents.filter(
      ({ agent, source }) =>
        !this.#entries.has(agent) && !(source.from === 'npm' && packages.has(source.package)),
    );
  }

  /** The first installed agent. There always is one: the demo agent. */
  get defaultAgent(): AgentId {
    const own = this.list().filter(({ source }) => source !== 'registry');
    return own.find(({ state }) => state === 'installed')?.agent ?? AgentId.parse('demo');
  }

  /** The agent, ready to be started. Throws agent.unknown or agent.missing, with words that say what to do. */
  find(id: string): FoundAgent {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      const other = this.#others().find(({ agent }) => agent === id);
      if (other !== undefined) return this.#findOther(other);
      const known = [...this.#entries.keys()].join(', ');
      throw new Problem('agent.unknown', `There is no agent "${id}". Choose one of: ${known}.`, {
        agent: id,
      });
    }
    const { state, detail } = this.#describe(entry);
    if (state !== 'installed') {
      throw new Problem('agent.missing', `${entry.name} cannot be started. ${detail}`, { agent: id });
    }
    const { name, env, otherwise } = entry;
    if (otherwise !== undefined && !this.#isThere(entry.command)) {
      const program: Program = { name, command: otherwise.command, args: [], env };
      return { ...program, driver: DRIVERS[otherwise.protocol](program) };
    }
    const { command, args, login } = entry;
    const program: Program = { name, command, args, env, login };
    return { ...program, driver: DRIVERS[entry.protocol](program) };
  }

  #findOther(agent: RegistryAgent): FoundAgent {
    const { name, source, args } = agent;
    const command = installedProgram(source, this.#path, this.#platform);
    if (command === undefined) {
      const { detail } = describeRegistryAgent(agent, this.#path, this.#platform);
      throw new Problem('agent.missing', `${name} cannot be started. ${detail}`, { agent: agent.agent });
    }
    const program: Program = { name, command, args, env: {} };
    return { ...program, driver: DRIVERS.acp(program) };
  }

  #lookUp(command: string): Lookup {
    return lookUp(command, this.#path, this.#platform);
  }

  #isThere(command: string): boolean {
    return 'found' in (this.#lookUp(command) ?? {});
  }

  #describe({ agent, name, icon, command, npm, hint, otherwise, source }: Entry): Agent {
    const row = { agent, name, icon, source };
    if (agent === 'demo') {
      return { ...row, state: 'installed', detail: 'Built in. Needs no account and changes no files.' };
    }
    const lookup = this.#lookUp(command);
    if (lookup !== undefined && 'found' in lookup) {
      return { ...row, state: 'installed', detail: lookup.found };
    }
    const other = otherwise === undefined ? undefined : this.#lookUp(otherwise.command);
    if (otherwise !== undefined && other !== undefined && 'found' in other) {
      return { ...row, state: 'installed', detail: `${other.found}, ${otherwise.detail}` };
    }
    if (lookup !== undefined) return { ...row, state: 'broken', detail: describeBroken(lookup) };
    if (npm === undefined) {
      const nowhere = statOf(command) === undefined ? 'does not exist' : 'is no program';
      const where = isAbsolute(command) ? nowhere : 'is not on the PATH of the gateway';
      return {
        ...row,
        state: 'missing',
        detail: `${command} ${where}. Install it, or correct the command in the configuration.`,
      };
    }
    const install = `Run \`npm install -g ${npm}\`.${hint === undefined ? '' : ` ${hint}`}`;
    if (this.#lookUp('npm') !== undefined) return { ...row, state: 'installable', detail: install };
    return {
      ...row,
      state: 'missing',
      detail: `Install Node.js with npm first (nodejs.org). Then: ${install}`,
    };
  }
}
