// What stands where there is no conversation: no session, no gateway, or nothing said yet.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import type { Panel } from './panel.ts';
import { reveal } from './reveal.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

type Act = View['act'];

export function noSession({ link, refusal }: Panel, act: Act): TemplateResult {
  const start = (): void => act.post({ type: 'newSession' });
  const reconnect = (): void => act.post({ type: 'reconnect' });
  if (link?.state === 'offline') {
    return html`<div class="empty" data-part="offline">
      <p>${icon('warning', 'warn')} ${t('The gateway does not answer.')} ${reveal(link.reason)}</p>
      <button class="btn primary" type="button" @click=${reconnect}>${t('Start the gateway')}</button>
    </div>`;
  }
  if (link?.state === 'connecting') {
    return html`<div class="empty" data-part="starting">
      <p>${t('Starting the gateway. Your sessions appear here in a moment.')}</p>
    </div>`;
  }
  return html`<div class="empty" data-part="no-session">
    <p>${t('Sessions live in the gateway. Close this window and they keep working.')}</p>
    <button class="btn primary" type="button" @click=${start}>${t('Start a session')}</button>
    ${refusal === undefined ? nothing : html`<p role="alert">${icon('warning', 'warn')} ${reveal(refusal.message)}</p>`}
  </div>`;
}

export const nothingSaid = ({ open }: View): TemplateResult =>
  html`<div class="empty" data-part="nothing-said">
    <p class="dim">
      ${t('{0} works in this folder. Close this window and it keeps working.', open.agentName)}
      <code class="block">${reveal(open.session.path)}</code>
    </p>
  </div>`;
