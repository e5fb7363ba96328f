// The life of a permission: open, then answered once or taken back. No answer is never consent.
import type { Actor, Permission } from '../protocol/index.ts';

export type PermissionState =
  | { readonly state: 'open' }
  | { readonly state: 'answered'; readonly optionId: string; readonly by: Actor }
  | { readonly state: 'withdrawn' };

export type Verdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'resolved'; readonly state: Exclude<PermissionState, { state: 'open' }> }
  | { readonly verdict: 'noSuchOption' }
  | { readonly verdict: 'changed' };

/** Judges an answer. `digest`, when given, must be that of what is asked: consent to one thing is not consent to another. */
export function judge(
  permission: Pick<Permission, 'options' | 'digest'>,
  state: PermissionState,
  answer: { readonly optionId: string; readonly digest?: string | undefined },
): Verdict {
  if (state.state !== 'open') return { verdict: 'resolved', state };
  if (!permission.options.some(({ optionId }) => optionId === answer.optionId))
    return { verdict: 'noSuchOption' };
  if (answer.digest !== undefined && answer.digest !== permission.digest) return { verdict: 'changed' };
  return { verdict: 'accept' };
}
