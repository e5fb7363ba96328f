// Starts agents for tests: the demo agent, a recorded one, or any command, with a listener that remembers.
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { AgentConversation, AgentDriver, OpenOptions } from '../../gateway/agents/agent.ts';
import { acpDriver } from '../../gateway/agents/acp.ts';
import type { Program } from '../../gateway/agents/process.ts';
import { AgentEar } from './agentEar.ts';
import { MAIN } from './gateway.ts';

const nodeProgram = (name: string, script: string, ...args: string[]): Program => ({
  name,
  command: process.execPath,
  args: [fileURLToPath(new URL(script, import.meta.url)), ...args],
  env: {},
});

export const demoProgram: Program = {
  name: 'Demo agent',
  command: process.execPath,
  args: [MAIN, 'demo-agent'],
  env: {},
};

/** Asks whether it may run a command of as many characters as its prompt says. */
export const askingProgram = nodeProgram('Asking agent', './askingAgent.ts');

/** How a configuration says it: an agent that offers everything, and keeps its sessions in a folder. */
export const richAgent = (folder: string): Pick<Program, 'command' | 'args'> => {
  const { command, args } = nodeProgram('Rich agent', './richAgent.ts', folder);
  return { command, args };
};

/** An agent that replays `test/golden/acp/<name>.jsonl`. */
export const recorded = (name: string): Program =>
  nodeProgram(
    name,
    './replayAgent.ts',
    fileURLToPath(new URL(`../golden/acp/${name}.jsonl`, import.meta.url)),
  );

/** A plain Claude that replays `test/golden/claude/<name>.jsonl`. */
export const recordedClaude = (name: string): Program =>
  nodeProgram(
    'Claude Code',
    './replayClaude.ts',
    fileURLToPath(new URL(`../golden/claude/${name}.jsonl`, import.meta.url)),
  );

export const shellProgram = (script: string): Program => ({
  name: 'The agent',
  command: 'sh',
  args: ['-c', script],
  env: {},
});

export interface Opened extends AsyncDisposable {
  readonly agent: AgentConversation;
  readonly ear: AgentEar;
}

export interface Opening extends Partial<OpenOptions> {
  readonly driver?: (program: Program, startLimitMs: number) => AgentDriver;
  readonly startLimitMs?: number;
  readonly signal?: AbortSignal;
}

/** Opens a conversation that ends with the test. */
export const openAgent = async (program: Program, opening: Opening = {}): Promise<Opened> => {
  const {
    driver = acpDriver,
    startLimitMs = 60_000,
    signal = new AbortController().signal,
    ...options
  } = opening;
  const ear = new AgentEar();
  const agent = await driver(program, startLimitMs).open(
    { cwd: tmpdir(), mode: 'ask', model: null, resume: null, tools: [], onSpawn: () => {}, ...options },
    ear,
    signal,
  );
  return { agent, ear, [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose]() };
};
