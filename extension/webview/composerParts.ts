// What the composers of prompts and of mail are made of: the pickers, the button that sends, and a refusal.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import { t } from './l10n.ts';
import { reveal } from './reveal.ts';

export interface Picker {
  readonly picks: string;
  readonly label: string;
  readonly title?: string;
  readonly shown: string;
  /** A long name gives way to the others. */
  readonly shrinks?: boolean;
  readonly disabled?: boolean;
  readonly act: () => void;
}

/** VS Code's own list opens from it. */
export const picker = ({ picks, label, title, shown, shrinks, disabled, act }: Picker): TemplateResult =>
  html`<button
    class="pick ${shrinks === true ? 'shrink' : ''}"
    type="button"
    data-pick=${picks}
    aria-label=${label}
    title=${title ?? label}
    ?disabled=${disabled}
    @click=${act}
  >
    <span class=${shrinks === true ? 'one-line' : ''}>${reveal(shown)}</span>${icon('chevron-down')}
  </button>`;

export const sendButton = (canSend: boolean, act: () => void, label = t('Send')): TemplateResult =>
  html`<button
    class="send"
    type="button"
    aria-label=${label}
    title=${label}
    ?disabled=${!canSend}
    @click=${act}
  >
    ${icon('arrow-up')}
  </button>`;

export const refused = (words: string | undefined): TemplateResult | typeof nothing =>
  words === undefined
    ? nothing
    : html`<p class="refusal" role="alert">${icon('warning', 'warn')}<span>${reveal(words)}</span></p>`;
