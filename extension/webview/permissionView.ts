// The question of an agent: everything that will be done in full view, the options in its own order and words, and later
// the verdict in the place of the options.
import { html, nothing, type TemplateResult } from 'lit';
import { diffRow } from './diffRow.ts';
import { answerHint, canAnswer, formBody, isForm } from './formView.ts';
import { icon } from './icons.ts';
import { inFull } from './inFull.ts';
import type { Ask } from './parts.ts';
import { reveal } from './reveal.ts';
import { isMe } from './sender.ts';
import { ago } from './times.ts';
import { commandOf, inputOf } from './toolText.ts';
import type { View } from './view.ts';
import { language, t } from './l10n.ts';

const VERDICTS = {
  allow_once: (where: string, when: string) => t('Allowed once {0}, {1}', where, when),
  allow_always: (where: string, when: string) => t('Always allowed {0}, {1}', where, when),
  reject_once: (where: string, when: string) => t('Rejected {0}, {1}', where, when),
  reject_always: (where: string, when: string) => t('Always rejected {0}, {1}', where, when),
} as const;

export function askBody(ask: Ask, view: View, isOpen: boolean): TemplateResult {
  if (isForm(ask)) {
    const end = ask.verdict === undefined && !isOpen ? ended() : verdictLine(ask, view);
    return html`${formBody(ask, view, isOpen)}${end}`;
  }
  return html`${what(ask, view)}
    <div class="facts">
      ${saysMore(ask) ? html`<div class="fact">${icon('comment')}<span>${inFull(ask.title)}</span></div>` : nothing}
      <div class="fact">
        ${icon('folder')}<span>${t('In')} <code>${inFull(shortPath(view.open))}</code></span>
      </div>
      ${isOpen ? elsewhere(view) : nothing}
    </div>
    ${ask.verdict === undefined ? (isOpen ? options(ask, view) : ended()) : verdictLine(ask, view)}`;
}

/** A folder below one's own home, as people write it. */
const shortPath = ({ session: { path }, home }: View['open']): string =>
  home !== '' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;

/** Others see the question too. */
function elsewhere({ open }: View): unknown {
  const others = open.followers.filter((one) => !isMe(one, open.me));
  if (others.length === 0) return nothing;
  const places = new Intl.ListFormat(language()).format(others.map(({ name }) => t('in {0}', reveal(name))));
  return html`<div class="fact">
    ${icon('multiple-windows')}<span>${t('Also shown {0}. The first answer counts.', places)}</span>
  </div>`;
}

/** The command, the rest of the input, and the changes: whole, wrapped, never clipped. */
function what({ call, title }: Ask, view: View): TemplateResult {
  const command = commandOf(call);
  const input = inputOf(call);
  const diffs = call.content.filter((content) => content.type === 'diff');
  const texts = call.content.filter((content) => content.type === 'text');
  // An edit's input repeats the two texts that the diff shows better.
  const rest = diffs.length > 0 ? '' : input;
  const isBare = command === undefined && rest === '' && diffs.length === 0 && texts.length === 0;
  return html`${command === undefined ? nothing : html`<pre class="cmdline" tabindex="0" aria-label=${t('Command')}>${inFull(command)}</pre>`}
  ${rest === '' ? nothing : html`<pre class="cmdline ${command === undefined ? '' : 'rest'}" tabindex="0" aria-label=${t('Input')}>${inFull(rest)}</pre>`}
  ${texts.map(({ text }) => html`<pre class="cmdline rest" tabindex="0">${inFull(text)}</pre>`)}
  ${diffs.map((diff) => diffRow(diff, view))}
  ${isBare ? html`<p class="cmdline">${inFull(title)}</p>` : nothing}`;
}

/** The agent's title is a fact of its own when it is more than the command in other dress. */
function saysMore({ title, call }: Ask): boolean {
  const bare = title.replaceAll('`', '').trim();
  const command = commandOf(call) ?? '';
  return bare !== '' && bare !== command.trim() && !(command === '' && inputOf(call) === '');
}

function options(ask: Ask, view: View): TemplateResult {
  const { permissionId, digest } = ask;
  const isOff = !canAnswer(ask, view);
  const first = ask.options.findIndex(({ kind }) => kind === 'allow_once');
  const answer = (optionId: string): void => {
    if (!isOff) view.act.answer(permissionId, optionId, digest);
  };
  const count = Math.min(ask.options.length, 9);
  return html`<div class="options">
    ${ask.options.map(
      ({ optionId, name }, index) =>
        html`<button
          class="btn ${index === first ? 'primary' : ''}"
          type="button"
          data-option-id=${optionId}
          aria-disabled=${isOff}
          @click=${() => answer(optionId)}
        >
          ${index < 9 ? html`<kbd aria-hidden="true">${index + 1}</kbd>` : nothing}<span class="grow"
            >${inFull(name)}</span
          >
        </button>`,
    )}
    ${answerHint(ask, view, t('Press 1 to {0} while this is focused. It waits until someone answers.', count))}
  </div>`;
}

/** The keys 1 to 9, wherever the focus is in the card. */
export const askKeys =
  (ask: Ask, view: View) =>
  (event: KeyboardEvent): void => {
    const { permissionId, digest, options: offered, verdict } = ask;
    if (isForm(ask) || verdict !== undefined || !/^[1-9]$/.test(event.key) || hasModifier(event)) return;
    const option = offered[Number(event.key) - 1];
    if (option === undefined || !canAnswer(ask, view)) return;
    event.preventDefault();
    view.act.answer(permissionId, option.optionId, digest);
  };

const hasModifier = ({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => ctrlKey || metaKey || altKey;

const ended = (): TemplateResult =>
  html`<div class="verdict">
    ${icon('circle-slash', 'quiet')}<span>${t('Not answered. The turn ended.')}</span>
  </div>`;

function verdictLine(ask: Ask, { open, now }: View): TemplateResult {
  const { verdict, options: offered } = ask;
  if (verdict === undefined) return html`${nothing}`;
  const { optionId, by, at } = verdict;
  if (optionId === null || by === null) {
    return html`<div class="verdict" tabindex="-1">
      ${icon('circle-slash', 'quiet')}<span>${t('Withdrawn by the agent, {0}', ago(at, now))}</span>
    </div>`;
  }
  const option = offered.find((offer) => offer.optionId === optionId);
  const isAllowed = option === undefined || option.kind.startsWith('allow');
  const where = isMe(by, open.me) ? t('here') : t('in {0}', by.name);
  const when = ago(at, now);
  const isFilled = isAllowed && isForm(ask);
  const words =
    option === undefined || isFilled
      ? t('Answered {0}, {1}', where, when)
      : VERDICTS[option.kind](where, when);
  return html`<div class="verdict" tabindex="-1" title=${option?.name ?? ''}>
    ${isAllowed ? icon('check', 'ok') : icon('circle-slash', 'quiet')}<span>${words}</span>
  </div>`;
}
