// A tool card: what the agent does, how it stands, and its output under a fold.
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { askBody, askKeys } from './permissionView.ts';
import { counts, diffRow } from './diffRow.ts';
import { wordsOf, type Group } from './groups.ts';
import { shotView } from './images.ts';
import { icon, iconButton, spinner } from './icons.ts';
import type { ToolPart } from './parts.ts';
import { reveal, withoutStyles } from './reveal.ts';
import {
  asksTo,
  countOf,
  commandOf,
  headOf,
  inputOf,
  linesOf,
  shotsOf,
  metaOf,
  outputOf,
  type Meta,
} from './toolText.ts';
import { followEnd } from './follow.ts';
import { isSound, type View } from './view.ts';
import { t } from './l10n.ts';

/** More output than this is not put into the page; Copy still takes all of it. */
const MAX_LINES = 400;
const SHOWN_LINES = 8;

export type ToolState = 'running' | 'done' | 'failed' | 'stopped' | 'asks' | 'unheard';

export function toolState(part: ToolPart, sound: boolean): ToolState {
  if (part.call.status === 'completed') return 'done';
  if (part.call.status === 'failed') return 'failed';
  // Also when the gateway has ended meanwhile: the answer is kept for the agent that asks again.
  if (part.ask !== undefined && part.ask.verdict === undefined) return 'asks';
  if (part.cut) return 'stopped';
  return sound ? 'running' : 'unheard';
}

const ICONS: Readonly<Record<ToolState, () => TemplateResult>> = {
  running: () => spinner(),
  done: () => icon('check', 'ok'),
  failed: () => icon('error', 'bad'),
  stopped: () => icon('circle-slash', 'quiet'),
  asks: () => icon('shield', 'warn'),
  unheard: () => icon('circle-large-outline', 'quiet'),
};

const LABELS: Readonly<Record<ToolState, () => string>> = {
  running: () => t('Tool call, running'),
  done: () => t('Tool call, done'),
  failed: () => t('Tool call, failed'),
  stopped: () => t('Tool call, stopped'),
  asks: () => t('Tool call, asks'),
  unheard: () => t('Tool call, not heard from'),
};

export function toolView(part: ToolPart, view: View): TemplateResult {
  const state = toolState(part, isSound(view));
  return html`<section
    class="tool ${state === 'asks' ? 'ask' : ''}"
    data-part="tool"
    data-key=${part.key}
    data-tool-call-id=${part.call.toolCallId}
    data-state=${state}
    aria-label=${LABELS[state]()}
  >
    ${part.ask === undefined ? card(part, state, view) : askCard(part, state, view)}
  </section>`;
}

/** Several finished calls in one line; open, each of them is a card again. */
export function groupView(group: Group, view: View): TemplateResult {
  const isOpen = view.act.isOpen(group.key, false);
  const fold = (): void => view.act.fold(group.key, !isOpen);
  return html`<section
    class="tool"
    data-part="tool-group"
    data-key=${group.key}
    aria-label=${t('Tool calls, done')}
  >
    <button class="tool-head" type="button" aria-expanded=${isOpen} @click=${fold}>
      ${icon('check', 'ok')}<span class="what">${wordsOf(group)}</span
      >${icon(isOpen ? 'chevron-down' : 'chevron-right', 'quiet')}
    </button>
    ${isOpen ? html`<div class="tool-rows">${group.parts.map((part) => toolView(part, view))}</div>` : nothing}
  </section>`;
}

function card(part: ToolPart, state: ToolState, view: View): TemplateResult {
  const isOpen = view.act.isOpen(part.key, state === 'failed' || (state === 'running' && hasBody(part)));
  return html`${head(part, state, view, isOpen)}${isOpen ? html`<div class="tool-body">${output(part, state, view)}</div>` : nothing}`;
}

/** A question, open or answered: all that was above its options stays where it was. */
function askCard(part: ToolPart, state: ToolState, view: View): TemplateResult {
  const { ask } = part;
  if (ask === undefined) return html`${nothing}`;
  const id = `ask-${ask.permissionId}`;
  const asked = t('{0} asked for this', view.open.agentName);
  const isAnswered = ask.verdict !== undefined;
  const isOpen = !isAnswered || view.act.isOpen(part.key, true);
  const question = html`<div class="tool-head">
    ${ICONS[state]()}<span class="what" id=${id}
      >${state === 'asks' ? asksTo(view.open.agentName, ask) : asked}</span
    >
  </div>`;
  return html`<div
    role="group"
    aria-labelledby=${id}
    data-part="permission"
    data-permission-id=${ask.permissionId}
    data-state=${isAnswered ? 'answered' : 'open'}
    @keydown=${askKeys(ask, view)}
  >
    ${isAnswered ? html`<span class="sr" id=${id}>${asked}</span>${head(part, state, view, isOpen)}` : question}
    ${
      isOpen
        ? html`<div class="tool-body">
            ${askBody(ask, view, state === 'asks')}${isAnswered && hasNews(part) ? html`<div class="after">${output(part, state, view)}</div>` : nothing}
          </div>`
        : nothing
    }
  </div>`;
}

