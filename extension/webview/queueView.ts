// The prompts that wait, in the dock: in order, each with what can be done to it.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon, iconButton } from './icons.ts';
import { hasOpenQuestion } from './panel.ts';
import type { Waiting } from './parts.ts';
import { queueRow } from './queueRow.ts';
import type { View } from './view.ts';

export function queueView(queue: readonly Waiting[], view: View): TemplateResult {
  const { open, act, room } = view;
  const isOpen = act.isOpen('queue', room.queue);
  const { held } = open.transcript;
  const isUndecided = hasOpenQuestion(open.transcript);
  const state = !held ? '' : isUndecided ? ', held until you choose' : ', held';
  const resume = (): void => act.post({ type: 'resumeQueue' });
  const hold = (): void => act.post({ type: 'pauseQueue' });
  return html`<section class="dock-part" data-part="queue" aria-label="Queued prompts">
    <div class="dock-head">
      <button
        class="dock-fold"
        type="button"
        aria-expanded=${isOpen}
        @click=${() => act.fold('queue', !isOpen)}
      >
        ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<b>Queued</b
        ><span class="dim">${queue.length}${state}</span>
      </button>
      ${
        isUndecided
          ? nothing
          : held
            ? iconButton('debug-continue', 'Let the queue go on', resume)
            : iconButton('debug-pause', 'Hold the queue', hold)
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
