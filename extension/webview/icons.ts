// Icons and icon buttons: codicons that say nothing to a screen reader, with a name on the button.
import { html, type TemplateResult } from 'lit';

export const icon = (name: string, tone = ''): TemplateResult =>
  html`<i class="codicon codicon-${name} ${tone}" aria-hidden="true"></i>`;

/** A spinner; with reduced motion the style sheet lets it stand still. */
export const spinner = (tone = ''): TemplateResult => icon('session-in-progress', `spin ${tone}`);

export const iconButton = (name: string, label: string, act: () => void): TemplateResult =>
  html`<button class="icon-btn" type="button" aria-label=${label} title=${label} @click=${act}>
    ${icon(name)}
  </button>`;
