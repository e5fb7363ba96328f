// A changed file in a card: its path, its counts, and a button that opens VS Code's own diff.
import { html, type TemplateResult } from 'lit';
import type { ToolContent } from '../../gateway/protocol/index.ts';
import { countChanges } from './diffCount.ts';
import { iconButton } from './icons.ts';
import { reveal } from './reveal.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

type Diff = Extract<ToolContent, { type: 'diff' }>;

export const counts = (added: number, removed: number): TemplateResult =>
  html`<span class="sr">${t('{0} added, {1} removed', added, removed)}</span
    ><span class="add" aria-hidden="true">+${added}</span>
    <span class="del" aria-hidden="true">−${removed}</span>`;

export function diffRow({ path, oldText, newText }: Diff, { open, act }: View): TemplateResult {
  const { added, removed } = countChanges(oldText ?? '', newText);
  const show = (): void => act.post({ type: 'openDiff', path, oldText, newText });
  return html`<div class="diff-row">
    <code class="grow">${reveal(path.replace(`${open.session.path}/`, ''))}</code>
    <span class="meta num">${counts(added, removed)}</span>${iconButton('diff-single', t('Open diff'), show)}
  </div>`;
}
