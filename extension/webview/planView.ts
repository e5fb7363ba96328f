// The agent's plan in the dock.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import type { PlanEntries } from './parts.ts';
import { reveal } from './reveal.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

const STEPS = {
  completed: { row: 'done', mark: () => icon('check', 'ok'), word: () => t('done') },
  in_progress: { row: 'now', mark: () => icon('arrow-right'), word: () => t('now') },
  pending: { row: '', mark: () => icon('circle-large-outline', 'quiet'), word: () => t('later') },
} as const;

export function planView(plan: PlanEntries, view: View): TemplateResult {
  const done = plan.filter(({ status }) => status === 'completed').length;
  const now = plan.findIndex(({ status }) => status === 'in_progress');
  const isOpen = view.act.isOpen('plan', view.room.plan);
  const step = plan[now];
  const folded =
    step === undefined
      ? t('{0} of {1} done', done, plan.length)
      : t('step {0} of {1}: {2}', now + 1, plan.length, reveal(step.content));
  return html`<section class="dock-part" data-part="plan" aria-label=${t('Plan')}>
    <button
      class="dock-head"
      type="button"
      aria-expanded=${isOpen}
      @click=${() => view.act.fold('plan', !isOpen)}
    >
      ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<b>${t('Plan')}</b
      ><span class="dim grow one-line">${isOpen ? t('{0} of {1} done', done, plan.length) : folded}</span>
    </button>
    ${
      isOpen
        ? html`<div role="list" class="dock-list">
            ${plan.map(({ content, status }) => {
              const { row, mark, word } = STEPS[status];
              return html`<div class="dock-row ${row}" role="listitem">
                ${mark()}<span class="text"><span class="sr">${word()}: </span>${reveal(content)}</span>
              </div>`;
            })}
          </div>`
        : nothing
    }
  </section>`;
}
