// What agents speak, and who speaks it with them.
import type { AgentDriver } from './agent.ts';
import { claudeDriver } from './claude.ts';
import { commandDriver } from './command.ts';
import type { Program } from './process.ts';

/** The library of ACP is large: it waits for the first agent that needs it. */
const acpDriver = (program: Program): Required<AgentDriver> => {
  const loaded = async (): Promise<Required<AgentDriver>> => (await import('./acp.ts')).acpDriver(program);
  return {
    open: async (...how) => (await loaded()).open(...how),
    pastSessions: async (...how) => (await loaded()).pastSessions(...how),
  };
};

/** What an agent speaks. A new one is a driver here, and a word in config.ts. */
export const DRIVERS = { acp: acpDriver, claude: claudeDriver, command: commandDriver } satisfies Record<
  string,
  (program: Program) => AgentDriver
>;

export type AgentProtocol = keyof typeof DRIVERS;
