// The keyboard in the transcript: arrows go from message to message, and commands lead to what one looks for.
import type { ToPanel } from '../chatMessages.ts';

const MESSAGE = '.transcript > [data-part]';
const messagesIn = (root: ParentNode): HTMLElement[] => [...root.querySelectorAll<HTMLElement>(MESSAGE)];

/**
 * Up and Down on the transcript or on a message; with Ctrl or Cmd from anywhere inside. A message that is longer than
 * the view is scrolled to its end first.
 */
export function transcriptKey(event: KeyboardEvent): void {
  const scroller = event.currentTarget;
  if (!(scroller instanceof HTMLElement) || !(event.target instanceof HTMLElement)) return;
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const isCommanded = event.ctrlKey || event.metaKey;
  if (step === 0 || event.altKey || event.shiftKey) return;
  const isOnMessage = event.target === scroller || event.target.matches('.transcript > *');
  if (!isCommanded && !isOnMessage) return;
  const messages = messagesIn(scroller);
  const current = event.target.closest<HTMLElement>(MESSAGE);
  const next = current === null ? startOf(messages, scroller, step) : after(messages, current, step);
  if (current !== null && !isCommanded && goesOn(current, scroller, step)) return;
  event.preventDefault();
  focusOn(next);
}

const after = (all: readonly HTMLElement[], current: HTMLElement, step: number): HTMLElement | undefined =>
  all[all.indexOf(current) + step];

/** From the transcript as a whole: to the first message in sight going down, to the last one going up. */
function startOf(all: readonly HTMLElement[], scroller: HTMLElement, step: number): HTMLElement | undefined {
  const { top, bottom } = scroller.getBoundingClientRect();
  const inSight = all.filter((message) => {
    const box = message.getBoundingClientRect();
    return box.bottom > top && box.top < bottom;
  });
  return step > 0 ? inSight[0] : inSight.at(-1);
}

/** Is there more of this message to read in that direction? */
function goesOn(message: HTMLElement, scroller: HTMLElement, step: number): boolean {
  const box = message.getBoundingClientRect();
  const view = scroller.getBoundingClientRect();
  return step > 0 ? box.bottom > view.bottom + 1 : box.top < view.top - 1;
}

function focusOn(element: HTMLElement | null | undefined): void {
  if (element === null || element === undefined) return;
  giveKeyboard(element);
  element.scrollIntoView({ block: 'nearest' });
}

/** Also what cannot be reached with Tab. */
function giveKeyboard(element: HTMLElement): void {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Its options; where they would push what is asked out of sight, that: the keys 1 to 9 answer from there too. */
function question(): Element | undefined {
  const first = document.querySelector('[data-part=permission] :is(.form input, .options .btn)') ?? undefined;
  const card = first?.closest('.tool');
  const room = first?.closest('.scroller')?.clientHeight ?? 0;
  if (!card || card.clientHeight <= room) return first;
  card.scrollIntoView();
  return card.querySelector('pre') ?? first;
}

const PARTS: Readonly<Record<Extract<ToPanel, { type: 'focusPart' }>['part'], () => Element | undefined>> = {
  lastMessage: () => messagesIn(document).at(-1),
  nextMessage: () => neighbour(1),
  previousMessage: () => neighbour(-1),
  permission: question,
  plan: () => document.querySelector('[data-part=plan] button') ?? undefined,
  queue: () =>
    document.querySelector('[data-part=queue] .queued') ??
    document.querySelector('[data-part=queue] button') ??
    undefined,
};

function neighbour(step: number): HTMLElement | undefined {
  const scroller = document.querySelector<HTMLElement>('.scroller');
  const all = messagesIn(document);
  const current = document.activeElement?.closest<HTMLElement>(MESSAGE);
  if (current) return after(all, current, step);
  return scroller === null ? undefined : startOf(all, scroller, step);
}

export function focusPart(part: keyof typeof PARTS): void {
  const element = PARTS[part]();
  if (element instanceof HTMLElement) focusOn(element);
}

/** The keyboard goes to a message that has been brought into view already. */
export function focusMessage(key: string): void {
  const messages = [...document.querySelectorAll<HTMLElement>('.transcript > [data-key]')];
  const message = messages.find(({ dataset }) => dataset['key'] === key);
  if (message !== undefined) giveKeyboard(message);
}
