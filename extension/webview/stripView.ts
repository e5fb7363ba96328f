// The strip: one line, always there, that says how things stand and since when.
import { html, nothing, type TemplateResult } from 'lit';
import { icon, spinner } from './icons.ts';
import { hasOpenQuestion, type Panel } from './panel.ts';
import { clockTime, lasted } from './times.ts';
import type { Transcript } from './parts.ts';
import { isAsked } from './turns.ts';
import type { View } from './view.ts';
import { t } from './l10n.ts';

export interface Strip {
  readonly words: string;
  readonly mark: 'spinner' | 'shield' | 'circle' | 'stopped' | 'warning' | 'error' | 'offline';
  /** How long; not announced, or a screen reader would count seconds. */
  readonly time?: string;
  readonly isWarning?: boolean;
  readonly hint?: string;
  readonly retry?: boolean;
}

/** `isStopping`: Escape was pressed once. */
export function stripOf(
  panel: Panel,
  transcript: Transcript | undefined,
  now: number,
  isStopping: boolean,
): Strip {
  const { link } = panel;
  switch (link?.state) {
    case 'connecting': {
      const words =
        transcript === undefined || !panel.wasCut ? connecting(link.attempt) : reconnecting(link.attempt);
      return { words, mark: 'spinner', isWarning: panel.wasCut, retry: panel.wasCut };
    }
    case 'offline':
      return {
        words: t('Offline since {0}', clockTime(link.since, now)),
        mark: 'offline',
        isWarning: true,
        hint: link.reason,
        retry: true,
      };
    case 'connected':
    case undefined:
      return transcript === undefined
        ? { words: t('Ready'), mark: 'circle' }
        : (machineStrip(panel.machine, now) ?? sessionStrip(panel, transcript, now, isStopping));
  }
}

/** What is known of a machine that is not heard from, with its age. */
function machineStrip(machine: Panel['machine'], now: number): Strip | undefined {
  switch (machine?.state) {
    case undefined:
    case 'connected':
      return undefined;
    case 'connecting':
      return { words: t('Connecting to {0}', machine.name), mark: 'offline', isWarning: true };
    case 'stale':
    case 'disconnected': {
      const words =
        machine.state === 'stale'
          ? t('Stale, last heard {0} ago', lasted(now - machine.heardAt))
          : t('Offline since {0}', clockTime(machine.since, now));
      const hint = machine.reason === undefined ? {} : { hint: machine.reason };
      return { words, mark: 'offline', isWarning: true, retry: true, ...hint };
    }
  }
}

const connecting = (attempt: number): string =>
  attempt < 2 ? t('Connecting') : t('Connecting, try {0}', attempt);

function reconnecting(attempt: number): string {
  if (attempt < 2) return t('Reconnecting');
  if (attempt === 2) return t('Reconnecting, second try');
  return attempt === 3 ? t('Reconnecting, third try') : t('Reconnecting, try {0}', attempt);
}

function sessionStrip(panel: Panel, transcript: Transcript, now: number, isStopping: boolean): Strip {
  const { status, statusSince, parts } = transcript;
  if (isStopping) return { words: t('Escape again to stop'), mark: 'stopped' };
  if (hasOpenQuestion(transcript) && !['busy', 'waiting'].includes(status)) {
    const words = panel.wasCut ? t('Reconnected. Waiting for your choice') : t('Waiting for your choice');
    return { words, mark: 'circle' };
  }
  const running = parts.findLast((part) => part.kind === 'prompt');
  const since = running?.kind === 'prompt' && running.outcome === 'running' ? running.at : statusSince;
  switch (status) {
    case 'starting':
      return { words: t('Starting'), mark: 'spinner' };
    case 'busy':
      return { words: t('Working'), mark: 'spinner', time: lasted(now - since) };
    case 'waiting':
      return { words: t('Waiting for your answer'), mark: 'shield', time: lasted(now - askedAt(transcript)) };
    case 'idle':
      // Asked between turns, for work in the background.
      if (parts.some(isAsked)) return { words: t('Waiting for your answer'), mark: 'shield' };
      return { words: t('Idle since {0}', clockTime(statusSince, now)), mark: 'circle' };
    case 'stopped':
      // One that nobody has written to yet never ran.
      if (parts.length === 0) return { words: t('Ready'), mark: 'circle' };
      return transcript.held
        ? { words: t('Stopped. The queue is held'), mark: 'stopped' }
        : { words: t('Stopped. A prompt starts it again'), mark: 'stopped' };
    case 'error':
      return { words: t('The agent ended with an error'), mark: 'error' };
  }
}

const askedAt = ({ parts, statusSince }: Transcript): number => {
  const asking = parts.findLast(isAsked);
  return asking?.kind === 'tool' ? (asking.ask?.at ?? statusSince) : statusSince;
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
    ${retry === true ? html`<button class="link" type="button" @click=${reconnect}>${t('Retry now')}</button>` : nothing}
  </div>`;
}
