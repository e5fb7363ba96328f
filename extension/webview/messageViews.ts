// What the agent says: its text, bare on the view, and its thoughts under a fold.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import type { TextPart, ThoughtPart } from './parts.ts';
import { clockTime } from './times.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

export function textView(part: TextPart, { open, now, act }: View, isLive: boolean): TemplateResult {
  const markdown = act.markdown(part.key);
  markdown.update(part.text);
  return html`<section
    class="said ${isLive ? 'live-text' : ''}"
    data-part="text"
    data-key=${part.key}
    aria-label=${open.agentName}
  >
    <h2 class="sr">${t('{0}, {1}', open.agentName, clockTime(part.at, now))}</h2>
    ${markdown.element}
  </section>`;
}

export function thoughtView(part: ThoughtPart, { act }: View, isLive: boolean): TemplateResult {
  const isOpen = act.isOpen(part.key, false);
  const seconds = Math.max(1, Math.round((part.at - part.since) / 1000));
  const fold = (): void => act.fold(part.key, !isOpen);
  const markdown = act.markdown(part.key);
  if (isOpen) markdown.update(part.text);
  return html`<section data-part="thought" data-key=${part.key} aria-label=${t('Thought')}>
    <button class="fold" type="button" aria-expanded=${isOpen} @click=${fold}>
      ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<span
        >${isLive ? t('Thinking') : t('Thought for {0} s', seconds)}</span
      >
    </button>
    ${isOpen ? html`<div class="thought">${markdown.element}</div>` : nothing}
  </section>`;
}
