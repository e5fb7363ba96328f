// The whole panel as one template: transcript, strip, dock.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { noSession, nothingSaid } from './emptyView.ts';
import { footerView } from './footerView.ts';
import { icon } from './icons.ts';
import type { Panel } from './panel.ts';
import { planView } from './planView.ts';
import { partView } from './partView.ts';
import { pendingPromptView } from './promptView.ts';
import { queueView } from './queueView.ts';
import { transcriptKey } from './moving.ts';
import { stripOf, stripView } from './stripView.ts';
import { exactTime } from './times.ts';
import type { Waiting } from './parts.ts';
import type { Shown } from './turns.ts';
import { isSound, isWorking, type View } from './view.ts';
import { t } from './l10n.ts';

export interface Frame {
  readonly items: readonly Shown[];
  /** Changes when a fold does. */
  readonly folds: unknown;
  readonly composer: HTMLElement;
  readonly isTyping: boolean;
  readonly isStopping: boolean;
  readonly isNewBelow: boolean;
  readonly toEnd: () => void;
  /** One sentence for screen readers. */
  readonly alert: string;
}

/** Whatever runs there now, this is how far it is known. */
const unheardOf = ({ machine }: Panel): TemplateResult | typeof nothing =>
  machine?.state === 'stale' || machine?.state === 'disconnected'
    ? html`<div class="gap" role="separator" data-part="unheard">
        <span>${t('Nothing heard since {0}', exactTime(machine.heardAt))}</span>
      </div>`
    : nothing;

export const emptyLayout = (panel: Panel, act: View['act'], now: number): TemplateResult =>
  html`<div class="hf">
    <div class="scroller">${noSession(panel, act)}</div>
    ${panel.link === undefined || panel.link.state === 'connected' ? nothing : stripView({ ...stripOf(panel, undefined, now, false), retry: false }, act)}
  </div>`;

export function sessionLayout(view: View, frame: Frame): TemplateResult {
  const { panel, open, now, act } = view;
  const { transcript } = open;
  const { starting, waiting } = sort(view);
  const last = transcript.parts.at(-1);
  const isRunning = transcript.status === 'busy' && isSound(view);
  const isEmpty = transcript.parts.length === 0 && starting.length === 0;
  return html`<div class="hf">
    <div class="scroller" tabindex="0" role="region" aria-label=${t('Transcript')} @keydown=${transcriptKey}>
      <div class="transcript" role="log" aria-live="off" aria-label=${t('Conversation')}>
        ${open.isLoadingEarlier ? html`<div class="gap">${t('Earlier messages')}</div>` : nothing}
        ${isEmpty ? nothingSaid(view) : nothing}
        ${repeat(
          frame.items,
          ({ key }) => key,
          (item) => partView(item, view, isRunning && item === last, frame.folds),
        )}
        ${repeat(
          starting,
          ({ promptId }) => promptId,
          (prompt) => pendingPromptView(prompt, t('on its way')),
        )}
        ${unheardOf(panel)}
      </div>
    </div>
    ${
      frame.isNewBelow
        ? html`<div class="below">
            <button class="btn small" type="button" @click=${frame.toEnd}>
              ${icon('arrow-down')}${t('New below')}
            </button>
          </div>`
        : nothing
    }
    ${stripView(stripOf(panel, transcript, now, frame.isStopping), act)}
    <div class="dock">
      ${transcript.plan.length > 0 ? planView(transcript.plan, view) : nothing}
      ${waiting.length > 0 ? queueView(waiting, view) : nothing}
    </div>
    ${frame.composer}${footerView(view, frame.isTyping && isWorking(view) && isSound(view))}
    <div class="sr" role="alert">${frame.alert}</div>
  </div>`;
}

/** A prompt that nothing keeps from starting already stands in the conversation; the others stand in the queue. */
function sort(view: View): { starting: readonly Omit<Waiting, 'from'>[]; waiting: readonly Waiting[] } {
  const { panel, open } = view;
  const { parts, queue, held, status } = open.transcript;
  const unheard = panel.unheard
    .filter(({ sessionId }) => sessionId === open.session.sessionId)
    .map(({ promptId, text, attachments }): Waiting => ({
      // Made by this panel, and taken by the gateway as it is.
      promptId: promptId as Waiting['promptId'],
      message: [
        { type: 'text', text },
        ...attachments.map((along) => ({ type: 'resource_link' as const, ...along })),
      ],
      from: open.me,
    }));
  const all = [...queue, ...unheard];
  // The prompt of a very long turn may stand on an earlier page.
  const isRunning =
    ['busy', 'waiting'].includes(status) ||
    parts.some((part) => part.kind === 'prompt' && part.outcome === 'running');
  return isRunning || held
    ? { starting: [], waiting: all }
    : { starting: all.slice(0, 1), waiting: all.slice(1) };
}
