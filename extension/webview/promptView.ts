// A prompt in the conversation: what was sent, by whom when it was somebody else, and a mark when it may not have finished.
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';
import { picture } from './images.ts';
import { alongWith, imagesOf, wordsOf, type PromptPart, type Waiting } from './parts.ts';
import { reveal } from './reveal.ts';
import { isMine, nameOf, senderLine } from './sender.ts';
import { clockTime } from './times.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

export function promptView(part: PromptPart, { open, now }: View): TemplateResult {
  const isUncertain = part.outcome === 'uncertain';
  const isOwn = isMine(part, open.me);
  const time = part.earlier ? t('before this session') : clockTime(part.at, now);
  const isSaid = isOwn || part.earlier;
  const label = isUncertain
    ? t('Your prompt. May not have finished.')
    : part.origin
      ? t('Mail')
      : t('Your prompt');
  return html`<section
    class="prompt ${isUncertain ? 'cut' : ''}"
    data-part="prompt"
    data-key=${part.key}
    data-prompt-id=${part.promptId}
    data-outcome=${part.outcome}
    aria-label=${label}
    title=${isSaid ? time : t('{0}, from {1}', time, nameOf(part))}
  >
    <h2 class="sr">${t('{0}, {1}', isSaid ? t('You') : nameOf(part), time)}</h2>
    ${isUncertain ? icon('warning', 'mark warn') : nothing} ${said(part.message)} ${senderLine(part, open.me)}
  </section>`;
}

/** A prompt that is on its way: it stands where it will stand. */
export const pendingPromptView = (
  { promptId, message }: Omit<Waiting, 'from'>,
  word: string,
): TemplateResult =>
  html`<section
    class="prompt pending"
    data-part="prompt"
    data-prompt-id=${promptId}
    data-outcome="pending"
    aria-label=${t('Your prompt. {0}.', word)}
  >
    <h2 class="sr">${t('{0}, {1}', t('You'), word)}</h2>
    ${said(message)}
  </section>`;

/** What goes along stands out where the text names it; what it does not name stands below. */
function mentioned(text: string, names: readonly string[]): { words: unknown[]; along: readonly string[] } {
  const named = new Set<string>();
  const words = text.split(/(?<![^\s(])(@[^\s@]*[^\s@.,;:!?)])/).map((piece, index) => {
    const isOf = (name: string): boolean => piece === `@${name}` || piece.endsWith(`/${name}`);
    const name = index % 2 === 1 ? names.find(isOf) : undefined;
    if (name === undefined) return reveal(piece);
    named.add(name);
    return html`<span class="mention">${reveal(piece)}</span>`;
  });
  return { words, along: names.filter((name) => !named.has(name)) };
}

function said(message: Waiting['message']): TemplateResult {
  const images = imagesOf(message);
  const text = wordsOf(message);
  const { words, along } = mentioned(text, alongWith(message));
  return html`${text === '' ? nothing : html`<p>${words}</p>`}
  ${images.length === 0 ? nothing : html`<div class="pictures">${images.map((image) => picture(image))}</div>`}
  ${
    along.length === 0
      ? nothing
      : html`<div class="chips" role="list" aria-label=${t('Sent along')}>
          ${along.map((name) => html`<span class="chip" role="listitem">${icon('file')}<span class="one-line">${reveal(name)}</span></span>`)}
        </div>`
  }`;
}
