// A prompt that waits: moved by its grip or Alt and the arrows, sent now, edited in place, or taken out.
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { icon, iconButton } from './icons.ts';
import { textOf, wordsOf, type Waiting } from './parts.ts';
import { reveal } from './reveal.ts';
import { senderLine } from './sender.ts';
import { here, isSound, type View } from './view.ts';
import { t } from './l10n.ts';

export interface Place {
  readonly index: number;
  readonly count: number;
  /** A prompt may not have finished: nothing goes before that choice. */
  readonly isUndecided: boolean;
}

/** What is dragged says so by this type, so that other things are not taken for it. */
const DRAGGED = 'application/x-holdfast-prompt';

export function queueRow(waiting: Waiting, place: Place, view: View): TemplateResult {
  const { promptId, message } = waiting;
  const isEdited = view.editing?.promptId === promptId;
  const can = isSound(view);
  return html`<div
    class="dock-row queued"
    role="listitem"
    tabindex="0"
    data-prompt-id=${promptId}
    data-index=${place.index}
    draggable=${can && !isEdited ? 'true' : 'false'}
    aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown F2 Delete"
    @keydown=${(event: KeyboardEvent) => key(event, waiting, place, view)}
    @dragstart=${(event: DragEvent) => event.dataTransfer?.setData(DRAGGED, promptId)}
    @dragover=${dragOver}
    @dragleave=${leave}
    @drop=${(event: DragEvent) => drop(event, place.index, view)}
  >
    ${icon('gripper', 'quiet grip')}
    ${
      isEdited
        ? editor(waiting, view)
        : html`<span class="text"
            ><span class="two-lines">${reveal(textOf(message))}</span
            >${senderLine(waiting, view.open.me)}</span
          >`
    }
    <span class="slot">${can ? actions(waiting, place, view) : nothing}</span>
  </div>`;
}

function actions(waiting: Waiting, { isUndecided }: Place, view: View): TemplateResult {
  const { promptId } = waiting;
  if (view.editing?.promptId === promptId) {
    return html`<span class="row-actions on"
      >${iconButton('check', t('Save (Enter)'), () => view.act.saveEdit())}${iconButton('discard', t('Leave it as it was (Escape)'), () => view.act.edit(undefined))}</span
    >`;
  }
  const now = (): void => view.act.post({ type: 'sendNow', promptId, ...here(view) });
  return html`<span class="row-actions"
    >${isUndecided ? nothing : iconButton('run-above', t('Send now'), now)}${iconButton('edit', t('Edit (F2)'), () => begin(waiting, view))}${iconButton('close', t('Remove (Delete)'), () => view.act.post({ type: 'remove', promptId, ...here(view) }))}</span
  >`;
}

const begin = ({ promptId, message }: Waiting, view: View): void =>
  view.act.edit({ promptId, text: wordsOf(message) });

function editor({ promptId }: Waiting, view: View): TemplateResult {
  const start = (element: Element | undefined): void => {
    if (!(element instanceof HTMLTextAreaElement) || element.dataset['begun'] === 'yes') return;
    element.dataset['begun'] = 'yes';
    element.value = view.editing?.text ?? '';
    // It is not in the page yet. One that a reload brings back takes the keyboard from nobody.
    queueMicrotask(() => {
      if (element.closest('.queued')?.matches(':focus-within')) element.focus();
    });
  };
  const typed = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement) view.act.edit({ promptId, text: event.target.value });
  };
  const pressed = (event: KeyboardEvent): void => {
    // The row's own keys are not for somebody who types.
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === 'Escape') view.act.edit(undefined);
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      view.act.saveEdit();
    }
  };
  return html`<textarea
    class="row-field"
    rows="1"
    aria-label=${t('Queued prompt')}
    ${ref(start)}
    @input=${typed}
    @keydown=${pressed}
  ></textarea>`;
}

// ---- keys ----

function key(event: KeyboardEvent, waiting: Waiting, { index, count }: Place, view: View): void {
  const row = event.currentTarget;
  if (!(row instanceof HTMLElement) || !isSound(view)) return;
  const { promptId } = waiting;
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  const isOnRow = event.target === row;
  if (step !== 0 && event.altKey) {
    const position = index + step;
    if (position >= 0 && position < count) move(promptId, position, view);
  } else if (step !== 0) {
    const next = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (next instanceof HTMLElement) next.focus();
  } else if (event.key === 'F2') begin(waiting, view);
  else if (event.key === 'Delete' && isOnRow) view.act.post({ type: 'remove', promptId, ...here(view) });
  else return;
  event.preventDefault();
}

const move = (promptId: string, position: number, view: View): void =>
  view.act.post({ type: 'move', promptId, position, ...here(view) });

// ---- the mouse ----

function dragOver(event: DragEvent): void {
  if (event.dataTransfer?.types.includes(DRAGGED) !== true) return;
  event.preventDefault();
  rowOf(event)?.classList.add('drop');
}

const leave = (event: DragEvent): void => rowOf(event)?.classList.remove('drop');

function drop(event: DragEvent, position: number, view: View): void {
  const promptId = event.dataTransfer?.getData(DRAGGED) ?? '';
  leave(event);
  if (promptId === '') return;
  event.preventDefault();
  if (rowOf(event)?.dataset['promptId'] !== promptId) move(promptId, position, view);
}

const rowOf = ({ currentTarget }: Event): HTMLElement | undefined =>
  currentTarget instanceof HTMLElement ? currentTarget : undefined;
