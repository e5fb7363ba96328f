// The agents catalogue: which agents there are, whether they are installed, and how to mend it when not.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, extname, isAbsolute, join } from 'node:path';
import { AgentId, Problem, type Agent } from '../protocol/index.ts';
import type { AgentDriver } from './agent.ts';
import { acpDriver } from './acp.ts';
import type { Program } from './process.ts';

/** An agent that a user has described. With the id of a known agent it replaces that one. */
export interface AgentConfig {
  readonly name?: string | undefined;
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface CatalogueOptions {
  /** From the gateway's configuration. */
  readonly agents?: Readonly<Record<string, AgentConfig>>;
  /** How the gateway itself was started: the demo agent is `<node> <script> demo-agent`. */
  readonly node: string;
  readonly script: string;
  readonly path?: string;
}

export interface FoundAgent extends Program {
  readonly driver: AgentDriver;
}

interface Entry extends Program {
  readonly agent: AgentId;
  readonly icon: string;
  /** The npm package that brings the command. */
  readonly npm?: string;
  /** What else to say when the command is missing. */
  readonly hint?: string;
}

/** Agents that speak ACP, the most used first. A new one is a line here, and its mode ids in modes.ts. */
const KNOWN: readonly (Omit<Entry, 'agent' | 'env'> & { readonly agent: string })[] = [
  {
    agent: 'claude',
    name: 'Claude Code',
    icon: 'sparkle',
    command: 'claude-agent-acp',
    args: [],
    npm: '@agentclientprotocol/claude-agent-acp',
    hint: 'It uses the login of `claude`.',
  },
  {
    agent: 'codex',
    name: 'Codex',
    icon: 'openai',
    command: 'codex-acp',
    args: [],
    npm: '@agentclientprotocol/codex-acp',
    hint: 'It uses the login of `codex`.',
  },
  {
    agent: 'opencode',
    name: 'OpenCode',
    icon: 'code',
    command: 'opencode',
    args: ['acp'],
    npm: 'opencode-ai',
  },
  {
    agent: 'gemini',
    name: 'Gemini CLI',
    icon: 'star',
    command: 'gemini',
    args: ['--acp'],
    npm: '@google/gemini-cli',
  },
  {
    agent: 'copilot',
    name: 'GitHub Copilot',
    icon: 'copilot',
    command: 'copilot',
    args: ['--acp'],
    npm: '@github/copilot',
  },
  {
    agent: 'qwen',
    name: 'Qwen Code',
    icon: 'hubot',
    command: 'qwen',
    args: ['--acp'],
    npm: '@qwen-code/qwen-code',
  },
];

type Lookup = { readonly found: string } | { readonly notExecutable: string } | undefined;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Looks a command up as the system would, without running anything. */
const lookUp = (command: string, path: string): Lookup => {
  const folders = isAbsolute(command) ? [''] : path.split(delimiter).filter((folder) => folder !== '');
  const endings = process.platform === 'win32' && extname(command) === '' ? ['.exe', '.cmd'] : [''];
  const files = folders
    .flatMap((folder) => endings.map((ending) => (folder === '' ? command : join(folder, command)) + ending))
    .filter(isFile);
  const found = files.find(isExecutable);
  if (found !== undefined) return { found };
  return files[0] === undefined ? undefined : { notExecutable: files[0] };
};

export class Catalogue {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #path: string;

  constructor({ agents = {}, node, script, path }: CatalogueOptions) {
    this.#path = path ?? process.env['PATH'] ?? '';
    const entries = new Map<string, Entry>();
    for (const known of KNOWN)
      entries.set(known.agent, { ...known, agent: AgentId.parse(known.agent), env: {} });
    for (const [id, config] of Object.entries(agents)) {
      const agent = AgentId.parse(id);
      const { name = id, command, args = [], env = {} } = config;
      entries.set(agent, { agent, name, icon: entries.get(agent)?.icon ?? 'terminal', command, args, env });
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
    });
    this.#entries = entries;
  }

  list(): Agent[] {
    return [...this.#entries.values()].map((entry) => this.#describe(entry));
  }

  /** The first installed agent. There always is one: the demo agent. */
  get defaultAgent(): AgentId {
    return this.list().find(({ state }) => state === 'installed')?.agent ?? AgentId.parse('demo');
  }

  /** The agent, ready to be started. Throws agent.unknown or agent.missing, with words that say what to do. */
  find(id: string): FoundAgent {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      const known = [...this.#entries.keys()].join(', ');
      throw new Problem('agent.unknown', `There is no agent "${id}". Choose one of: ${known}.`, {
        agent: id,
      });
    }
    const { state, detail } = this.#describe(entry);
    if (state !== 'installed') {
      throw new Problem('agent.missing', `${entry.name} cannot be started. ${detail}`, { agent: id });
    }
    const program: Program = { name: entry.name, command: entry.command, args: entry.args, env: entry.env };
    return { ...program, driver: acpDriver(program) };
  }

  #describe({ agent, name, icon, command, npm, hint }: Entry): Agent {
    const row = { agent, name, icon };
    if (agent === 'demo') {
      return { ...row, state: 'installed', detail: 'Built in. Needs no account and changes no files.' };
    }
    const lookup = lookUp(command, this.#path);
    if (lookup !== undefined && 'found' in lookup)
      return { ...row, state: 'installed', detail: lookup.found };
    if (lookup !== undefined) {
      const detail = `${lookup.notExecutable} is there but may not be executed: run \`chmod +x ${lookup.notExecutable}\`.`;
      return { ...row, state: 'broken', detail };
    }
    if (npm === undefined) {
      const where = isAbsolute(command) ? 'does not exist' : 'is not on the PATH of the gateway';
      return {
        ...row,
        state: 'missing',
        detail: `${command} ${where}. Install it, or correct the command in the configuration.`,
      };
    }
    const install = `Run \`npm install -g ${npm}\`.${hint === undefined ? '' : ` ${hint}`}`;
    if (lookUp('npm', this.#path) !== undefined) return { ...row, state: 'installable', detail: install };
    return {
      ...row,
      state: 'missing',
      detail: `Install Node.js with npm first (nodejs.org). Then: ${install}`,
    };
  }
}
