// Sentences between the messages: a turn that may not have finished, one that was stopped or failed, a gap.
import { html, nothing, type TemplateResult } from 'lit';
import { filesOf, turnChanges, type ChangedFile, type TurnChanges } from './changedFiles.ts';
import { icon } from './icons.ts';
import type { GapPart, NotePart, UncertainPart } from './parts.ts';
import { reveal } from './reveal.ts';
import { clockTime, exactTime } from './times.ts';
import { here, isSound, type View } from './view.ts';
import { t } from './l10n.ts';

const LATER = { again: () => t('It runs again below.'), left: () => t('Left as it is.') } as const;

export function uncertainView(part: UncertainPart, view: View): TemplateResult {
  const { act } = view;
  const { promptId, choice } = part;
  const changes = changesOf(part, view);
  const files = changes === undefined ? [] : filesOf(changes);
  const show = (): void => {
    if (changes === undefined) return;
    act.watchChanges(changes.key, files);
    act.post({ type: 'openAllChanges', key: changes.key });
  };
  const retry = (): void => act.post({ type: 'retry', promptId, ...here(view) });
  const leave = (): void => act.post({ type: 'remove', promptId, ...here(view) });
  const buttons = html`<div class="actions">
    <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${retry}>${t('Run again')}</button>
    <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${leave}>${t('Leave it')}</button>
    ${files.length === 0 ? nothing : html`<button class="btn" type="button" @click=${show}>${t('Open changes')}</button>`}
  </div>`;
  return html`<section
    class="notice"
    role="group"
    data-part="uncertain"
    data-key=${part.key}
    data-prompt-id=${promptId}
    data-choice=${choice}
    aria-label=${t('May not have finished')}
  >
    <div class="say">
      ${icon('warning', choice === 'open' ? 'warn' : 'quiet')}
      <span
        >${t('May not have finished. The gateway stopped while this prompt ran.')} ${wereChanged(files)}
        ${choice === 'open' ? nothing : LATER[choice]()}</span
      >
    </div>
    ${choice === 'open' ? buttons : nothing}
  </section>`;
}

const WHY: Readonly<Record<Exclude<NotePart['why'], 'failed'>, () => string>> = {
  stopped: () => t('Stopped'),
  anew: () => t('The agent began anew and was told what is above'),
  untold: () => t('The agent remembers what was said before, and does not show it'),
  length: () => t('The answer reached the limit of its length'),
  steps: () => t('The turn reached the limit of its steps'),
  refusal: () => t('The agent declined to go on'),
};

/** What the prompt had changed before the gateway stopped. */
function changesOf({ key }: UncertainPart, { open }: View): TurnChanges | undefined {
  const { parts } = open.transcript;
  const end = parts.findIndex((part) => part.key === key);
  const start = parts.slice(0, end).findLastIndex(({ kind }) => kind === 'prompt');
  return turnChanges(parts, start, end);
}

function wereChanged(files: readonly ChangedFile[]): unknown {
  const [first] = files;
  if (first === undefined) return nothing;
  if (files.length > 1) return t('{0} files were changed.', files.length);
  const name = first.path.slice(first.path.lastIndexOf('/') + 1);
  const [before, after] = t('{0} was changed.', '\u0000').split('\u0000');
  return html`${before}<code class="inline">${reveal(name)}</code>${after}`;
}

export function noteView(part: NotePart, view: View): TemplateResult {
  const { promptId, why, at } = part;
  if (why !== 'failed') {
    return html`<div class="gap solid" data-part="note" data-key=${part.key}>
      <span>${t('{0}, {1}', WHY[why](), clockTime(at, view.now))}</span>
    </div>`;
  }
  const retry = (): void => {
    if (promptId !== undefined) view.act.post({ type: 'retry', promptId, ...here(view) });
  };
  return html`<section
    class="notice failed"
    role="group"
    data-part="error"
    data-key=${part.key}
    aria-label=${t('The turn ended with an error')}
  >
    <div class="say">${icon('error', 'bad')}<span class="pre">${reveal(part.text)}</span></div>
    ${
      promptId === undefined
        ? nothing
        : html`<div class="actions">
            <button class="btn" type="button" ?disabled=${!isSound(view)} @click=${retry}>
              ${t('Run again')}
            </button>
          </div>`
    }
  </section>`;
}

export function gapView({ key, count, since, at }: GapPart): TemplateResult {
  const missing = count === 1 ? t('1 event missing') : t('{0} events missing', count);
  const words = since === 0 ? missing : t('{0}, {1} to {2}', missing, exactTime(since), exactTime(at));
  return html`<div class="gap" role="separator" data-part="gap" data-key=${key}><span>${words}</span></div>`;
}
