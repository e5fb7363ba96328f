// How an agent's process ended, in words.
import { AgentError, type AgentEnd } from './agent.ts';

/** "was ended by SIGKILL", "ended with exit code 3". */
export const describeEnd = (end: AgentEnd): string =>
  end.signal === null ? `ended with exit code ${end.code}` : `was ended by ${end.signal}`;

/** For whoever waited for the agent. `when`: "at start", "in the middle of its answer". */
export const endedError = (name: string, when: string, end: AgentEnd): AgentError =>
  new AgentError(
    'agent.failed',
    `${name} ${describeEnd(end)} ${when}.${end.detail === '' ? '' : `\nIts last words:\n${end.detail}`}`,
  );
