// Sentences between the messages: a turn that may not have finished, one that was stopped or failed, a gap.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import type { GapPart, NotePart, UncertainPart } from './parts.ts';
import { reveal } from './reveal.ts';
import { clockTime } from './times.ts';
import { isSound, type View } from './view.ts';

const LATER = { again: 'It runs again below.', left: 'Left as it is.' } as const;

export function uncertainView(part: UncertainPart, view: View): TemplateResult {
  const { act } = view;
  const { promptId, choice } = part;
  const retry = (): void => act.post({ type: 'retry', promptId });
  const leave = (): void => act.post({ type: 'remove', promptId });
  const buttons = html`<div class="actions">
    <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${retry}>Run again</button>
    <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${leave}>Leave it</button>
  </div>`;
  return html`<section
    class="notice"
    role="group"
    data-part="uncertain"
    data-key=${part.key}
    data-prompt-id=${promptId}
    data-choice=${choice}
    aria-label="May not have finished"
  >
    <div class="say">
      ${icon('warning', choice === 'open' ? 'warn' : 'quiet')}
      <span
        >May not have finished. The gateway stopped while this prompt ran.
        ${choice === 'open' ? nothing : LATER[choice]}</span
      >
    </div>
    ${choice === 'open' ? buttons : nothing}
  </section>`;
}

export function noteView(part: NotePart, view: View): TemplateResult {
  const { promptId, tone, at } = part;
  if (tone !== 'failed') {
    return html`<div class="gap solid" data-part="note" data-key=${part.key}>
      <span>${reveal(part.text)}, ${clockTime(at, view.now)}</span>
    </div>`;
  }
  const retry = (): void => {
    if (promptId !== undefined) view.act.post({ type: 'retry', promptId });
  };
  return html`<section
    class="notice failed"
    role="group"
    data-part="error"
    data-key=${part.key}
    aria-label="The turn ended with an error"
  >
    <div class="say">${icon('error', 'bad')}<span class="pre">${reveal(part.text)}</span></div>
    ${
      promptId === undefined
        ? nothing
        : html`<div class="actions">
            <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${retry}>Run again</button>
          </div>`
    }
  </section>`;
}

export function gapView({ key, count }: GapPart): TemplateResult {
  const words = count === 1 ? '1 event missing' : `${count} events missing`;
  return html`<div class="gap" role="separator" data-part="gap" data-key=${key}><span>${words}</span></div>`;
}
