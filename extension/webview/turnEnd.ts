// The line below a finished turn: what it cost, its answer to copy, and the fork in the road where the agent has one.
import { html, nothing, type TemplateResult } from 'lit';
import { iconButton } from './icons.ts';
import { t } from './l10n.ts';
import { money } from './money.ts';
import type { Cost, Part } from './parts.ts';
import { isSound, type View } from './view.ts';

export interface TurnEnd {
  readonly kind: 'end';
  readonly key: string;
  /** What was said after the last step. */
  readonly answer: string;
  readonly cost: Cost | undefined;
  /** No other turn follows. */
  readonly isLast: boolean;
}

/** `before`: what the session had cost before this turn, where that is known. undefined: there is nothing to say. */
export function turnEnd(
  turn: readonly Part[],
  before: Cost | 'nothing' | undefined,
  isLast: boolean,
): TurnEnd | undefined {
  const [prompt] = turn;
  if (prompt?.kind !== 'prompt' || prompt.outcome === 'running' || prompt.outcome === 'uncertain')
    return undefined;
  const last = turn.findLastIndex(({ kind }) => kind !== 'text' && kind !== 'note' && kind !== 'gap');
  const answer = turn
    .slice(last + 1)
    .flatMap((part) => (part.kind === 'text' ? [part.text] : []))
    .join('\n\n');
  const cost = costOf(prompt.total, before);
  if (answer === '' && cost === undefined && !isLast) return undefined;
  return { kind: 'end', key: `end:${prompt.key}`, answer, cost, isLast };
}

/** Agents tell what the whole session has cost; the turn has cost what came on top. */
function costOf(total: Cost | undefined, before: Cost | 'nothing' | undefined): Cost | undefined {
  if (total === undefined || before === undefined) return undefined;
  // An agent that was started again counts from nothing.
  if (before === 'nothing' || before.amount > total.amount) return total;
  const amount = total.amount - before.amount;
  return before.currency === total.currency && amount > 0 ? { ...total, amount } : undefined;
}

export function turnEndView({ key, answer, cost, isLast }: TurnEnd, view: View): TemplateResult {
  const { act, open } = view;
  const { sessionId } = open.session;
  const copy = (): void => act.post({ type: 'copy', text: answer });
  const fork = (): void => act.post({ type: 'fork', sessionId });
  const canFork = isLast && open.offers?.fork === true && isSound(view);
  if (answer === '' && cost === undefined && !canFork) return html`${nothing}`;
  return html`<div class="turn-end" data-key=${key}>
    <span class="grow">${cost === undefined ? nothing : t('{0} this turn', money(cost))}</span
    >${answer === '' ? nothing : iconButton('copy', t('Copy the answer'), copy)}${canFork ? iconButton('repo-forked', t('Fork from here'), fork) : nothing}
  </div>`;
}
