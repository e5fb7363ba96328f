// The dock's lists: the agent's plan and the prompts that wait.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon, iconButton } from './icons.ts';
import { hasOpenQuestion } from './panel.ts';
import { textOf, type PlanEntries, type Waiting } from './parts.ts';
import { from } from './promptView.ts';
import { reveal } from './reveal.ts';
import { isSound, type View } from './view.ts';

const STEPS = {
  completed: { row: 'done', mark: () => icon('check', 'ok'), word: 'done' },
  in_progress: { row: 'now', mark: () => icon('arrow-right'), word: 'now' },
  pending: { row: '', mark: () => icon('circle-large-outline', 'quiet'), word: 'later' },
} as const;

export function planView(plan: PlanEntries, view: View): TemplateResult {
  const done = plan.filter(({ status }) => status === 'completed').length;
  const now = plan.findIndex(({ status }) => status === 'in_progress');
  const isOpen = view.act.isOpen('plan', view.room.plan);
  const step = plan[now];
  const folded =
    step === undefined
      ? `${done} of ${plan.length} done`
      : `step ${now + 1} of ${plan.length}: ${reveal(step.content)}`;
  return html`<section class="dock-part" data-part="plan" aria-label="Plan">
    <button
      class="dock-head"
      type="button"
      aria-expanded=${isOpen}
      @click=${() => view.act.fold('plan', !isOpen)}
    >
      ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<b>Plan</b
      ><span class="dim grow one-line">${isOpen ? `${done} of ${plan.length} done` : folded}</span>
    </button>
    ${
      isOpen
        ? html`<div role="list" class="dock-list">
            ${plan.map(({ content, status }) => {
              const { row, mark, word } = STEPS[status];
              return html`<div class="dock-row ${row}" role="listitem">
                ${mark()}<span class="text"><span class="sr">${word}: </span>${reveal(content)}</span>
              </div>`;
            })}
          </div>`
        : nothing
    }
  </section>`;
}

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
              (waiting) => row(waiting, view),
            )}
          </div>`
        : nothing
    }
  </section>`;
}

function row({ promptId, message, from: sender }: Waiting, view: View): TemplateResult {
  const remove = (): void => view.act.post({ type: 'remove', promptId });
  const isForeign = sender.clientId !== view.open.me.clientId;
  return html`<div class="dock-row" role="listitem" data-prompt-id=${promptId}>
    ${icon('circle-small', 'quiet')}<span class="text"
      ><span class="two-lines">${reveal(textOf(message))}</span
      >${isForeign ? from(sender.name) : nothing}</span
    >
    ${isSound(view) ? html`<span class="row-actions">${iconButton('close', 'Remove', remove)}</span>` : nothing}
  </div>`;
}
