// What a failure is to others: words for people, a declared problem to who called, a code to who reads the log.
import { AgentError } from '../agents/agent.ts';
import { realPathOf } from '../agents/lookUp.ts';
import { Problem } from '../protocol/index.ts';
import type { Logger } from './surroundings.ts';

const REFUSALS = ['mode.unsupported', 'model.unsupported', 'option.unsupported', 'agent.unable'] as const;

/** What is left of such a prompt are words for people: an agent would take them for what somebody wants. */
export const DAMAGED = {
  code: 'prompt.damaged',
  message: 'A disk has damaged this prompt while it waited, so the agent was not given it. Send it again.',
};

/** A session's folder. Throws path.missing when a link has taken its place: nobody has let the agent work where that leads. */
export function unswapped(folder: string): string {
  // Not there at all: whoever starts something in it says so.
  const leadsTo = realPathOf(folder) ?? folder;
  if (leadsTo === folder) return folder;
  throw new AgentError(
    'path.missing',
    `${folder} leads to ${leadsTo} by now: create a session there, or put the folder back.`,
  );
}

/** For somebody who called a method. */
export async function asProblem<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError')
      throw new Problem('agent.failed', 'The agent was stopped while it started.', {}, error);
    if (!(error instanceof AgentError)) throw error;
    const { code, message } = error;
    const problem = REFUSALS.find((refusal) => refusal === code) ?? 'agent.failed';
    throw new Problem(problem, message, { code }, error);
  }
}

/** For the event that ends a turn. */
export function describeFailure(error: unknown, logger: Logger): { code: string; message: string } {
  if (error instanceof AgentError) return { code: error.code, message: error.message };
  if (error instanceof Problem) return { code: error.problem, message: error.message };
  logger.error({ err: error }, 'turn');
  return {
    code: 'internal',
    message: 'Holdfast met a bug in this turn. Its log has the details; sending again is safe.',
  };
}
