// The agents that Holdfast knows by name: what to run, and what installs it.
import type { AgentProtocol } from './drivers.ts';
import type { Program } from './process.ts';

/** What is written down of an agent. */
export interface KnownAgent extends Omit<Program, 'env'> {
  readonly agent: string;
  readonly icon: string;
  /** The npm package that brings the command. */
  readonly npm?: string;
  /** What else to say when the command is missing. */
  readonly hint?: string;
  /** What to run where the command is not installed but this is, in a protocol of its own. */
  readonly otherwise?: {
    readonly command: string;
    readonly protocol: AgentProtocol;
    readonly detail: string;
  };
}

/** Agents that speak ACP, the most used first. A new one is a line here, and its mode ids in modes.ts. */
export const KNOWN: readonly KnownAgent[] = [
  {
    agent: 'claude',
    name: 'Claude Code',
    icon: 'claude',
    command: 'claude-agent-acp',
    args: [],
    npm: '@agentclientprotocol/claude-agent-acp',
    hint: 'It uses the login of `claude`.',
    otherwise: { command: 'claude', protocol: 'claude', detail: "in Claude's own protocol" },
  },
  {
    agent: 'codex',
    name: 'Codex',
    icon: 'openai',
    command: 'codex-acp',
    args: [],
    npm: '@agentclientprotocol/codex-acp',
    login: 'codex-acp login',
    hint: 'It uses the login of `codex`.',
  },
  {
    agent: 'opencode',
    name: 'OpenCode',
    icon: 'terminal',
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
    login: 'gemini',
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
