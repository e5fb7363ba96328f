// Which view a part has, and when it must be made anew: a part that did not change costs nothing.
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { changesView } from './changesView.ts';
import { textView, thoughtView } from './messageViews.ts';
import { gapView, noteView, uncertainView } from './notices.ts';
import type { Group } from './groups.ts';
import { promptView } from './promptView.ts';
import { groupView, toolState, toolView } from './toolView.ts';
import { turnEndView } from './turnEnd.ts';
import { turnView } from './turnView.ts';
import type { Shown } from './turns.ts';
import { isSound, type View } from './view.ts';

export const partView = (part: Shown, view: View, isLive: boolean, folds: unknown): unknown =>
  guard(
    [
      ...identity(part),
      isLive,
      folds,
      isSound(view),
      view.panel.answering,
      view.panel.refusal,
      view.panel.changes[part.key],
      view.open.agentName,
      view.open.offers,
      view.open.followers,
      seconds(part, view),
    ],
    () => make(part, view, isLive),
  );

/** Groups and folds are made anew for each frame; what they show is what they were while these are the same. */
function identity(part: Shown): readonly unknown[] {
  if (part.kind === 'changes') return [lastOf(part), part.parts.length, part.isLast];
  if (part.kind === 'end') return [part.answer, part.cost, part.isLast];
  if (part.kind === 'turn') return [part.isOpen, part.steps, part.ms];
  return part.kind === 'group' ? [lastOf(part), part.parts.length] : [part];
}

/** Calls that are done do not change. */
const lastOf = ({ parts }: Pick<Group, 'parts'>): unknown => parts.at(-1);

function make(part: Shown, view: View, isLive: boolean): TemplateResult {
  switch (part.kind) {
    case 'prompt':
      return promptView(part, view);
    case 'thought':
      return thoughtView(part, view, isLive);
    case 'text':
      return textView(part, view, isLive);
    case 'tool':
      return toolView(part, view);
    case 'group':
      return groupView(part, view);
    case 'changes':
      return changesView(part, view);
    case 'turn':
      return turnView(part, view);
    case 'end':
      return turnEndView(part, view);
    case 'note':
      return noteView(part, view);
    case 'uncertain':
      return uncertainView(part, view);
    case 'gap':
      return gapView(part);
  }
}

const MINUTE_MS = 60_000;

/** Changes when the part would tell another time: each second, or each day. */
function seconds(part: Shown, view: View): unknown {
  const second = Math.floor(view.now / 1000);
  if (part.kind === 'tool') {
    const answeredAt = part.ask?.verdict?.at ?? 0;
    if (toolState(part, isSound(view)) === 'running' || view.now - answeredAt < MINUTE_MS + 1000)
      return second;
  }
  return new Date(view.now).toDateString();
}

/** Does anything in sight tell a time that runs? */
export const isTicking = (view: View): boolean =>
  ['busy', 'waiting'].includes(view.open.transcript.status) ||
  view.panel.machine?.state === 'stale' ||
  view.open.transcript.parts.slice(-5).some((part) => typeof seconds(part, view) === 'number');
