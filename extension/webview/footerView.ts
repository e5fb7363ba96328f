// The footer: how full the context is and what it cost; the keys while somebody types into a working session.
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Actor } from '../../gateway/protocol/index.ts';
import { icon } from './icons.ts';
import type { UsageNow } from './parts.ts';
import { money } from './money.ts';
import { reveal } from './reveal.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

/** From here on agents compact their context. */
const NEARLY_FULL = 90;

export function footerView({ open, panel }: View, isTypingAhead: boolean): TemplateResult {
  const { usage } = open.transcript;
  return html`<div class="foot" data-part="footer">
    ${
      isTypingAhead
        ? html`<span><kbd>Enter</kbd> ${panel.steers ? t('send now') : t('queue')}</span
            ><span><kbd>Alt+Enter</kbd> ${panel.steers ? t('queue') : t('send now')}</span>`
        : html`${usage === undefined ? nothing : used(usage)}${open.followers.length > 1 ? windows(open.followers) : nothing}${roundTrip(panel.machine)}`
    }
  </div>`;
}

const used = (usage: UsageNow): TemplateResult =>
  html`${meter(usage)}${usage.cost === undefined ? nothing : html`<span title=${t('This session')}>${money(usage.cost)}</span>`}`;

/** "2 windows"; with a terminal or a program among them "3 open". */
function windows(followers: readonly Actor[]): TemplateResult {
  const areWindows = followers.every(({ clientId }) => /(^|:)window-/.test(clientId));
  const words = areWindows ? t('{0} windows', followers.length) : t('{0} open', followers.length);
  return html`<span title=${reveal(followers.map(({ name }) => name).join(', '))}
    >${icon('multiple-windows', 'quiet')}${words}</span
  >`;
}

/** How far away the session's machine is; what was measured before the link broke is said to be from before. */
function roundTrip(machine: View['panel']['machine']): TemplateResult | typeof nothing {
  if (machine?.rttMs === undefined) return nothing;
  const words =
    machine.state === 'connected' ? t('{0} ms', machine.rttMs) : t('{0} ms before', machine.rttMs);
  return html`<span title=${t('Round trip to {0}', machine.name)}>${icon('plug', 'quiet')}${words}</span>`;
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