function head(part: ToolPart, state: ToolState, view: View, isOpen: boolean): TemplateResult {
  const words = headOf(part.call, view.open.session.path).map(({ text, isCode }) =>
    isCode ? html`<code>${reveal(text)}</code>` : reveal(text),
  );
  const fold = (): void => view.act.fold(part.key, !isOpen);
  return html`<button class="tool-head" type="button" aria-expanded=${isOpen} @click=${fold}>
    ${ICONS[state]()}<span class="what">${words}</span
    ><span class="meta">${meta(metaOf(part, view.now), state)}</span
    >${icon(isOpen ? 'chevron-down' : 'chevron-right', 'quiet')}
  </button>`;
}

function meta({ text, added, removed }: Meta, state: ToolState): unknown {
  if (added !== undefined) return counts(added, removed ?? 0);
  // A watch does not run on for what nobody has heard from.
  return state === 'unheard' || state === 'asks' ? nothing : (text ?? nothing);
}

type Diff = Extract<ToolPart['call']['content'][number], { type: 'diff' }>;

/** The changes that the card does not show already, as what was asked for. */
function newDiffs({ call, ask }: ToolPart): readonly Diff[] {
  const asked = diffsOf(ask?.call);
  return diffsOf(call).filter(
    ({ path, oldText, newText }) =>
      !asked.some((one) => one.path === path && one.oldText === oldText && one.newText === newText),
  );
}

const diffsOf = (call: ToolPart['call'] | undefined): readonly Diff[] =>
  call?.content.filter((content) => content.type === 'diff') ?? [];

const hasNews = (part: ToolPart): boolean =>
  outputOf(part.call) !== '' || shotsOf(part.call).length > 0 || newDiffs(part).length > 0;

const hasBody = ({ call }: ToolPart): boolean => call.content.length > 0 || commandOf(call) !== undefined;

function output(part: ToolPart, state: ToolState, view: View): TemplateResult {
  const { call, ask } = part;
  // An answered card shows the command already, as it was asked.
  const command = ask === undefined ? commandOf(call) : undefined;
  const text = outputOf(call);
  const lines = linesOf(withoutStyles(text));
  const shown = lines.slice(-MAX_LINES).join('\n');
  const input = command === undefined && text === '' && ask === undefined ? inputOf(call) : '';
  const diffs = newDiffs(part);
  const shots = shotsOf(call);
  const copy = (): void => view.act.post({ type: 'copy', text: withoutStyles(text) });
  const { sessionId } = view.open.session;
  const terminal = (): void =>
    view.act.post({
      type: 'openOutput',
      sessionId,
      toolCallId: call.toolCallId,
      title: call.title.slice(0, 200),
      text,
      isRunning: state === 'running',
    });
  const isLong = lines.length > SHOWN_LINES;
  const isCommand = call.kind === 'execute';
  const isLive = state === 'running' && (isCommand || lines.length > 0);
  // Agents have no word for ending one command of theirs: the button says what it does.
  const stop = (): void => view.act.post({ type: 'interrupt', sessionId });
  return html`${diffs.map((diff) => diffRow(diff, view))}
  ${
    command === undefined && shown === '' && input === ''
      ? nothing
      : html`<pre class="out" tabindex="0" aria-label=${t('Output')} ${ref(followEnd)}>
${command === undefined ? nothing : html`<span class="cmd">$ ${reveal(command)}</span>${shown === '' ? nothing : '\n'}`}${reveal(shown)}${reveal(input)}</pre>`
  }
  ${shots.length === 0 ? nothing : html`<div class="pictures">${shots.map((shot) => shotView(shot, view.act))}</div>`}
  ${
    isLong || isLive
      ? html`<div class="live">
          <span class="grow"
            >${
              !isLive
                ? countOf(lines.length)
                : lines.length === 0
                  ? t('Still running')
                  : t('{0}, still running', countOf(lines.length))
            }</span
          >${iconButton('copy', t('Copy output'), copy)}${isCommand ? iconButton('terminal', t('Open in a terminal'), terminal) : nothing}${isCommand && isLive ? iconButton('debug-stop', t('Stop the turn, and this command with it'), stop) : nothing}
        </div>`
      : nothing
  }`;
}
