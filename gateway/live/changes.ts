// What can be changed about an agent that runs, and how long that may take it.
import type { AgentConversation } from '../agents/agent.ts';
import { Problem, type Mode } from '../protocol/index.ts';
import type { Clock } from './clock.ts';
import { asProblem } from './failures.ts';

/** How long an agent may take to answer to a change: every known one does at once, also in the middle of a turn. */
export const CHANGE_LIMIT_MS = 30_000;

export interface Change {
  readonly mode?: Mode;
  readonly model?: string;
  readonly option?: { readonly optionId: string; readonly value: string };
}

/** Throws mode.unsupported, model.unsupported, option.unsupported or agent.failed. */
export async function make(change: Change, agent: AgentConversation, clock: Clock): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const inTime = clock.after(CHANGE_LIMIT_MS, () =>
    reject(
      new Problem(
        'agent.failed',
        `The agent has not answered within ${CHANGE_LIMIT_MS / 1000} seconds, so this stays as it was. Try again. If it hangs, ` +
          'stop its turn: an agent that does not stop is ended, and the next prompt starts it anew.',
      ),
    ),
  );
  try {
    await Promise.race([asProblem(asked(change, agent)), late]);
  } finally {
    inTime();
  }
}

async function asked({ mode, model, option }: Change, agent: AgentConversation): Promise<void> {
  if (mode !== undefined) await agent.setMode(mode);
  if (model !== undefined) await agent.setModel(model);
  if (option !== undefined) await agent.setOption(option.optionId, option.value);
}
