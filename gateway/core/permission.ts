// The life of a permission: open, then answered once or taken back. Silence is never consent.
import { misfits, type Actor, type FormContent, type Permission } from '../protocol/index.ts';

export type PermissionState =
  | { readonly state: 'open' }
  | {
      readonly state: 'answered';
      readonly optionId: string;
      readonly content?: FormContent | undefined;
      readonly by: Actor;
    }
  | { readonly state: 'withdrawn' };

export type Verdict =
  /** `content` is what a form was filled in with; a refusal has none. */
  | { readonly verdict: 'accept'; readonly content?: FormContent }
  | { readonly verdict: 'resolved'; readonly state: Exclude<PermissionState, { state: 'open' }> }
  | { readonly verdict: 'noSuchOption' }
  | { readonly verdict: 'changed' }
  | { readonly verdict: 'misfit'; readonly why: readonly string[] };

/** Judges an answer. `digest`, when given, must be that of what is asked: consent to one thing is not consent to another. */
export function judge(
  { options, digest, form }: Pick<Permission, 'options' | 'digest' | 'form'>,
  state: PermissionState,
  answer: {
    readonly optionId: string;
    readonly digest?: string | undefined;
    readonly content?: FormContent | undefined;
  },
): Verdict {
  if (state.state !== 'open') return { verdict: 'resolved', state };
  const option = options.find(({ optionId }) => optionId === answer.optionId);
  if (option === undefined) return { verdict: 'noSuchOption' };
  if (answer.digest !== undefined && answer.digest !== digest) return { verdict: 'changed' };
  if (form === undefined || option.kind.startsWith('reject')) return { verdict: 'accept' };
  // A client that knows no forms has no content: it must not send an empty one for a person.
  const { content } = answer;
  if (content === undefined) return { verdict: 'misfit', why: ['it has to be filled in (content)'] };
  const why = misfits(form, content);
  return why.length === 0 ? { verdict: 'accept', content } : { verdict: 'misfit', why };
}
