// What a session at work needs of the world: handed to it, so that a test can hand it another.
import type { AgentDriver, LentTools } from '../agents/agent.ts';
import type { AgentId, SessionId } from '../protocol/index.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';

export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What a session at work needs of the world. */
export interface Surroundings {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws the problem agent.unknown or agent.missing. */
  readonly findAgent: (agent: AgentId) => AgentDriver;
  /** The gateway's own tools for the agent of a session. */
  readonly lendTools: (sessionId: SessionId) => LentTools;
  /** What tells a process from a later one with the same pid; undefined when it is gone. */
  readonly startTime: (pid: number) => string | undefined;
  /** No new turn may start. */
  readonly isDraining: () => boolean;
  /** An agent that had no turn for so long is ended; 0: never. */
  readonly idleAgentMs: number;
}
