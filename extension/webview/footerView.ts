// The footer: how full the context is and what it cost; the keys while somebody types into a working session.
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { UsageNow } from './parts.ts';
import { language, t } from './l10n.ts';

/** From here on agents compact their context. */
const NEARLY_FULL = 90;

export function footerView(usage: UsageNow | undefined, isTypingAhead: boolean): TemplateResult {
  return html`<div class="foot" data-part="footer">
    ${
      isTypingAhead
        ? html`<span><kbd>Enter</kbd> ${t('queue')}</span><span><kbd>Alt+Enter</kbd> ${t('send now')}</span>`
        : usage === undefined
          ? nothing
          : html`${meter(usage)}${usage.cost === undefined ? nothing : html`<span title=${t('This session')}>${money(usage.cost)}</span>`}`
    }
  </div>`;
}

function meter({ used, size }: UsageNow): TemplateResult {
  const percent = size > 0 ? Math.min(100, Math.round((used / size) * 100)) : 0;
  const fill = (element: Element | undefined): void => {
    if (element instanceof HTMLElement) element.style.width = `${percent}%`;
  };
  const words =
    percent >= NEARLY_FULL ? t('{0}% context, will be compacted', percent) : t('{0}% context', percent);
  return html`<span title=${t('{0}% of the context is used', percent)}>
    <span
      class="meter"
      role="meter"
      aria-label=${t('Context used')}
      aria-valuenow=${percent}
      aria-valuemin="0"
      aria-valuemax="100"
      ><i ${ref(fill)}></i></span
    >${words}
  </span>`;
}

function money({ amount, currency }: NonNullable<UsageNow['cost']>): string {
  try {
    return new Intl.NumberFormat(language(), { style: 'currency', currency }).format(amount);
  } catch {
    // A currency that has no code is named as the agent names it.
    return `${amount.toFixed(2)} ${currency}`;
  }
}
