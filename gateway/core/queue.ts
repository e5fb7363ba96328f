// The life of a prompt: which step leads from which state to which, which prompt runs next, what a known id means.
import type { Prompt, PromptState } from '../protocol/index.ts';

/** lose: the gateway died while the agent had it. retry and leave are a person's answers. */
export type PromptStep = 'start' | 'finish' | 'fail' | 'cancel' | 'lose' | 'retry' | 'leave';

const STEPS: Readonly<Record<PromptState, Partial<Record<PromptStep, PromptState>>>> = {
  queued: { start: 'running', cancel: 'cancelled' },
  running: { finish: 'done', fail: 'failed', cancel: 'cancelled', lose: 'uncertain' },
  uncertain: { retry: 'queued', leave: 'cancelled' },
  failed: { retry: 'queued' },
  done: {},
  cancelled: {},
};

/** The state after the step; undefined: the step does not apply. */
export const advance = (state: PromptState, step: PromptStep): PromptState | undefined => STEPS[state][step];

/** The prompt that may start now, if any. Prompts come in queue order. */
export function next<P extends Pick<Prompt, 'state'>>(prompts: readonly P[], held: boolean): P | undefined {
  if (held || prompts.some(({ state }) => state === 'running')) return undefined;
  return prompts.find(({ state }) => state === 'queued');
}

/**
 * What a prompt that was running when the gateway died becomes: if the agent never had it, it simply waits again;
 * if it had, nobody can know, and it must not run twice by itself.
 */
export const afterCrash = (handed: boolean): PromptState => (handed ? 'uncertain' : 'queued');

/** What sending a promptId means, given what is stored under it. */
export function admit(
  stored: { sessionId: string; digest: string } | undefined,
  sent: { sessionId: string; digest: string },
): 'new' | 'same' | 'conflict' {
  if (stored === undefined) return 'new';
  return stored.sessionId === sent.sessionId && stored.digest === sent.digest ? 'same' : 'conflict';
}
