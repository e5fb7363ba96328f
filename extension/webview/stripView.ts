// The strip: one line, always there, that says how things stand and since when.
import { html, nothing, type TemplateResult } from 'lit';
import { icon, spinner } from './icons.ts';
import { hasOpenQuestion, type Panel } from './panel.ts';
import { clockTime, lasted } from './times.ts';
import type { Transcript } from './parts.ts';
import type { View } from './view.ts';

export interface Strip {
  readonly words: string;
  readonly mark: 'spinner' | 'shield' | 'circle' | 'stopped' | 'warning' | 'error' | 'offline';
  /** How long; not announced, or a screen reader would count seconds. */
  readonly time?: string;
  readonly isWarning?: boolean;
  readonly hint?: string;
  readonly retry?: boolean;
}

const TRIES = ['', '', ', second try', ', third try'];

/** `isStopping`: Escape was pressed once. */
export function stripOf(panel: Panel, t: Transcript | undefined, now: number, isStopping: boolean): Strip {
  const { link } = panel;
  switch (link?.state) {
    case 'connecting': {
      const tries = TRIES[link.attempt] ?? `, try ${link.attempt}`;
      const words = t === undefined || !panel.wasCut ? 'Connecting' : 'Reconnecting';
      return { words: words + tries, mark: 'spinner', isWarning: panel.wasCut, retry: panel.wasCut };
    }
    case 'offline':
      return {
        words: `Offline since ${clockTime(link.since, now)}`,
        mark: 'offline',
        isWarning: true,
        hint: link.reason,
        retry: true,
      };
    case 'connected':
    case undefined:
      return t === undefined ? { words: 'Ready', mark: 'circle' } : sessionStrip(panel, t, now, isStopping);
  }
}

function sessionStrip(panel: Panel, t: Transcript, now: number, isStopping: boolean): Strip {
  if (isStopping) return { words: 'Escape again to stop', mark: 'stopped' };
  if (hasOpenQuestion(t) && !['busy', 'waiting'].includes(t.status)) {
    return { words: `${panel.wasCut ? 'Reconnected. ' : ''}Waiting for your choice`, mark: 'circle' };
  }
  const running = t.parts.findLast((part) => part.kind === 'prompt');
  const since = running?.kind === 'prompt' && running.outcome === 'running' ? running.at : t.statusSince;
  switch (t.status) {
    case 'starting':
      return { words: 'Starting', mark: 'spinner' };
    case 'busy':
      return { words: 'Working', mark: 'spinner', time: lasted(now - since) };
    case 'waiting':
      return { words: 'Waiting for your answer', mark: 'shield', time: lasted(now - askedAt(t)) };
    case 'idle':
      return { words: `Idle since ${clockTime(t.statusSince, now)}`, mark: 'circle' };
    case 'stopped':
      // One that nobody has written to yet never ran.
      return t.parts.length === 0
        ? { words: 'Ready', mark: 'circle' }
        : { words: 'Stopped. A prompt starts it again', mark: 'stopped' };
    case 'error':
      return { words: 'The agent ended with an error', mark: 'error' };
  }
}

const askedAt = (t: Transcript): number => {
  const asking = t.parts.findLast(
    (part) => part.kind === 'tool' && part.ask !== undefined && part.ask.verdict === undefined,
  );
  return asking?.kind === 'tool' ? (asking.ask?.at ?? t.statusSince) : t.statusSince;
};

const MARKS: Readonly<Record<Strip['mark'], () => TemplateResult>> = {
  spinner: () => spinner(),
  shield: () => icon('shield', 'warn'),
  circle: () => icon('circle-large-outline', 'quiet'),
  stopped: () => icon('circle-slash', 'quiet'),
  warning: () => icon('warning', 'warn'),
  error: () => icon('error', 'bad'),
  offline: () => icon('debug-disconnect', 'warn'),
};

export function stripView(
  { words, mark, time, isWarning, hint, retry }: Strip,
  act: View['act'],
): TemplateResult {
  const reconnect = (): void => act.post({ type: 'reconnect' });
  return html`<div class="strip ${isWarning === true ? 'warn' : ''}" data-part="strip">
    ${MARKS[mark]()}<span class="grow" role="status" title=${hint ?? words}>${words}</span>
    ${time === undefined ? nothing : html`<span class="end num" aria-hidden="true">${time}</span>`}
    ${retry === true ? html`<button class="link" type="button" @click=${reconnect}>Retry now</button>` : nothing}
  </div>`;
}
