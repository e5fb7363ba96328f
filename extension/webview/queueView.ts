// The prompts that wait, in the dock: in order, each with what can be done to it.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon, iconButton } from './icons.ts';
import { hasOpenQuestion } from './panel.ts';
import type { Waiting } from './parts.ts';
import { queueRow } from './queueRow.ts';
import { here, type View } from './view.ts';
import { t } from './l10n.ts';

export function queueView(queue: readonly Waiting[], view: View): TemplateResult {
  const { open, act, room } = view;
  const isOpen = act.isOpen('queue', room.queue);
  const { held } = open.transcript;
  const isUndecided = hasOpenQuestion(open.transcript);
  const { length } = queue;
  const count = !held
    ? String(length)
    : isUndecided
      ? t('{0}, held until you choose', length)
      : t('{0}, held', length);
  const resume = (): void => act.post({ type: 'resumeQueue', ...here(view) });
  const hold = (): void => act.post({ type: 'pauseQueue', ...here(view) });
  return html`<section class="dock-part" data-part="queue" aria-label=${t('Queued prompts')}>
    <div class="dock-head">
      <button
        class="dock-fold"
        type="button"
        aria-expanded=${isOpen}
        @click=${() => act.fold('queue', !isOpen)}
      >
        ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<b>${t('Queued')}</b
        ><span class="dim one-line">${count}</span>
      </button>
      ${
        isUndecided
          ? nothing
          : held
            ? iconButton('debug-continue', t('Let the queue go on'), resume)
            : iconButton('debug-pause', t('Hold the queue'), hold)
      }
    </div>
    ${
      isOpen
        ? html`<div role="list" class="dock-list">
            ${repeat(
              queue,
              ({ promptId }) => promptId,
              (waiting, index) => queueRow(waiting, { index, count: queue.length, isUndecided }, view),
            )}
          </div>`
        : nothing
    }
  </section>`;
}
