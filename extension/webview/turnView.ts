// A finished turn as one line above its answer; it opens into all that was done.
import { html, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import { wordsOfTurn, type TurnFold } from './turns.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

export function turnView(fold: TurnFold, { act }: View): TemplateResult {
  const { key, isOpen } = fold;
  return html`<section data-part="turn" data-key=${key} aria-label=${t('What was done')}>
    <button class="fold" type="button" aria-expanded=${isOpen} @click=${() => act.fold(key, !isOpen)}>
      ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<span>${wordsOfTurn(fold)}</span>
    </button>
  </section>`;
}
